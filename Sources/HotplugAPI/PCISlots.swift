import KubeModel

/// How many interfaces the guest's PCI topology still takes, as far as the VMI tells.
///
/// An estimate: interfaces that were there at boot and those that were plugged in later stand in one list, and disks
/// and hooks take slots too. Hence advice only; KubeVirt itself never refuses, the guest just does not get the
/// interface (libvirt: "No more available PCI slots"). Sources: KubeVirt v1.0.1
/// `pkg/virt-launcher/virtwrap/nichotplug.go`, v1.6.0 `pkg/virt-launcher/virtwrap/manager.go`, and libvirt's own
/// https://libvirt.org/pci-hotplug.html.
package struct PCISlots {
    let instance: JSONValue
    let facts: ClusterFacts

    static let rootComplexAnnotation = "kubevirt.io/placePCIDevicesOnRootComplex"
    /// Since this prerelease a guest with fewer interfaces than this at boot gets ports for the rest.
    static let reservesPortsSince = SemanticVersion(1, 0, 0, prerelease: ["rc", "0"])
    static let portsForInterfaces = 4
    /// What libvirt leaves free on q35 by itself.
    static let sparePorts = 1
    /// Since this release a number of ports is kept free whatever the guest has; more if it has more memory.
    static let keepsPortsFreeSince = SemanticVersion(1, 6, 0)
    static let portsKeptFree = 3
    static let portsKeptFreeOfLargeGuest = 6
    /// Bytes of memory; above it a guest is large.
    static let largeGuestMemory = 2.0 * 1024 * 1024 * 1024
    /// Slots of one conventional PCI bus.
    static let busSlots = 32
    /// Of those, what the host bridge, the ISA bridge, video, USB, SCSI, serial, balloon and rng controllers take.
    static let fixedDevices = 8
    /// How many interfaces a guest has slots for: this server's embedded cluster counts when the guest starts, and
    /// writes it here.
    package static let interfaceSlotsAnnotation = "hotplug-apiserver/interface-slots"

    init(instance: JSONValue, facts: ClusterFacts) {
        self.instance = instance
        self.facts = facts
    }

    /// A sentence when one more interface may find no slot; `nil` when it should find one.
    func advice(for subject: HotplugSubject) throws(Status) -> String? {
        let spec = try NetworkSpec(of: instance, subject: subject)
        guard ["", "amd64", "arm64"].contains(spec.spec["architecture"]?.string ?? "") else { return nil }
        if instance[path: "metadata", "annotations", Self.rootComplexAnnotation]?.string == "true" {
            return "annotation \(Self.rootComplexAnnotation) puts all PCI devices of \(subject) on the root complex, "
                + "which takes none while the guest runs: the interface appears \(restart)"
        }
        let machine = spec.spec[path: "domain", "machine", "type"]?.string ?? ""
        let present = spec.interfaces.filter { !$0.isAbsent }
        if let slots = countedSlots {
            guard present.count >= slots else { return nil }
            return "the PCI slots of \(subject) look used up: it started with \(slots) for interfaces and has "
                + "\(present.count); the interface appears when another one is removed, or \(restart)"
        }
        if Self.hasRootPorts(machine) { return rootPorts(of: spec, present, subject) }
        if machine.hasPrefix("pc") { return bus(of: spec, present.count, subject) }
        return nil
    }

    static func hasRootPorts(_ machine: String) -> Bool {
        machine.isEmpty || machine.contains("q35") || machine.hasPrefix("virt")
    }

    private func rootPorts(
        of spec: NetworkSpec, _ present: [NetworkInterface], _ subject: HotplugSubject
    ) -> String? {
        let plugged = present.filter { Self.looksHotplugged($0, on: spec.network(named: $0.name)) }
        let atBoot = present.count - plugged.count
        let version = facts.kubeVirtVersion ?? SemanticVersion(0, 0, 0)
        let ports =
            if version >= Self.keepsPortsFreeSince {
                Self.memory(of: spec.spec) > Self.largeGuestMemory
                    ? Self.portsKeptFreeOfLargeGuest : Self.portsKeptFree
            } else if version >= Self.reservesPortsSince, atBoot > 0 {
                max(Self.portsForInterfaces - atBoot, Self.sparePorts)
            } else {
                Self.sparePorts
            }
        guard plugged.count >= ports else { return nil }
        return "the PCI slots of \(subject) look used up: \(ports) for hotplug, "
            + "\(plugged.count) of its \(present.count) interfaces look hotplugged; "
            + "the interface may appear only when another one is removed, or \(restart)"
    }

    /// The start that finds the interface in the spec.
    private var restart: String {
        instance.controller?["kind"]?.string == Resource.virtualMachine.kind
            ? "after a restart of its VirtualMachine with it in the template (virtctl: --persist)"
            : "when the VirtualMachineInstance is created anew with it in its spec"
    }

    private func bus(of spec: NetworkSpec, _ interfaces: Int, _ subject: HotplugSubject) -> String? {
        let (disks, passedThrough) = Self.devices(of: spec)
        guard Self.fixedDevices + interfaces + disks + passedThrough >= Self.busSlots else { return nil }
        return "the \(Self.busSlots) PCI slots of \(subject) look used up: \(interfaces) interfaces, "
            + "\(disks) virtio disks, \(passedThrough) host devices and about \(Self.fixedDevices) others; "
            + "the interface may not appear"
    }

    /// How many disks and host devices take a slot each.
    static func devices(of spec: NetworkSpec) -> (disks: Int, passedThrough: Int) {
        let devices = spec.spec[path: "domain", "devices"]
        let disks = (devices?["disks"]?.array ?? []).count { $0[path: "disk", "bus"]?.string == "virtio" }
        return (disks, ["hostDevices", "gpus"].reduce(0) { $0 + (devices?[$1]?.array ?? []).count })
    }

    /// Whether an entry has the shape that hotplug writes.
    ///
    /// One that was there at boot may have it too.
    private static func looksHotplugged(_ interface: NetworkInterface, on network: Network?) -> Bool {
        interface.has("bridge") && network?.multusNetworkName != nil && network?.isMultusDefault == false
            && !["model", "macAddress", "pciAddress", "bootOrder"].contains(where: interface.has)
    }

    /// Bytes; 0 when the spec does not say.
    private static func memory(of spec: JSONValue) -> Double {
        let guest = spec[path: "domain", "memory", "guest"] ?? spec[path: "domain", "resources", "requests", "memory"]
        return guest.flatMap(quantity) ?? 0
    }

    /// A `resource.Quantity` such as `1024M` or `2Gi`.
    static func quantity(_ value: JSONValue) -> Double? {
        if case .number(let number) = value { return Double(number.literal) }
        guard let text = value.string else { return nil }
        if let plain = Double(text) { return plain }
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits), let factor = suffixes[String(text[digits.endIndex...])] else { return nil }
        return number * factor
    }

    private static let suffixes: [String: Double] = [
        "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
        "Ki": 0x1p10, "Mi": 0x1p20, "Gi": 0x1p30, "Ti": 0x1p40, "Pi": 0x1p50, "Ei": 0x1p60,
    ]
}
