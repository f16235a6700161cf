package import KubeModel

/// The interface on the pod network that KubeVirt attaches to a VMI whose template lists no interfaces at all.
///
/// It attaches it only as long as there is none: a template that gains its first interface must list this one too,
/// or the VM loses it at its next restart (KubeVirt v1.0.1 `pkg/virt-controller/watch/network.go`, PR #10205).
package struct PodInterface: Sendable {
    let network: Network
    let interface: NetworkInterface

    /// The VMI's own entries, whose member order and unknown fields stay; `nil` when the template lists interfaces or
    /// wants none attached, or the VMI has none on the pod network.
    ///
    /// Throws 422 Invalid for a malformed object.
    package init?(
        missingIn machine: JSONValue, of machineSubject: HotplugSubject, attachedTo instance: JSONValue,
        of instanceSubject: HotplugSubject
    ) throws(Status) {
        guard try Self.isImplicit(in: machine, of: machineSubject) else { return nil }
        let spec = try NetworkSpec(of: instance, subject: instanceSubject)
        guard let network = spec.networks.first(where: \.isPod),
            let interface = spec.interfaces.first(where: { $0.name == network.name })
        else { return nil }
        self.network = network
        self.interface = interface
    }

    /// Whether KubeVirt would attach one to the next VMI of this VM.
    ///
    /// Throws 422 Invalid for a malformed object.
    static func isImplicit(in machine: JSONValue, of subject: HotplugSubject) throws(Status) -> Bool {
        let spec = try NetworkSpec(of: machine, subject: subject)
        return spec.interfaces.isEmpty && spec.networks.isEmpty
            && spec.spec[path: "domain", "devices", "autoattachPodInterface"]?.bool != false
    }
}
