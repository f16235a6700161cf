package import KubeModel

/// A group that the server serves, in the order of its versions, the preferred one first.
package struct APIGroup: Sendable {
    package struct Version: Sendable {
        package let name: String
        package let resources: [Resource]
        package let subresources: [Subresource]
        /// What can be done with each of `resources`; `nil` where that depends on the resource.
        var resourceVerbs: [String]?

        func verbs(of resource: Resource) -> [String] { resourceVerbs ?? APIGroup.verbs(of: resource) }
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

    /// Empty for the core group.
    package let name: String
    package let versions: [Version]

    var isCore: Bool { name.isEmpty }

    /// `kubevirt.io/v1`; of the core group `v1`.
    func groupVersion(_ version: Version) -> String { isCore ? version.name : "\(name)/\(version.name)" }

    /// A group of resources with all their verbs, in the versions of the first of them.
    package init(resources: [Resource]) {
        self.init(resources: resources, verbs: nil)
    }

    init(resources: [Resource], verbs: [String]?) {
        name = resources.first?.group ?? ""
        versions = (resources.first.map { [$0.version] + $0.otherVersions } ?? []).map { version in
            Version(
                name: version,
                resources: resources.filter { $0.version == version || $0.otherVersions.contains(version) }
                    .map { $0.served(as: version) },
                subresources: [], resourceVerbs: verbs)
        }
    }

    /// A group of nothing but subresources, alike in every version.
    package init(name: String, versions: [String], subresources: [Subresource]) {
        self.name = name
        self.versions = versions.map { Version(name: $0, resources: [], subresources: subresources) }
    }

    /// What can be done with a resource that is stored here.
    static func verbs(of resource: Resource) -> [String] {
        switch resource {
        // kubernetes `pkg/registry/core/namespace/storage`: they go one at a time.
        case .namespace: ["create", "delete", "get", "list", "patch", "update", "watch"]
        case .customResourceDefinition: ["get", "list", "watch"]
        default: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        }
    }
    private static let statusVerbs = ["get", "patch", "update"]

    /// What a resource that is stored here has below it, in the order of discovery, and what can be done with that.
    static func subresources(of resource: Resource) -> [(name: String, verbs: [String])] {
        (resource == .namespace ? [("finalize", ["update"])] : [])
            + (resource.hasStatusSubresource ? [("status", statusVerbs)] : [])
    }
}
