import ArgumentParser
import EmbeddedKubeVirt
import HotplugAPI

extension EmbeddedMultus: ExpressibleByArgument {}

/// Flags of the embedded cluster.
struct EmbeddedFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: """
            Play KubeVirt: VMs become VMIs, VMIs start and stop, interfaces come and go. Without it a VMI is Running \
            as soon as it is created, and nothing else happens.
            """)
    var embeddedKubevirt = true

    @Option(
        help: """
            How interfaces get into VMIs that run: dynamic, as by Multus with its dynamic networks controller; or \
            none, where they wait for a migration.
            """)
    var embeddedMultus = EmbeddedMultus.dynamic

    @Option(
        help: """
            Free PCIe root ports that a VMI of machine type q35 starts with, one for each interface that is plugged \
            in later. 0 leaves the one that libvirt keeps spare.
            """)
    var embeddedReservedPorts = 0

    /// What is wrong with the values.
    func problems() -> [String] {
        (0...32).contains(embeddedReservedPorts)
            ? [] : ["--embedded-reserved-ports \(embeddedReservedPorts) is not in 0...32"]
    }

    /// With `--vmi-propagation=kubevirt` the played KubeVirt does its part of that.
    func configuration(_ propagation: VMIPropagation?) -> EmbeddedKubeVirtConfiguration {
        EmbeddedKubeVirtConfiguration(
            multus: embeddedMultus, reservedPorts: embeddedReservedPorts, copiesInterfaces: propagation == .kubevirt)
    }
}
