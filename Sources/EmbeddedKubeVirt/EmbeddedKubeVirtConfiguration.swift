// EmbeddedKubeVirt: what KubeVirt's controllers, the kubelet, Multus and a guest would do to the objects of a cluster
// that has none of them. Deciders are pure: objects in, the next steps out; the runner alone reads, waits and writes.
// May import KubeModel, HotplugAPI, Reactor and TLS; knows nothing of HTTP or SQLite.

/// How interfaces get into pods that run: `--embedded-multus`.
package enum EmbeddedMultus: String, Sendable, CaseIterable {
    /// Multus as a thick plugin with its dynamic networks controller: at once.
    case dynamic
    /// Not at all: a migration makes a new pod that has them.
    case none
}

/// The settings of the KubeVirt that is played.
package struct EmbeddedKubeVirtConfiguration: Sendable, Equatable {
    package var multus: EmbeddedMultus
    /// Free PCIe root ports that a guest of machine type q35 starts with; 0 leaves the single one that libvirt keeps
    /// spare.
    package var reservedPorts: Int

    /// Whether new and absent interfaces of a VM's template are copied to its VMI, as KubeVirt v1.1 and later do.
    package var copiesInterfaces: Bool

    package init(multus: EmbeddedMultus = .dynamic, reservedPorts: Int = 0, copiesInterfaces: Bool = false) {
        self.multus = multus
        self.reservedPorts = reservedPorts
        self.copiesInterfaces = copiesInterfaces
    }
}
