import EmbeddedCluster
import Foundation
import KubeModel
import Synchronization
import Testing

@testable import EmbeddedKubeVirt

/// A cluster in a directory of its own, on which KubeVirt is played step by step, with a clock that a test moves.
final class PlayedCluster: Sendable {
    static let now = "2023-11-14T22:13:20Z"

    /// Seconds since 1970.
    let clock = Mutex<Int64>(1_700_000_000)
    let directory: String
    let cluster: EmbeddedCluster
    let configuration: EmbeddedKubeVirtConfiguration

    /// Empty, or as another one was when it was closed.
    init(
        _ configuration: EmbeddedKubeVirtConfiguration = EmbeddedKubeVirtConfiguration(), copying other: String? = nil
    ) throws {
        self.configuration = configuration
        directory = NSTemporaryDirectory() + "embedded-kubevirt-\(UUID().uuidString)"
        if let other { try FileManager.default.copyItem(atPath: other, toPath: directory) }
        var store = EmbeddedCluster.Configuration()
        store.admission = KubeVirtAdmission.created
        store.orphaning = [.virtualMachine]
        store.now = { 1_700_000_000 }
        cluster = try EmbeddedCluster(directory: directory, configuration: store)
    }

    /// With a NetworkAttachmentDefinition `net` and a VMI `vmi` that runs.
    static func running(
        _ configuration: EmbeddedKubeVirtConfiguration = EmbeddedKubeVirtConfiguration(),
        spec: JSONValue = Fixture.spec()
    ) async throws -> PlayedCluster {
        let played = try PlayedCluster(configuration)
        try await played.createDefinition()
        try await played.createInstance("vmi", spec)
        _ = try await played.settle()
        return played
    }

    deinit {
        cluster.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: What users do

    @discardableResult
    func create(
        _ resource: Resource, _ name: String, _ body: JSONObject, metadata: JSONObject = [:]
    ) async throws -> JSONValue {
        var metadata = metadata
        metadata["name"] = .string(name)
        var object: JSONObject = [
            "apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind), "metadata": .object(metadata),
        ]
        for member in body.members { object[member.name] = member.value }
        return try await json(
            cluster.create(resource, namespace: "default", object: .object(object), options: WriteOptions()))
    }

    func createInstance(_ name: String = "vmi", _ spec: JSONValue = Fixture.spec()) async throws {
        try await create(.virtualMachineInstance, name, ["spec": spec])
    }

    func createMachine(_ name: String = "vm", _ strategy: JSONObject, _ spec: JSONValue = Fixture.spec()) async throws {
        var body: JSONObject = ["template": ["metadata": ["labels": ["kubevirt.io/vm": .string(name)]], "spec": spec]]
        for member in strategy.members { body[member.name] = member.value }
        try await create(.virtualMachine, name, ["spec": .object(body)])
    }

    func createDefinition(_ name: String = "net") async throws {
        try await create(.networkAttachmentDefinition, name, ["spec": ["config": "{}"]])
    }

    func migrate(_ instance: String = "vmi", by name: String = "job") async throws {
        try await create(.virtualMachineInstanceMigration, name, ["spec": ["vmiName": .string(instance)]])
    }

    func patch(_ resource: Resource, _ name: String, _ operations: [JSONPatch.Operation]) async throws {
        _ = try await cluster.patch(
            resource, namespace: "default", name: name, patch: .json(JSONPatch(operations)), options: WriteOptions())
    }

    /// As `addinterface` does; `path` leads to the spec.
    func addInterface(
        _ interface: String, on network: String = "net", to name: String = "vmi",
        of resource: Resource = .virtualMachineInstance, path: [String] = ["spec"]
    ) async throws {
        try await patch(
            resource, name,
            [
                .add(
                    JSONPointer(tokens: path + ["networks", "-"]),
                    ["name": .string(interface), "multus": ["networkName": .string(network)]]),
                .add(
                    JSONPointer(tokens: path + ["domain", "devices", "interfaces", "-"]),
                    ["name": .string(interface), "bridge": [:]]),
            ])
    }

    /// As `removeinterface` does.
    func removeInterface(
        _ index: Int, from name: String = "vmi", of resource: Resource = .virtualMachineInstance,
        path: [String] = ["spec"]
    ) async throws {
        let pointer = JSONPointer(tokens: path + ["domain", "devices", "interfaces", "\(index)", "state"])
        try await patch(resource, name, [.add(pointer, "absent")])
    }

    func delete(_ resource: Resource, _ name: String) async throws {
        _ = try await cluster.delete(resource, namespace: "default", name: name, options: DeleteOptions())
    }

    // MARK: What the controllers do

    /// Takes steps until there are none, or so many; answers what was noted.
    @discardableResult
    func settle(steps stepsMax: Int = 1000) async throws -> [EventNote] {
        try await advance(steps: stepsMax).notes
    }

    /// The same, and how many steps it took.
    func advance(steps stepsMax: Int) async throws -> (notes: [EventNote], steps: Int) {
        // A new one knows nothing of what the last one did.
        let now = clock.withLock { Timestamp.rfc3339($0) }
        let reconciler = Reconciler(cluster: cluster, configuration: configuration) { now }
        var notes: [EventNote] = []
        var steps = 0
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            notes = notes.filter { note in !Self.isWaiting(note) }
            for item in try await items() {
                for step in try await reconciler.decide(item).steps {
                    if case .record(let note) = step {
                        notes.append(note)
                        continue
                    }
                    guard steps < stepsMax else { return (notes, steps) }
                    steps += 1
                    try await reconciler.perform(step)
                    hasChanged = true
                }
            }
        }
        return (notes, steps)
    }

