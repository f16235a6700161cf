import HotplugAPI
import KubeModel
import Synchronization

/// The objects that the cases are about.
enum Fixture {
    static let podInterface: JSONValue = ["name": "defaultnetwork", "masquerade": [:]]
    static let podNetwork: JSONValue = ["name": "defaultnetwork", "pod": [:]]
    /// What most requests send.
    static let body = #"{"networkAttachmentDefinitionName":"new-fancy-net","name":"dyniface1"}"#

    static let disks: JSONValue = [
        ["name": "containerdisk", "disk": ["bus": "virtio"]], ["name": "cloudinitdisk", "disk": ["bus": "virtio"]],
    ]
    static let volumes: JSONValue = [
        ["name": "containerdisk", "containerDisk": ["image": "fedora"]],
        ["name": "cloudinitdisk", "cloudInitNoCloud": ["userData": "x"]],
    ]

    static func spec(
        interfaces: [JSONValue]? = [podInterface], networks: [JSONValue]? = [podNetwork],
        autoattachPodInterface: Bool? = nil
    ) -> JSONValue {
        var devices: JSONValue = ["disks": disks]
        devices["interfaces"] = interfaces.map { .array($0) }
        devices["autoattachPodInterface"] = autoattachPodInterface.map { .bool($0) }
        var spec: JSONValue = ["domain": ["devices": devices], "volumes": volumes]
        spec["networks"] = networks.map { .array($0) }
        return spec
    }

    /// VMI1, or one like it.
    static func instance(
        _ name: String = "vmi-fedora", phase: String = "Running", spec: JSONValue = spec(),
        ownedBy machine: String? = nil
    ) -> JSONValue {
        var metadata: JSONValue = ["name": .string(name), "namespace": "default", "uid": .string("uid-of-\(name)")]
        if let machine {
            metadata["ownerReferences"] = [
                [
                    "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": .string(machine),
                    "uid": .string("uid-of-vm-\(machine)"), "controller": true,
                ]
            ]
        }
        return [
            "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": metadata, "spec": spec,
            "status": ["phase": .string(phase)],
        ]
    }

    /// VM1, or one like it.
    static func machine(_ name: String = "vm-fedora", spec: JSONValue = spec(), status: JSONValue? = [:]) -> JSONValue {
        var object: JSONValue = [
            "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
            "metadata": [
                "name": .string(name), "namespace": "default", "uid": .string("uid-of-vm-\(name)"),
            ],
            "spec": ["running": true, "template": ["metadata": [:], "spec": spec]],
        ]
        object["status"] = status
        return object
    }

    static func kubeVirt(
        gates: [JSONValue] = ["HotplugNICs", "Passt"], phase: String? = "Deployed", version: String? = "v1.0.0-rc.0"
    ) -> JSONValue {
        var status: JSONValue = [:]
        status["phase"] = phase.map { .string($0) }
        status["observedKubeVirtVersion"] = version.map { .string($0) }
        return [
            "apiVersion": "kubevirt.io/v1", "kind": "KubeVirt",
            "metadata": ["name": "kubevirt", "namespace": "kubevirt"],
            "spec": ["configuration": ["developerConfiguration": ["featureGates": .array(gates)]]],
            "status": status,
        ]
    }

    static func definition(_ name: String = "new-fancy-net", namespace: String = "default") -> JSONValue {
        [
            "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
        ]
    }
}

extension JSONValue {
    /// Changes the VMI's spec in a VM or VMI.
    mutating func editSpec(_ edit: (inout JSONValue) -> Void) {
        if self["kind"] == "VirtualMachine" {
            edit(&self[member: "spec"][member: "template"][member: "spec"])
        } else {
            edit(&self[member: "spec"])
        }
    }

    /// With one more interface and its network, at the end of their lists.
    func adding(_ name: String, _ networkName: String) -> JSONValue {
        var result = self
        result.editSpec { spec in
            let interfaces = spec[path: "domain", "devices", "interfaces"]?.array ?? []
            spec[member: "domain"][member: "devices"]["interfaces"] = .array(
                interfaces + [["name": .string(name), "bridge": [:]]])
            spec["networks"] = .array(
                (spec["networks"]?.array ?? []) + [
                    ["name": .string(name), "multus": ["networkName": .string(networkName)]]
                ])
        }
        return result
    }

    /// With `state: absent` on an interface.
    func removing(_ name: String) -> JSONValue {
        var result = self
        result.editSpec { spec in
            let interfaces = spec[path: "domain", "devices", "interfaces"]?.array ?? []
            spec[member: "domain"][member: "devices"]["interfaces"] = .array(
                interfaces.map { interface in
                    var interface = interface
                    if interface["name"]?.string == name { interface["state"] = "absent" }
                    return interface
                })
        }
        return result
    }

    func with(_ edit: (inout JSONValue) -> Void) -> JSONValue {
        var result = self
        edit(&result)
        return result
    }

    /// A member, created as an empty object.
    subscript(member name: String) -> JSONValue {
        get { self[name] ?? [:] }
        set { self[name] = newValue }
    }

    var text: String { String(decoding: serialized(), as: UTF8.self) }
}

/// Remembers the pauses that a handler asked for, and takes none.
final class PauseRecorder: Sendable {
    private let recorded: Mutex<[Int]> = Mutex([])

    var milliseconds: [Int] { recorded.withLock { $0 } }

    func record(_ milliseconds: Int) { recorded.withLock { $0.append(milliseconds) } }
}

extension HotplugHandler {
    init(_ cluster: FakeCluster, _ configuration: HotplugConfiguration = .init(), pauses: PauseRecorder = .init()) {
        self.init(
            cluster: cluster, facts: KubeVirtFactsSource(cluster: cluster), configuration: configuration,
            pause: { pauses.record($0) })
    }
}

extension HotplugRequest {
    static func add(_ target: HotplugTarget, _ name: String, _ body: String = Fixture.body) -> HotplugRequest {
        HotplugRequest(
            .add, of: HotplugSubject(target, namespace: "default", name: name), body: Array(body.utf8))
    }

    static func remove(
        _ target: HotplugTarget, _ name: String, _ body: String = #"{"name":"dyniface1"}"#
    ) -> HotplugRequest {
        HotplugRequest(
            .remove, of: HotplugSubject(target, namespace: "default", name: name), body: Array(body.utf8))
    }
}
