extension Resource {
    // Names as in KubeVirt v1.0.1 `pkg/virt-operator/resource/generate/components/crds.go`, whose CRDs serve v1alpha3
    // too.

    package static let virtualMachine = Resource(
        group: "kubevirt.io", version: "v1", otherVersions: ["v1alpha3"], plural: "virtualmachines",
        singular: "virtualmachine", kind: "VirtualMachine", shortNames: ["vm", "vms"], categories: ["all"],
        hasStatusSubresource: true)
    package static let virtualMachineInstance = Resource(
        group: "kubevirt.io", version: "v1", otherVersions: ["v1alpha3"], plural: "virtualmachineinstances",
        singular: "virtualmachineinstance", kind: "VirtualMachineInstance", shortNames: ["vmi", "vmis"],
        categories: ["all"])
    package static let virtualMachineInstanceMigration = Resource(
        group: "kubevirt.io", version: "v1", otherVersions: ["v1alpha3"], plural: "virtualmachineinstancemigrations",
        singular: "virtualmachineinstancemigration", kind: "VirtualMachineInstanceMigration",
        shortNames: ["vmim", "vmims"], categories: ["all"], hasStatusSubresource: true)
    package static let kubeVirt = Resource(
        group: "kubevirt.io", version: "v1", otherVersions: ["v1alpha3"], plural: "kubevirts", singular: "kubevirt",
        kind: "KubeVirt", shortNames: ["kv", "kvs"], categories: ["all"], hasStatusSubresource: true)

    /// The CRD of k8snetworkplumbingwg/network-attachment-definition-client.
    package static let networkAttachmentDefinition = Resource(
        group: "k8s.cni.cncf.io", version: "v1", plural: "network-attachment-definitions",
        singular: "network-attachment-definition", kind: "NetworkAttachmentDefinition",
        shortNames: ["net-attach-def"])

    /// kubernetes `apiextensions-apiserver/pkg/registry/customresourcedefinition`.
    ///
    /// There are none in the embedded cluster, which knows its kinds itself; clients look all the same.
    package static let customResourceDefinition = Resource(
        group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions",
        singular: "customresourcedefinition", kind: "CustomResourceDefinition", shortNames: ["crd", "crds"],
        categories: ["api-extensions"], isNamespaced: false)

    // The core group, as kubernetes `pkg/registry/core`.

    package static let namespace = Resource(
        group: "", version: "v1", plural: "namespaces", singular: "namespace", kind: "Namespace", shortNames: ["ns"],
        isNamespaced: false, hasStatusSubresource: true)
    package static let event = Resource(
        group: "", version: "v1", plural: "events", singular: "event", kind: "Event", shortNames: ["ev"])
    package static let pod = Resource(
        group: "", version: "v1", plural: "pods", singular: "pod", kind: "Pod", shortNames: ["po"],
        categories: ["all"], hasStatusSubresource: true)
}
