import HotplugAPI
import KubeModel

/// The pod `virt-launcher-VMI-xxxxx`, as virt-controller renders it (KubeVirt v1.0.1
/// `pkg/virt-controller/services/template.go`), so far as it tells something here: no container runs.
struct LauncherPod {
    private static let image = "quay.io/kubevirt/virt-launcher:v1.0.0"

    var object: JSONValue

    /// The same for the same seed, so that a pod is never made twice.
    static func name(of instance: Instance, seed: String) -> String {
        GeneratedName.of(prefix: "virt-launcher-\(instance.name)-", StableHash("pod", seed).value)
    }

    /// A new pod on `node`, for a migration if there is one.
    init(of instance: Instance, on node: String, migration: JSONValue? = nil) {
        var labels = instance.object[path: "metadata", "labels"]?.object ?? JSONObject()
        labels[Label.app] = "virt-launcher"
        labels[Label.createdBy] = .string(instance.uid)
        let hostname = Self.hostname(of: instance)
        labels[Label.virtualMachineName] = .string(hostname)
        labels[Label.nodeName] = nil
        var annotations: JSONObject = [
            Annotation.domain: .string(instance.name), Annotation.defaultContainer: "compute",
            Annotation.migrationTransportUnix: "true",
        ]
        if let migration {
            labels[Label.migrationJob] = .string(migration.metadataUID ?? "")
            annotations[Annotation.migrationJobName] = .string(migration.metadataName ?? "")
        }
        let wanted = instance.attachments.filter { !$0.isAbsent }
        if wanted.contains(where: \.isSecondary) {
            annotations[Annotation.networks] = .string(Self.networks(wanted, of: instance))
        }
        if let reference = wanted.lazy.compactMap(\.defaultDefinition).first {
            annotations[Annotation.defaultNetwork] = .string("\(reference)")
        }
        let seed = migration?.metadataUID ?? instance.uid
        object = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(Self.name(of: instance, seed: seed)), "namespace": .string(instance.namespace),
                "labels": .object(labels), "annotations": .object(annotations),
                "ownerReferences": [instance.object.controllerReference(.virtualMachineInstance)],
            ],
            "spec": [
                "containers": [["name": "compute", "image": .string(Self.image)]], "nodeName": .string(node),
                "restartPolicy": "Never", "hostname": .string(hostname), "automountServiceAccountToken": false,
            ],
            "status": ["phase": "Pending", "qosClass": "Burstable"],
        ]
    }

    /// The VMI's `hostname`, else the beginning of its name that is a label of DNS (`pkg/network/dns`,
    /// `SanitizeHostname`).
    static func hostname(of instance: Instance) -> String {
        if let hostname = instance.object[path: "spec", "hostname"]?.string, !hostname.isEmpty { return hostname }
        let label = instance.name.prefix { $0 != "." }.prefix(DNS1123.labelLimit)
        return String(label.reversed().drop { $0 == "-" }.reversed())
    }

    init(_ object: JSONValue) { self.object = object }

    var name: String { object.metadataName ?? "" }
    var nodeName: String { object[path: "spec", "nodeName"]?.string ?? "" }
    var isRunning: Bool { object[path: "status", "phase"]?.string == "Running" }
    var address: String? { object[path: "status", "podIP"]?.string }

    // MARK: Multus

    /// The value of the annotation by which Multus is asked for interfaces, its members in the order of KubeVirt's
    /// struct (`multus_annotations.go`).
    static func networks(_ attachments: [Attachment], of instance: Instance) -> String {
        let elements = attachments.compactMap { attachment -> JSONValue? in
            guard let reference = attachment.definition else { return nil }
            var element: JSONValue = ["interface": .string(attachment.podInterfaceName)]
            if let macAddress = attachment.macAddress { element["mac"] = .string(macAddress) }
            element["name"] = .string(reference.name)
            element["namespace"] = .string(reference.namespace)
            return element
        }
        return String(decoding: JSONValue.array(elements).serialized(), as: UTF8.self)
    }

    /// Names of the interfaces that Multus is asked for.
    var askedInterfaces: Set<String> { interfaces(in: Annotation.networks) { _ in true } }

    /// Names of the secondary interfaces that it has attached.
    var attachedInterfaces: Set<String> {
        interfaces(in: Annotation.networkStatus) { $0["default"]?.bool != true }
    }

    private func interfaces(in annotation: String, _ isMeant: (JSONValue) -> Bool) -> Set<String> {
        guard let text = object.annotation(annotation), let value = try? JSONValue(parsing: Array(text.utf8)) else {
            return []
        }
        return Set((value.array ?? []).filter(isMeant).compactMap { $0["interface"]?.string })
    }

    /// The value of the annotation in which Multus tells what the pod has.
    static func networkStatus(_ attachments: [Attachment], of instance: Instance, seed: String) -> String {
        let primary: JSONValue = [
            "name": "k8s-pod-network", "interface": "eth0", "ips": [.string(address(seed: seed))], "default": true,
            "dns": [:],
        ]
        let others = attachments.compactMap { attachment -> JSONValue? in
            guard let reference = attachment.definition else { return nil }
            return [
                "name": .string("\(reference)"), "interface": .string(attachment.podInterfaceName),
                "mac": .string(attachment.macAddress(in: instance)), "dns": [:],
            ]
        }
        return String(decoding: JSONValue.array([primary] + others).prettyPrinted(indent: 4), as: UTF8.self)
    }

    // MARK: The kubelet

    /// Started, and ready.
    mutating func start(now: String) {
        let ready: [JSONValue] = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map { type in
            [
                "type": .string(type), "status": "True", "lastProbeTime": .null, "lastTransitionTime": .string(now),
            ]
        }
        let address = Self.address(seed: name)
        object["status"] = [
            "phase": "Running", "conditions": .array(ready), "hostIP": .string(Node.address(nodeName)),
            "podIP": .string(address), "podIPs": [["ip": .string(address)]], "startTime": .string(now),
            "containerStatuses": [
                [
                    "name": "compute", "state": ["running": ["startedAt": .string(now)]], "lastState": [:],
                    "ready": true, "restartCount": 0, "image": .string(Self.image), "imageID": "", "started": true,
                ]
            ], "qosClass": "Burstable",
        ]
    }

    /// An address of 10.128.0.0/9 with neither 0 nor 255 in its last octet.
    static func address(seed: String) -> String {
        let value = StableHash("address", seed).value
        return "10.\(128 + value % 128).\(value &>> 8 & 0xFF).\(1 + value &>> 16 % 254)"
    }
}

extension Attachment {
    /// The NetworkAttachmentDefinition that stands for the pod network.
    fileprivate var defaultDefinition: NADReference? {
        if case .multus(let reference, isDefault: true) = source { reference } else { nil }
    }
}
