import Foundation
import GRDB
import KubeModel
import Synchronization

@testable import EmbeddedCluster

/// A cluster in a directory of its own, with a clock that stands still and random numbers that count.
final class TestCluster: Sendable {
    static let startSeconds: Int64 = 1_700_000_000
    static let startText = "2023-11-14T22:13:20Z"

    let directory: String
    let cluster: EmbeddedCluster
    let clock = TestClock()

    init(_ configure: (inout EmbeddedCluster.Configuration) -> Void = { _ in }) throws {
        directory = NSTemporaryDirectory() + "embedded-cluster-\(UUID().uuidString)"
        // The namespaces are made here, so that what a test makes has the number 1.
        try EmbeddedCluster(directory: directory).close()
        let file = try StoreFile.writer(path: directory + "/" + StoreFile.name)
        try file.inDatabase { db in try ObjectTable.setResourceVersion(0, db) }
        try file.close()
        let clock = clock
        let counter = Counter()
        var configuration = EmbeddedCluster.Configuration()
        configuration.now = { clock.seconds }
        configuration.random = { counter.next() }
        configure(&configuration)
        cluster = try EmbeddedCluster(directory: directory, configuration: configuration)
    }

    deinit {
        cluster.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    var file: String { directory + "/" + StoreFile.name }

    /// Creates a VMI in namespace `default`.
    @discardableResult
    func createVMI(_ name: String = "vmi", _ metadata: JSONObject = [:]) async throws -> JSONValue {
        try await create(.virtualMachineInstance, name, metadata)
    }

    @discardableResult
    func create(
        _ resource: Resource, _ name: String, _ metadata: JSONObject = [:], body: JSONObject = ["spec": [:]]
    ) async throws -> JSONValue {
        let object = manifest(resource, name, metadata, body: body)
        return try await json(
            cluster.create(resource, namespace: "default", object: object, options: WriteOptions()))
    }

    func get(_ resource: Resource, _ name: String) async throws -> JSONValue {
        try await json(cluster.get(resource, namespace: "default", name: name))
    }

    func update(_ object: JSONValue, _ resource: Resource, options: WriteOptions = WriteOptions()) async throws
        -> JSONValue
    {
        try await json(
            cluster.update(
                resource, namespace: "default", name: object.metadataName ?? "", object: object, options: options))
    }

    func merge(
        _ patch: JSONValue, _ resource: Resource = .virtualMachineInstance, _ name: String = "vmi",
        options: WriteOptions = WriteOptions()
    ) async throws -> JSONValue {
        try await json(
            cluster.patch(resource, namespace: "default", name: name, patch: .merge(patch), options: options))
    }

    func json(_ object: StoredObject) throws -> JSONValue {
        let value = try JSONValue(parsing: object.bytes)
        // What the bytes say and what the store says are one.
        guard value.metadataResourceVersion ?? "0" == String(object.resourceVersion) else {
            throw InconsistentObject(value: value)
        }
        return value
    }
}

struct InconsistentObject: Error {
    let value: JSONValue
}

/// What a client posts.
func manifest(
    _ resource: Resource, _ name: String, _ metadata: JSONObject = [:], body: JSONObject = ["spec": [:]]
) -> JSONValue {
    var metadata = metadata
    if !name.isEmpty { metadata["name"] = .string(name) }
    var object: JSONObject = [
        "apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind), "metadata": .object(metadata),
    ]
    for member in body.members { object[member.name] = member.value }
    return .object(object)
}

final class TestClock: Sendable {
    private let now = Mutex(TestCluster.startSeconds)

    var seconds: Int64 {
        get { now.withLock { $0 } }
        set { now.withLock { $0 = newValue } }
    }
}

final class Counter: Sendable {
    private let value = Mutex<UInt64>(0)

    func next() -> UInt64 {
        value.withLock { value in
            value += 1
            return value
        }
    }

    var count: UInt64 { value.withLock { $0 } }
}

/// Counts commits, and refuses them on demand.
final class CommitObserver: TransactionObserver, Sendable {
    struct Refused: Error {}

    let commits = Counter()
    private let refuses = Mutex(false)

    func refuseCommits(_ refuses: Bool) { self.refuses.withLock { $0 = refuses } }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseWillCommit() throws {
        if refuses.withLock({ $0 }) { throw Refused() }
    }
    func databaseDidCommit(_ db: Database) { _ = commits.next() }
    func databaseDidRollback(_ db: Database) {}
}
