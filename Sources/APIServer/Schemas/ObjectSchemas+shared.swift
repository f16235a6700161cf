import KubeModel

extension ObjectSchemas {
    static func text(_ description: String) -> JSONValue {
        ["description": .string(description), "type": "string"]
    }

    static func integer(_ description: String) -> JSONValue {
        ["description": .string(description), "type": "integer"]
    }

    /// A number or the text of a `Quantity`.
    ///
    /// Without a type, since OpenAPI 2 has no `anyOf`.
    static func quantity(_ description: String) -> JSONValue {
        ["description": .string(description), "pattern": .string(Quantity.pattern), "x-kubernetes-int-or-string": true]
    }

    /// An object whose fields are all known.
    static func object(_ description: String, _ properties: JSONObject, required: [String] = []) -> JSONValue {
        var schema: JSONValue = [
            "description": .string(description), "type": "object", "properties": .object(properties),
        ]
        if !required.isEmpty { schema["required"] = strings(required) }
        return schema
    }

    /// An object that may hold anything beside the fields that are known.
    static func open(
        _ description: String, _ properties: JSONObject = [:], required: [String] = []
    ) -> JSONValue {
        var schema: JSONValue = ["description": .string(description), "type": "object"]
        if !properties.isEmpty { schema["properties"] = .object(properties) }
        if !required.isEmpty { schema["required"] = strings(required) }
        schema["x-kubernetes-preserve-unknown-fields"] = true
        return schema
    }

    static func list(_ description: String, _ items: JSONValue) -> JSONValue {
        ["description": .string(description), "type": "array", "items": items]
    }

    static func texts(_ description: String) -> JSONValue { list(description, ["type": "string"]) }

    static func flag(_ description: String) -> JSONValue {
        ["description": .string(description), "type": "boolean"]
    }

    static func textMap(_ description: String) -> JSONValue {
        ["description": .string(description), "type": "object", "additionalProperties": ["type": "string"]]
    }

    static func openList(_ description: String, requiring properties: JSONObject = [:]) -> JSONValue {
        list(description, open("One of them.", requiring: properties))
    }

    static func open(_ description: String, requiring properties: JSONObject) -> JSONValue {
        open(description, properties, required: properties.members.map(\.name))
    }

    static func reference(_ name: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(name)")]
    }

    /// Those that others refer to.
    static let shared: JSONObject = [
        "io.k8s.apimachinery.ObjectMeta": objectMeta, "io.kubevirt.VirtualMachineInstanceSpec": instanceSpec,
        "io.kubevirt.Interface": interface, "io.kubevirt.Network": machineNetwork,
    ]

    /// apimachinery `pkg/apis/meta/v1/types.go`.
    private static let objectMeta = object(
        "metav1.ObjectMeta: what every object has.",
        [
            "name": text("The object's name, unique among its kind in its namespace."),
            "generateName": text("The beginning of a name that the server completes, when there is no name."),
            "namespace": text("Where the name is unique."), "uid": text("Set by the server: unique for all time."),
            "resourceVersion": text("Set by the server: another one after each change."),
            "generation": integer("Set by the server: how often what is wanted has changed."),
            "creationTimestamp": text("Set by the server: when the object was created."),
            "deletionTimestamp": text("Set by the server: when the object was asked to go."),
            "deletionGracePeriodSeconds": integer("Set by the server: seconds between that and its end."),
            "labels": textMap("Names and values to select objects by."),
            "annotations": textMap("Names and values for tools."),
            "finalizers": merged(texts("Who must let the object go before it is deleted.")),
            "ownerReferences": keyed(by: "uid", list("Objects that this one goes with.", open("An object."))),
            "managedFields": list("Set by the server.", open("Who has set which fields.")),
            "selfLink": text("No longer set."), "clusterName": text("No longer set."),
        ])

    /// A list that a strategic merge patch adds to, as `PatchRule` has it.
    private static func merged(_ list: JSONValue) -> JSONValue {
        var list = list
        list["x-kubernetes-patch-strategy"] = "merge"
        return list
    }

    /// A list whose elements a strategic merge patch knows by one of their fields, as `PatchRule` has it.
    static func keyed(by key: String, _ list: JSONValue) -> JSONValue {
        var list = merged(list)
        list["x-kubernetes-patch-merge-key"] = .string(key)
        return list
    }

    private static let interface = object(
        "A network interface of the guest, with one way of being connected.",
        [
            "name": text("The interface's name, and that of its network: letters, digits, - and _."),
            "model": text("e1000, e1000e, igb, ne2k_pci, pcnet, rtl8139 or virtio, which is the default."),
            "bridge": open("Connected by a bridge; the only way for interfaces that are plugged in later."),
            "masquerade": open("Connected behind the pod's address; for the pod network alone."),
            "slirp": open("Connected in user space; gone since KubeVirt v1.3."),
            "sriov": open("A function of a network card, passed through."),
            "macvtap": open("Connected by a macvtap device; gone since KubeVirt v1.3."),
            "passt": open("Connected by passt in user space."), "passtBinding": open("Connected by passt."),
            "binding": open("Connected by a plugin.", ["name": text("The plugin's name.")]),
            "ports": list(
                "Ports that are forwarded to the guest.",
                open("A port.", ["port": integer("The port's number.")], required: ["port"])),
            "portRanges": list("Ranges of such ports.", open("A range.")),
            "macAddress": text("The address of the interface, such as de:ad:00:00:be:af."),
            "bootOrder": integer("Above 0: when it is tried for booting."),
            "pciAddress": text("Where it is in the guest, such as 0000:81:01.10."),
            "dhcpOptions": open("What the guest is told by DHCP."),
            "tag": text("A mark that cloud-init can find it by."),
            "acpiIndex": integer("The number that makes the guest's name for it stable."),
            "state": text("absent: unplug it; up and down: its link."),
        ], required: ["name"])

    private static let machineNetwork = object(
        "A network, of one source.",
        [
            "name": text("The network's name, and that of its interface."),
            "pod": object(
                "The network of the pod.",
                [
                    "vmNetworkCIDR": text("The guest's network behind masquerade, such as 10.0.2.0/24."),
                    "vmIPv6NetworkCIDR": text("The same for IPv6, such as fd10:0:2::/120."),
                ]),
            "multus": object(
                "A network of a NetworkAttachmentDefinition.",
                [
                    "networkName": text("The NetworkAttachmentDefinition, as name or namespace/name."),
                    "default": ["description": "Whether it takes the place of the pod network.", "type": "boolean"],
                ], required: ["networkName"]),
            "resourceClaim": open("A network of a device that is claimed."),
        ], required: ["name"])
}
