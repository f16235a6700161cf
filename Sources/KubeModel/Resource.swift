/// What a cluster knows of a resource: the names of a CustomResourceDefinition.
package struct Resource: Sendable, Hashable {
    package let group: String
    package let version: String
    /// Plural, lower case, as in the URL.
    package let plural: String
    package let singular: String
    package let kind: String
    package let shortNames: [String]
    package let categories: [String]
    package let isNamespaced: Bool
    /// Whether `/status` is a subresource of its own, so that writes to the object leave `status` alone.
    package let hasStatusSubresource: Bool
    /// Versions beside `version` under which the same objects are served; only `apiVersion` differs.
    package let otherVersions: [String]

    package init(
        group: String, version: String, otherVersions: [String] = [], plural: String, singular: String, kind: String,
        shortNames: [String], categories: [String] = [], isNamespaced: Bool = true, hasStatusSubresource: Bool = false
    ) {
        self.group = group
        self.version = version
        self.otherVersions = otherVersions
        self.plural = plural
        self.singular = singular
        self.kind = kind
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.hasStatusSubresource = hasStatusSubresource
    }

    /// `kubevirt.io/v1`; of the core group `v1`.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `virtualmachines.kubevirt.io`, as Go's `GroupResource.String`: the core group is not written.
    package var groupResource: String { group.isEmpty ? plural : "\(plural).\(group)" }

    /// The same resource under another of its versions.
    package func served(as version: String) -> Resource {
        Resource(
            group: group, version: version, plural: plural, singular: singular, kind: kind, shortNames: shortNames,
            categories: categories, isNamespaced: isNamespaced, hasStatusSubresource: hasStatusSubresource)
    }
}