    /// What is told again each time that nothing can be done.
    private static func isWaiting(_ note: EventNote) -> Bool {
        ["MigrationRequired", "FailedAttachInterface", "NicHotplug", "FailedCreatePodSandBox", "FailedCreate"].contains(
            note.reason)
    }

    private func items() async throws -> [WorkItem] {
        var items: [WorkItem] = []
        let kinds: [(Resource, WorkItem.Kind)] = [
            (.virtualMachine, .machine), (.virtualMachineInstance, .instance),
            (.virtualMachineInstanceMigration, .migration),
        ]
        for (resource, kind) in kinds {
            for object in try await list(resource) {
                items.append(WorkItem(kind, namespace: "default", name: object.metadataName ?? ""))
            }
        }
        return items
    }

    // MARK: What there is

    func list(_ resource: Resource) async throws -> [JSONValue] {
        try await cluster.list(resource, namespace: "default").items.map { try json($0) }
    }

    func names(_ resource: Resource) async throws -> [String] { try await list(resource).compactMap(\.metadataName) }

    func get(_ resource: Resource, _ name: String) async throws -> JSONValue {
        try await json(cluster.get(resource, namespace: "default", name: name))
    }

    func instance(_ name: String = "vmi") async throws -> Instance {
        Instance(object: try await get(.virtualMachineInstance, name))
    }

    /// `NAME: INFOSOURCE` of each interface in the status.
    func interfaces(_ name: String = "vmi") async throws -> [String] {
        try await instance(name).interfaceStatuses.map { status in
            "\(status.name): \(status.value["infoSource"]?.string ?? "-")"
        }
    }

    private func json(_ object: StoredObject) throws -> JSONValue { try JSONValue(parsing: object.bytes) }
}

/// Pieces of objects.
enum Fixture {
    static let podNetwork: JSONValue = ["name": "default", "pod": [:]]
    static let podInterface: JSONValue = ["name": "default", "masquerade": [:]]

    /// One interface on the pod network, and one on each of the networks, named `net0`, `net1` and so on.
    static func spec(on networks: String..., machine: String? = nil) -> JSONValue {
        let names = networks.indices.map { JSONValue.string("net\($0)") }
        var domain: JSONObject = [
            "devices": ["interfaces": .array([podInterface] + names.map { ["name": $0, "bridge": [:]] })]
        ]
        if let machine { domain["machine"] = ["type": .string(machine)] }
        return [
            "domain": .object(domain),
            "networks": .array(
                [podNetwork]
                    + zip(names, networks).map { ["name": $0, "multus": ["networkName": .string($1)]] }),
        ]
    }
}

extension [EventNote] {
    /// `REASON: MESSAGE`.
    var texts: [String] { map { "\($0.reason): \($0.message)" } }
    var reasons: [String] { map(\.reason) }
}
