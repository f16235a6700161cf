import KubeModel

/// Pods: all fields that the spec, containers, ports and variables have in Kubernetes v1.33 (kubernetes
/// `staging/src/k8s.io/api/core/v1/types.go`); what the others hold is open.
extension ObjectSchemas {
    private static func containers(_ description: String, _ others: JSONObject = [:]) -> JSONValue {
        var fields = container
        for field in others.members { fields[field.name] = field.value }
        return list(description, object("A container.", fields, required: ["name"]))
    }

    static let podSpec = object(
        "What is wanted of the pod.",
        [
            "containers": containers("What runs in the pod."),
            "initContainers": containers("What runs before that, one after the other."),
            "ephemeralContainers": containers(
                "What was put into the running pod.",
                ["targetContainerName": text("The container whose processes it sees.")]),
            "volumes": openList("What containers can mount."),
            "restartPolicy": text("Always, which is the default, OnFailure or Never."),
            "terminationGracePeriodSeconds": integer("Seconds that containers have to end; 30 by default."),
            "activeDeadlineSeconds": integer("Seconds that the pod may run."),
            "dnsPolicy": text("ClusterFirst, which is the default, ClusterFirstWithHostNet, Default or None."),
            "dnsConfig": open("DNS servers and search domains."),
            "nodeName": text("The node that the pod runs on."),
            "nodeSelector": textMap("Labels that the node must have."),
            "affinity": open("Nodes and pods that the pod is to be near to or away from."),
            "tolerations": openList("Taints of nodes that do not matter."),
            "topologySpreadConstraints": openList("How pods are spread over nodes."),
            "schedulerName": text("Who chooses the node; default-scheduler by default."),
            "schedulingGates": openList("What keeps the pod from being scheduled."),
            "serviceAccountName": text("The service account that the pod runs as."),
            "serviceAccount": text("An old name of serviceAccountName."),
            "automountServiceAccountToken": flag("Whether the service account's token is mounted."),
            "hostNetwork": flag("Whether the pod has the node's network."),
            "hostPID": flag("Whether the pod sees the node's processes."),
            "hostIPC": flag("Whether the pod shares memory with the node."),
            "hostUsers": flag("Whether the pod has the node's users."),
            "shareProcessNamespace": flag("Whether containers see each other's processes."),
            "securityContext": open("As whom containers run."),
            "imagePullSecrets": openList("Secrets for pulling images."),
            "hostname": text("The pod's name to itself."), "subdomain": text("The domain behind that name."),
            "setHostnameAsFQDN": flag("Whether the name has the domain in it."),
            "hostAliases": openList("Lines of /etc/hosts."),
            "priorityClassName": text("How important the pod is."), "priority": integer("How important the pod is."),
            "preemptionPolicy": text("PreemptLowerPriority or Never."),
            "readinessGates": openList("Conditions without which the pod is not ready."),
            "runtimeClassName": text("What runs the containers."),
            "enableServiceLinks": flag("Whether services are in the environment; true by default."),
            "overhead": open("What the pod takes beside its containers."), "os": open("The node's operating system."),
            "resourceClaims": openList("Devices that are claimed."),
            "resources": open("What all containers together ask of the node."),
        ], required: ["containers"])

    private static let container: JSONObject = [
        "name": text("The container's name, unique in the pod."), "image": text("What it is made of."),
        "imagePullPolicy": text("Always, IfNotPresent or Never; Always by default for the tag latest."),
        "command": texts("What runs instead of the image's entry point."),
        "args": texts("Its arguments."), "workingDir": text("Where it runs."),
        "ports": list("Ports that it listens on.", port), "env": list("Its environment.", variable),
        "envFrom": openList("Where more of its environment comes from."),
        "resources": open("What it asks of the node."),
        "resizePolicy": openList("Whether it is restarted when that changes."),
        "restartPolicy": text("Always: an init container that goes on running."),
        "volumeMounts": openList("Volumes, and where they are."),
        "volumeDevices": openList("Block devices, and where they are."),
        "livenessProbe": open("When it is to be started anew."), "readinessProbe": open("When it counts as ready."),
        "startupProbe": open("When it counts as started."), "lifecycle": open("What is done when it starts and ends."),
        "terminationMessagePath": text("The file with its last words; /dev/termination-log by default."),
        "terminationMessagePolicy": text("File, which is the default, or FallbackToLogsOnError."),
        "securityContext": open("As whom it runs."), "stdin": flag("Whether it can be written to."),
        "stdinOnce": flag("Whether it can be written to once."), "tty": flag("Whether it has a terminal."),
    ]

    private static let port = object(
        "A port.",
        [
            "name": text("The port's name."), "containerPort": integer("Its number."),
            "hostPort": integer("Its number on the node."), "hostIP": text("Its address on the node."),
            "protocol": text("TCP, which is the default, UDP or SCTP."),
        ], required: ["containerPort"])

    private static let variable = object(
        "A variable.",
        [
            "name": text("The variable's name."), "value": text("Its value."),
            "valueFrom": open("Where its value comes from."),
        ], required: ["name"])
}
