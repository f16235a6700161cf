/// A cluster that lists page by page, so that a list of any length costs little memory and holds nobody up.
package protocol PagedCluster: Cluster {
    /// Some objects in the order of their namespaces, then names.
    ///
    /// Throws 410 Expired when `query.resourceVersion` is too old to be shown, and 504 Timeout with the cause
    /// ResourceVersionTooLarge when the cluster has not got so far.
    func page(_ resource: Resource, namespace: String?, query: PageQuery) async throws(Status) -> ObjectPage
}

package struct PageQuery: Sendable {
    /// The state to show; `nil` means the latest.
    package var resourceVersion: UInt64?
    /// Only what comes after it.
    package var after: ObjectName?
    /// This name alone.
    package var name: String?
    /// Objects; the cluster may answer fewer, even none before the end.
    package var limit: Int
    /// Whether to count what comes after the page.
    package var countsRemaining = false

    package init(limit: Int) {
        self.limit = limit
    }
}

package struct ObjectName: Sendable, Hashable, Comparable {
    /// Empty for a resource of the whole cluster.
    package let namespace: String
    package let name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// By octets, as SQLite and etcd have them.
    package static func < (left: ObjectName, right: ObjectName) -> Bool {
        left.namespace == right.namespace
            ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
            : left.namespace.utf8.lexicographicallyPrecedes(right.namespace.utf8)
    }
}

package struct ObjectPage: Sendable {
    package struct Item: Sendable {
        package let name: ObjectName
        package let object: StoredObject

        package init(name: ObjectName, object: StoredObject) {
            self.name = name
            self.object = object
        }
    }

    package var items: [Item]
    /// The state of the cluster that the page shows.
    package var resourceVersion: UInt64
    /// What the next page comes after; `nil` when there is none.
    package var end: ObjectName?
    /// Objects after this page, if the query asked and it is known.
    package var remaining: Int?

    package init(items: [Item], resourceVersion: UInt64, end: ObjectName?, remaining: Int? = nil) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.end = end
        self.remaining = remaining
    }
}
