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

    package init(
        group: String, version: String, plural: String, singular: String, kind: String, shortNames: [String],
        categories: [String] = [], isNamespaced: Bool = true, hasStatusSubresource: Bool = false
    ) {
        self.group = group
        self.version = version
        self.plural = plural
        self.singular = singular
        self.kind = kind
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.hasStatusSubresource = hasStatusSubresource
    }

    /// `kubevirt.io/v1`.
    package var apiVersion: String { "\(group)/\(version)" }

    // Names as in KubeVirt v1.0.1 `pkg/virt-operator/resource/generate/components/crds.go`, and the CRD of
    // k8snetworkplumbingwg/network-attachment-definition-client.
    package static let virtualMachine = Resource(
        group: "kubevirt.io", version: "v1", plural: "virtualmachines", singular: "virtualmachine",
        kind: "VirtualMachine", shortNames: ["vm", "vms"], categories: ["all"], hasStatusSubresource: true)
    package static let virtualMachineInstance = Resource(
        group: "kubevirt.io", version: "v1", plural: "virtualmachineinstances", singular: "virtualmachineinstance",
        kind: "VirtualMachineInstance", shortNames: ["vmi", "vmis"], categories: ["all"])
    package static let kubeVirt = Resource(
        group: "kubevirt.io", version: "v1", plural: "kubevirts", singular: "kubevirt", kind: "KubeVirt",
        shortNames: ["kv", "kvs"], categories: ["all"], hasStatusSubresource: true)
    package static let networkAttachmentDefinition = Resource(
        group: "k8s.cni.cncf.io", version: "v1", plural: "network-attachment-definitions",
        singular: "network-attachment-definition", kind: "NetworkAttachmentDefinition",
        shortNames: ["net-attach-def"])
}
