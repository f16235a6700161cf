import KubeModel

/// The specs of machines: all fields that KubeVirt v1.9.0 has, which are those of v1.0 and more; what most of them hold
/// is open.
///
/// What is required is so in the CustomResourceDefinitions of both (`virtualmachines.kubevirt.io.yaml`,
/// `virtualmachineinstances.kubevirt.io.yaml`).
extension ObjectSchemas {
    private static let named: JSONObject = ["name": text("Its name.")]

    static let machineSpec = object(
        "What is wanted of the machine.",
        [
            "running": flag("Whether the machine runs; instead of runStrategy."),
            "runStrategy": text("Always, RerunOnFailure, Manual, Halted or Once; instead of running."),
            "template": object(
                "The VirtualMachineInstance that is made of the machine when it starts.",
                [
                    "metadata": open(
                        "Labels and annotations of the VirtualMachineInstance.",
                        ["labels": textMap("Its labels."), "annotations": textMap("Its annotations.")]),
                    "spec": reference("io.kubevirt.VirtualMachineInstanceSpec"),
                ]),
            "dataVolumeTemplates": openList(
                "DataVolumes that are made for the machine.", requiring: ["spec": open("Size and source.")]),
            "instancetype": open("Where CPU and memory come from."),
            "preference": open("Where defaults for devices come from."),
            "liveUpdateFeatures": open("What may change while the machine runs, until KubeVirt v1.3."),
            "updateVolumesStrategy": text("Replacement or Migration: how other volumes get into the machine."),
        ], required: ["template"])

    static let instanceSpec = object(
        "The machine: its devices, volumes and networks.",
        [
            "domain": domain,
            "networks": list(
                "What interfaces are connected to, each of an interface of the same name.",
                reference("io.kubevirt.Network")),
            "volumes": openList("What disks are made of.", requiring: named),
            "utilityVolumes": openList("Volumes for other purposes than disks."),
            "accessCredentials": openList("Keys and passwords that the guest is given."),
            "affinity": open("Nodes and pods that the machine is to be near to or away from."),
            "architecture": text("amd64, arm64 or s390x."),
            "dnsConfig": open("DNS servers and search domains of the pod."),
            "dnsPolicy": text("How the pod gets its DNS servers."),
            "evictionStrategy": text("None, LiveMigrate, LiveMigrateIfPossible or External: when its node is drained."),
            "hostname": text("The guest's name; by default the machine's."),
            "subdomain": text("The domain behind the guest's name."),
            "livenessProbe": open("When the machine is to be started anew."),
            "readinessProbe": open("When the machine counts as ready."),
            "nodeSelector": textMap("Labels that the node must have."),
            "priorityClassName": text("How important the pod is."),
            "resourceClaims": openList("Devices that are claimed."),
            "schedulerName": text("Who chooses the node."),
            "serviceAccountName": text("The service account whose token a disk may hold."),
            "startStrategy": text("Paused: the guest is paused from the start."),
            "terminationGracePeriodSeconds": integer("Seconds that the guest has to shut down."),
            "tolerations": openList("Taints of nodes that do not matter."),
            "topologySpreadConstraints": openList(
                "How machines are spread over nodes.",
                requiring: [
                    "maxSkew": integer("How many more there may be in one place than in another."),
                    "topologyKey": text("The label of nodes that tells the places."),
                    "whenUnsatisfiable": text("DoNotSchedule or ScheduleAnyway."),
                ]),
        ], required: ["domain"])

    static let devices = object(
        "Disks, interfaces and others.",
        [
            "interfaces": list(
                "Network interfaces, each of a network of the same name.", reference("io.kubevirt.Interface")),
            "autoattachPodInterface": flag(
                "Whether a machine without interfaces gets one of the pod network; true by default."),
            "autoattachGraphicsDevice": flag("Whether there is a graphics card; true by default."),
            "autoattachInputDevice": flag("Whether there is an input device."),
            "autoattachMemBalloon": flag("Whether there is a memory balloon; true by default."),
            "autoattachSerialConsole": flag("Whether there is a serial console; true by default."),
            "autoattachVSOCK": flag("Whether there is a VSOCK device."),
            "blockMultiQueue": flag("Whether disks have a queue for each CPU."),
            "clientPassthrough": open("USB devices of whoever looks at the machine."),
            "disableHotplug": flag("Whether no disk can be plugged in."),
            "disks": openList("Disks, each of a volume.", requiring: named),
            "downwardMetrics": open("Metrics of the node for the guest."),
            "filesystems": openList(
                "Volumes that are shared as file systems.",
                requiring: ["name": text("Its name."), "virtiofs": open("Shared by virtiofs.")]),
            "gpus": openList("Graphics processors.", requiring: named),
            "hostDevices": openList("Devices of the node.", requiring: named),
            "inputs": openList(
                "Tablets and the like.", requiring: ["name": text("Its name."), "type": text("tablet.")]),
            "logSerialConsole": flag("Whether the serial console is logged."),
            "networkInterfaceMultiqueue": flag("Whether interfaces have a queue for each CPU."),
            "panicDevices": openList("Devices that tell of a guest's panic."), "rng": open("A source of randomness."),
            "sound": open("A sound card.", requiring: named), "tpm": open("A trusted platform module."),
            "useVirtioTransitional": flag("Whether virtio devices take guests from before virtio 1.0."),
            "video": open("The type of the graphics card."), "watchdog": open("A watchdog.", requiring: named),
        ])
}
