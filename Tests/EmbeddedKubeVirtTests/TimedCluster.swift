import EmbeddedCluster
import KubeModel
import Synchronization

/// A cluster that notes when its VMIs begin and end, as those see it who write them.
final class TimedCluster: WatchableCluster {
    private let cluster: EmbeddedCluster
    /// By name: when the last finalizer was taken away, and when the next one of that name was made.
    let ends = Mutex<[String: ContinuousClock.Instant]>([:])
    let pauses = Mutex<[Duration]>([])

    init(_ cluster: EmbeddedCluster) { self.cluster = cluster }

    func create(
        _ resource: Resource, namespace: String?, object: JSONValue, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        let now = ContinuousClock.now
        if resource == .virtualMachineInstance, let end = ends.withLock({ $0[object.metadataName ?? ""] }) {
            pauses.withLock { $0.append(now - end) }
        }
        return try await cluster.create(resource, namespace: namespace, object: object, options: options)
    }

    func update(
        _ resource: Resource, namespace: String?, name: String, object: JSONValue, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        let updated = try await cluster.update(
            resource, namespace: namespace, name: name, object: object, options: options)
        if resource == .virtualMachineInstance, object.isBeingDeleted, object.finalizers.isEmpty {
            ends.withLock { $0[name] = .now }
        }
        return updated
    }

    func get(_ resource: Resource, namespace: String?, name: String) async throws(Status) -> StoredObject {
        try await cluster.get(resource, namespace: namespace, name: name)
    }

    func checkExistence(of resource: Resource, namespace: String?, name: String) async throws(Status) {
        try await cluster.checkExistence(of: resource, namespace: namespace, name: name)
    }

    func list(_ resource: Resource, namespace: String?) async throws(Status) -> ObjectList {
        try await cluster.list(resource, namespace: namespace)
    }

    func patch(
        _ resource: Resource, namespace: String?, name: String, patch: Patch, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        try await cluster.patch(resource, namespace: namespace, name: name, patch: patch, options: options)
    }

    func delete(
        _ resource: Resource, namespace: String?, name: String, options: DeleteOptions
    ) async throws(Status) -> Deletion {
        try await cluster.delete(resource, namespace: namespace, name: name, options: options)
    }

    func watch(
        _ resource: Resource, namespace: String?, from resourceVersion: UInt64
    ) async throws(Status) -> any WatchSubscription {
        try await cluster.watch(resource, namespace: namespace, from: resourceVersion)
    }

    func lastChange(of resource: Resource) -> UInt64 { cluster.lastChange(of: resource) }
}
