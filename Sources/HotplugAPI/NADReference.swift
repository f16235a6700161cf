import KubeModel

/// The NetworkAttachmentDefinition that a network's `multus.networkName` means.
package struct NADReference: Sendable, Equatable, CustomStringConvertible {
    package let namespace: String
    package let name: String

    /// Splits at the first `/`, as KubeVirt v1.0.1 `pkg/virt-controller/services/template.go` does; without one the
    /// object's namespace is meant.
    package init(_ networkName: String, in objectNamespace: String) {
        let parts = networkName.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        namespace = parts.count == 2 ? String(parts[0]) : objectNamespace
        name = String(parts.last ?? "")
    }

    package var description: String { "\(namespace)/\(name)" }

    /// Whether Kubernetes could have an object of that name.
    var isWellFormed: Bool { DNS1123.isLabel(namespace) && DNS1123.isSubdomain(name) }
}
