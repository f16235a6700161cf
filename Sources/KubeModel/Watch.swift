/// A cluster that tells of its changes.
package protocol WatchableCluster: Cluster {
    /// Follows a resource: every change after `resourceVersion`, in order, each once.
    ///
    /// Give it the resourceVersion of a list, and the list and the events together miss nothing. All namespaces when
    /// `namespace` is `nil`. Throws 410 Expired when changes after `resourceVersion` are no longer kept (the way on is to
    /// list again), and 504 Timeout with the cause ResourceVersionTooLarge when the cluster has not got so far.
    func watch(
        _ resource: Resource, namespace: String?, from resourceVersion: UInt64
    ) async throws(Status) -> any WatchSubscription

    /// The resourceVersion of the last change to a resource, or of the cluster as it was opened: as long as it stays, so
    /// does every list of the resource.
    func lastChange(of resource: Resource) -> UInt64
}

/// What one watcher follows; it is used by one task at a time, but for `cancel` and `interrupt`.
///
/// Nothing is kept for a watcher: it reads the cluster's bounded history at its own pace, and one that falls behind
/// that is told so by 410 Expired.
package protocol WatchSubscription: AnyObject, Sendable {
    /// Waits for events and returns at least one; none after `cancel` or `interrupt`.
    ///
    /// Throws 410 Expired when the watcher was too slow. Cancelling the task does not wake it: cancel the subscription.
    func next() async throws(Status) -> [WatchEvent]

    /// Every event up to this resourceVersion has been returned: a watch may go on from here.
    var resourceVersion: UInt64 { get }

    /// Lets a `next` that waits, or else the next one, return no events.
    func interrupt()

    /// Ends the subscription: `next` returns no events from now on.
    ///
    /// Also done when the last reference goes.
    func cancel()

    var isCancelled: Bool { get }
}

/// One change of one object.
package struct WatchEvent: Sendable {
    package enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    package let kind: Kind
    /// Empty for a resource of the whole cluster.
    package let namespace: String
    package let name: String
    /// The object after the change; of a deleted one its last state, with the resourceVersion of the deletion.
    package let object: StoredObject
    /// The object before the change; `nil` when it was created.
    ///
    /// A selector may have matched only this one.
    package let previous: StoredObject?

    package init(kind: Kind, namespace: String, name: String, object: StoredObject, previous: StoredObject?) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.object = object
        self.previous = previous
    }

    package var resourceVersion: UInt64 { object.resourceVersion }
}

extension Status {
    /// 410: what came after `requested` is no longer kept (apiserver `pkg/storage/cacher/watch_cache.go`).
    ///
    /// `oldest` is the earliest resourceVersion from which a watch can start.
    package static func expired(requested: UInt64, oldest: UInt64) -> Status {
        Status(code: 410, reason: "Expired", message: "too old resource version: \(requested) (\(oldest))")
    }

    /// 504: the cluster has not got to `requested` yet (apiserver `pkg/storage/errors.go`).
    package static func resourceVersionTooLarge(requested: UInt64, current: UInt64) -> Status {
        let text = "Too large resource version: \(requested), current: \(current)"
        var status = timeout(text)
        status.details?.causes = [
            Status.Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
        ]
        status.details?.retryAfterSeconds = 1
        return status
    }
}
