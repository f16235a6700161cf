import KubeModel

/// What is known of the fields of the objects: OpenAPI schemas for `kubectl explain`, and for telling a mistyped field.
///
/// The fields of machines and of the KubeVirt object's configuration are all there, and what this project is about to
/// its last, as KubeVirt v1.0.1 `staging/src/kubevirt.io/api/core/v1/schema.go` has them and v1.9.0 has added to them.
/// Other objects are open: what they hold is kept, and not checked.
enum ObjectSchemas {
    /// The name of a kind's schema.
    static func name(of resource: Resource) -> String {
        "\(prefix(resource.group)).\(resource.version).\(resource.kind)"
    }

    static func listName(of resource: Resource) -> String { name(of: resource) + "List" }

    private static func prefix(_ group: String) -> String {
        group.isEmpty ? "io.k8s.api.core" : group.split(separator: ".").reversed().joined(separator: ".")
    }

    /// The schemas of some resources, and all that these refer to, under `#/components/schemas/`.
    static func components(of resources: [Resource]) -> JSONObject {
        var components = JSONObject()
        for resource in resources {
            components[name(of: resource)] = kind(resource)
            components[listName(of: resource)] = object(
                "A list of \(resource.kind) objects.",
                [
                    "apiVersion": text("The version of the schema."), "kind": text("\(resource.kind)List."),
                    "metadata": open("metav1.ListMeta."),
                    "items": list("The objects.", reference(name(of: resource))),
                ])
        }
        for (name, schema) in shared.members { components[name] = schema }
        return components
    }

    /// The schema that a reference leads to.
    static func resolved(_ schema: JSONValue) -> JSONValue? {
        guard let reference = schema["$ref"]?.string else { return schema }
        return shared[String(reference.split(separator: "/").last ?? "")]
    }

    /// A kind with its type and metadata.
    static func kind(_ resource: Resource) -> JSONValue {
        var properties: JSONObject = [
            "apiVersion": text("The version of the schema: \(resource.apiVersion)."),
            "kind": text("The kind: \(resource.kind)."), "metadata": reference("io.k8s.apimachinery.ObjectMeta"),
        ]
        for (name, schema) in fields(of: resource).members { properties[name] = schema }
        let isKubeVirt = resource.group == "kubevirt.io"
        var schema = object(description(of: resource), properties, required: isKubeVirt ? ["spec"] : [])
        schema["x-kubernetes-group-version-kind"] = [
            [
                "group": .string(resource.group), "version": .string(resource.version),
                "kind": .string(resource.kind),
            ]
        ]
        return schema
    }

    private static func description(of resource: Resource) -> String {
        switch (resource.group, resource.kind) {
        case (_, "VirtualMachine"): "A machine that is there whether it runs or not."
        case (_, "VirtualMachineInstance"): "A machine that runs."
        case (_, "VirtualMachineInstanceMigration"): "Moves a running machine to another node."
        case (_, "KubeVirt"): "The installation of KubeVirt and its configuration."
        case (_, "NetworkAttachmentDefinition"): "A network that machines and pods can be connected to."
        case (_, "Namespace"): "A scope for names."
        case (_, "Event"): "What has happened to an object."
        default: "A \(resource.kind)."
        }
    }

    private static func fields(of resource: Resource) -> JSONObject {
        let status = open("What is so, as the controllers see it.")
        switch (resource.group, resource.kind) {
        case ("kubevirt.io", "VirtualMachine"):
            return ["spec": machineSpec, "status": status]
        case ("kubevirt.io", "VirtualMachineInstance"):
            return ["spec": reference("io.kubevirt.VirtualMachineInstanceSpec"), "status": status]
        case ("kubevirt.io", "VirtualMachineInstanceMigration"):
            return [
                "spec": object(
                    "What is wanted of the migration.",
                    [
                        "vmiName": text("The VirtualMachineInstance to move."),
                        "addedNodeSelector": textMap("Labels that the target node must have beside the others."),
                        "priority": text("The place in the queue of migrations."),
                        "receive": open("The receiving end of a migration between clusters."),
                        "sendTo": open("The sending end of a migration between clusters."),
                    ]), "status": status,
            ]
        case ("kubevirt.io", "KubeVirt"): return ["spec": kubeVirtSpec, "status": status]
        case ("k8s.cni.cncf.io", _):
            // network-attachment-definition-client `artifacts/networks-crd.yaml`.
            return [
                "spec": object(
                    "The network.", ["config": text("The configuration of the CNI plugins, as JSON in a string.")])
            ]
        case ("", "Event"): return event
        case ("", "Namespace"): return namespace
        case ("", "Pod"): return ["spec": podSpec, "status": status]
        default: return ["spec": open("What is wanted."), "status": status]
        }
    }

    /// Whether each field of a resource that can be written is known, down to its last.
    ///
    /// Where a document says that a kind takes strategic merge patches, `kubectl apply` makes them by that document, and
    /// warns of each field that is not in it.
    static func isComplete(_ resource: Resource) -> Bool { resource == .namespace || resource == .event }

    private static let namespace: JSONObject = [
        "spec": object(
            "What is wanted of the namespace.",
            ["finalizers": texts("Who must let the namespace go before it is deleted.")]),
        "status": object(
            "What is so, as the server sees it.",
            [
                "phase": text("Active or Terminating."),
                "conditions": keyed(
                    by: "type",
                    list(
                        "What keeps the namespace from going.",
                        object(
                            "A condition.",
                            [
                                "type": text("Which one it is."), "status": text("True, False or Unknown."),
                                "reason": text("Why, in one word."), "message": text("Why."),
                                "lastTransitionTime": text("When the status changed last."),
                            ]))),
            ]),
    ]

    private static let event: JSONObject = [
        "involvedObject": open("The object that it happened to."), "related": open("Another object that it is about."),
        "reason": text("What happened, in one word."), "message": text("What happened."),
        "type": text("Normal or Warning."), "count": integer("How often it has happened."),
        "action": text("What was done about it."), "firstTimestamp": text("When it happened first."),
        "lastTimestamp": text("When it happened last."), "eventTime": text("When it happened first."),
        "source": open("Who tells of it."), "reportingComponent": text("Who tells of it."),
        "reportingInstance": text("Which of them."), "series": open("How often it has happened, and when last."),
    ]
}
