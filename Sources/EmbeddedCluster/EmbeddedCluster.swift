internal import Foundation
package import KubeModel

/// A cluster in one SQLite file: what it has acknowledged is on disk.
///
/// It stores the objects of `resources` as kube-apiserver does custom resources, and fills in what KubeVirt's
/// operator and controllers would. It is a stand-in: no guest runs. Reads run on the caller's thread; writes suspend
/// the caller until the fsync that holds them.
package final class EmbeddedCluster: WatchableCluster {
    package struct Configuration: Sendable {
        /// What a KubeVirt object reports as `status.observedKubeVirtVersion`.
        ///
        /// With v1.0.0 the feature gate `HotplugNICs` counts; from v1.4.0 on it is always on.
        package var observedKubeVirtVersion = "v1.0.0"
        /// What is written into a new object, given its resource and the time in RFC 3339, in the write that creates
        /// it; `nil` leaves it to this module, where a VMI runs as soon as it exists.
        ///
        /// The KubeVirt objects are read when they are asked for. Throws what refuses the object.
        package var admission: Admission = { _, _, _, _ in nil }
        /// Resources whose dependents a controller lets go when the propagation policy of a deletion is `Orphan`; for
        /// others it means nothing, since nobody collects garbage here.
        package var orphaning: Set<Resource> = []
        /// Writes; one more is refused with 429 TooManyRequests.
        package var writesWaitingMax = StoreLimits.writesWaitingMax
        /// What is kept of the past, so that a watch can be resumed.
        var history = EventHistory.Limits()
        /// Octets of objects that are kept in memory.
        var cacheBytesMax = StoreLimits.cacheBytesMax
        /// Seconds since 1970.
        package var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
        /// Uniform over all 64 bits: uids and generated names are made of it.
        package var random: @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }

        package init() {}
    }

    package typealias Admission =
        @Sendable (
            JSONValue, Resource, _ kubeVirts: () throws(Status) -> [JSONValue], _ now: String
        ) throws(Status) -> JSONValue?

    /// What is stored here, for discovery.
    package static let resources: [Resource] = [
        .namespace, .pod, .event, .virtualMachine, .virtualMachineInstance, .virtualMachineInstanceMigration, .kubeVirt,
        .networkAttachmentDefinition, .customResourceDefinition,
    ]

    let store: ObjectStore
    let configuration: Configuration

    /// Opens the store in `directory`, making both if they are missing, and checks all of it.
    ///
    /// The directory belongs to this object until `close`.
    package init(directory: String, configuration: Configuration = Configuration()) throws(StoreError) {
        self.configuration = configuration
        store = try ObjectStore(
            directory: directory, writesWaitingMax: configuration.writesWaitingMax, history: configuration.history,
            cacheBytesMax: configuration.cacheBytesMax, clock: configuration.now
        ) { transaction in
            try transaction.prepareNamespaces(
                Identifiers(random: configuration.random), now: Timestamp.rfc3339(configuration.now()))
        }
    }

    /// Ends the writes that wait, refuses later ones and gives up the directory; blocks for as long as that takes.
    package func close() {
        store.close()
    }

    /// Throws ServiceUnavailable once the store takes no more writes, InternalError if it cannot be read.
    package func checkHealth() throws(Status) {
        try store.checkHealth()
    }

    // MARK: Reading

    package func get(_ resource: Resource, namespace: String?, name: String) async throws(Status) -> StoredObject {
        let key = try key(resource, namespace, name)
        guard let object = try store.fetch(key) else {
            throw resource.notFound(name)
        }
        return object
    }

    package func list(_ resource: Resource, namespace: String?) async throws(Status) -> ObjectList {
        let key = try key(resource, namespace, "")
        return try store.readSnapshot { db in
            ObjectList(
                items: try ObjectTable.list(
                    resource: key.resource, namespace: resource.isNamespaced ? namespace : nil, db),
                resourceVersion: try ObjectTable.resourceVersion(db))
        }
    }

    package func watch(
        _ resource: Resource, namespace: String?, from resourceVersion: UInt64
    ) async throws(Status) -> any WatchSubscription {
        let key = try key(resource, namespace, "")
        // The log may be a moment behind a commit that a list has shown.
        if resourceVersion > store.log.resourceVersion {
            let current = try store.read(ObjectTable.resourceVersion)
            guard resourceVersion <= current else {
                throw .resourceVersionTooLarge(requested: resourceVersion, current: current)
            }
        }
        return try store.log.subscribe(
            to: key.resource, namespace: resource.isNamespaced ? namespace : nil, from: resourceVersion)
    }

    package func lastChange(of resource: Resource) -> UInt64 { store.log.lastChange(of: resource.groupResource) }

    /// Throws the 404 of a path that leads nowhere if the resource is none of ours.
    func key(_ resource: Resource, _ namespace: String?, _ name: String) throws(Status) -> ObjectKey {
        guard Self.resources.contains(where: { $0.plural == resource.plural && $0.group == resource.group }) else {
            throw .pathNotFound
        }
        return ObjectKey(
            resource: resource.groupResource,
            namespace: resource.isNamespaced ? namespace ?? "" : "", name: name)
    }
}
