package import KubeModel

/// A group that the server serves, in the order of its versions, the preferred one first.
package struct APIGroup: Sendable {
    package struct Version: Sendable {
        package let name: String
        package let resources: [Resource]
        package let subresources: [Subresource]
    }

    /// A subresource whose parent is served elsewhere.
    package struct Subresource: Sendable {
        /// The resource that it belongs to, whose Kind names the entry for RBAC tools and `kubectl auth can-i`.
        package let parent: Resource
        /// `addinterface`.
        package let name: String
        package let verbs: [String]

        package init(parent: Resource, name: String, verbs: [String]) {
            self.parent = parent
            self.name = name
            self.verbs = verbs
        }
    }

    package let name: String
    package let versions: [Version]

    /// A group of resources with all their verbs.
    package init(resources: [Resource]) {
        name = resources.first?.group ?? ""
        versions = [Version(name: resources.first?.version ?? "", resources: resources, subresources: [])]
    }

    /// A group of nothing but subresources, alike in every version.
    package init(name: String, versions: [String], subresources: [Subresource]) {
        self.name = name
        self.versions = versions.map { Version(name: $0, resources: [], subresources: subresources) }
    }

    /// What can be done with a resource here.
    static let resourceVerbs = ["create", "delete", "get", "list", "patch", "update"]
    static let statusVerbs = ["get", "patch", "update"]
}
