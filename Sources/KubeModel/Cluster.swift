/// Where the objects live: the embedded store or a real kube-apiserver.
///
/// Every failure is a `Status` that can be sent to the client as it is. Functions run on their caller's executor
/// and may suspend.
package protocol Cluster: Sendable {
    /// Throws NotFound when there is no such object.
    func get(_ resource: Resource, namespace: String?, name: String) async throws(Status) -> StoredObject

    /// An object as a cache of the cluster's has it; `nil` when there is none, or it does not tell.
    ///
    /// It may be older than what `get` answers, but not than this process's last write to the resource: good enough for
    /// a write that tests what was read, and neither for a refusal nor for leaving things as they are.
    func cached(_ resource: Resource, namespace: String?, name: String) async -> StoredObject?

    /// Throws NotFound when there is no such object; an answer may be some seconds old.
    func checkExistence(of resource: Resource, namespace: String?, name: String) async throws(Status)

    /// Objects ordered by namespace, then name; all namespaces when `namespace` is `nil`.
    func list(_ resource: Resource, namespace: String?) async throws(Status) -> ObjectList

    /// Throws AlreadyExists when the name is taken.
    func create(
        _ resource: Resource, namespace: String?, object: JSONValue, options: WriteOptions
    ) async throws(Status) -> StoredObject

    /// PUT: replaces the object. Throws Conflict when `metadata.resourceVersion` is not the current one.
    func update(
        _ resource: Resource, namespace: String?, name: String, object: JSONValue, options: WriteOptions
    ) async throws(Status) -> StoredObject

    /// Applies a patch to the current object. A JSON Patch whose `test` fails is 422 Invalid, as kube-apiserver
    /// answers it.
    func patch(
        _ resource: Resource, namespace: String?, name: String, patch: Patch, options: WriteOptions
    ) async throws(Status) -> StoredObject

    /// Answers the object as it was last, or as it is now while finalizers hold it.
    func delete(
        _ resource: Resource, namespace: String?, name: String, options: DeleteOptions
    ) async throws(Status) -> Deletion
}

/// A stored object as its JSON bytes, so that reading it back costs no parse.
package struct StoredObject: Sendable {
    package let bytes: [UInt8]
    package let resourceVersion: UInt64
    /// What the cluster warned of when it was written: `Warning` headers of its own, its webhooks' and its policies'.
    package var warnings: [String] = []
    /// The bytes parsed, where that was done on the way.
    private let parsed: JSONValue?

    package init(bytes: [UInt8], resourceVersion: UInt64, parsed: JSONValue? = nil) {
        self.bytes = bytes
        self.resourceVersion = resourceVersion
        self.parsed = parsed
    }

    /// The object; the cluster gave the bytes, so one that cannot be parsed is 500 InternalError.
    package func json() throws(Status) -> JSONValue {
        if let parsed { return parsed }
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .internalError("the stored object is not JSON: \(error)")
        }
    }
}

extension Cluster {
    package func cached(_ resource: Resource, namespace: String?, name: String) async -> StoredObject? { nil }

    package func checkExistence(of resource: Resource, namespace: String?, name: String) async throws(Status) {
        _ = try await get(resource, namespace: namespace, name: name)
    }

    /// As `get`, with `nil` for an object that is not there.
    package func find(_ resource: Resource, namespace: String?, name: String) async throws(Status) -> JSONValue? {
        let stored: StoredObject
        do throws(Status) {
            stored = try await get(resource, namespace: namespace, name: name)
        } catch {
            guard error.code == 404 else { throw error }
            return nil
        }
        return try stored.json()
    }
}

package struct ObjectList: Sendable {
    package let items: [StoredObject]
    /// The revision of the store that the list shows.
    package let resourceVersion: UInt64

    package init(items: [StoredObject], resourceVersion: UInt64) {
        self.items = items
        self.resourceVersion = resourceVersion
    }
}

package enum Patch: Sendable {
    /// RFC 6902.
    case json(JSONPatch)
    /// RFC 7396.
    case merge(JSONValue)
    /// For built-in resources alone.
    case strategicMerge(StrategicMergePatch)
}

/// Throws what is wrong with an object as it would be stored; `old` is `nil` for a new one.
package typealias ObjectCheck = @Sendable (_ new: JSONValue, _ old: JSONValue?) throws(Status) -> Void

package struct WriteOptions: Sendable {
    /// `?dryRun=All`: every check, nothing stored.
    package var dryRun = false
    /// `?fieldManager=`.
    package var fieldManager = ""
    /// Whether the write, repeated after the connection was lost, does no more than once: its tests fail then.
    package var isRepeatable = false
    /// The last part of the path, such as `status`; `nil` for the object itself.
    package var subresource: String?
    /// Rules beyond the resource's own, for a cluster that keeps its objects itself.
    package var check: ObjectCheck = { _, _ in }

    package init(dryRun: Bool = false, fieldManager: String = "", subresource: String? = nil) {
        self.dryRun = dryRun
        self.fieldManager = fieldManager
        self.subresource = subresource
    }
}

package struct DeleteOptions: Sendable {
    package var dryRun = false
    /// Preconditions; `nil` means any.
    package var uid: String?
    package var resourceVersion: String?
    /// Whether what the object owns stays: the propagation policy `Orphan`.
    package var orphansDependents = false

    package init(
        dryRun: Bool = false, uid: String? = nil, resourceVersion: String? = nil, orphansDependents: Bool = false
    ) {
        self.dryRun = dryRun
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.orphansDependents = orphansDependents
    }
}

package enum Deletion: Sendable {
    /// Gone; the bytes are its last state.
    case deleted(StoredObject)
    /// Held by finalizers; `deletionTimestamp` is set.
    case pending(StoredObject)
}
