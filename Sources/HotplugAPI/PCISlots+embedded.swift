package import KubeModel

// What the embedded cluster's guests do, kept beside the advice so that the two agree.
extension PCISlots {
    /// The slots of a VMI of the embedded cluster.
    package init(of instance: JSONValue) {
        self.init(instance: instance, facts: ClusterFacts(isInterfaceHotplugEnabled: true))
    }

    /// What was counted when the guest started; `nil` elsewhere than on the embedded cluster, or when somebody has
    /// written something else there.
    package var countedSlots: Int? {
        instance[path: "metadata", "annotations", Self.interfaceSlotsAnnotation]?.string.flatMap { Int($0) }
            .flatMap { $0 >= 0 ? $0 : nil }
    }

    /// How many interfaces the guest has slots for if it starts now: those of its spec, and free root ports.
    ///
    /// On q35 `reserved` ports are free, or libvirt's spare one if there are none; on other machines with a PCI bus
    /// what is left of its 32 slots. `nil` for machines without, which take any number.
    package func interfaceSlots(reserved: Int) -> Int? {
        guard let subject = try? HotplugSubject(of: instance),
            let spec = try? NetworkSpec(of: instance, subject: subject),
            ["", "amd64", "arm64"].contains(spec.spec["architecture"]?.string ?? "")
        else { return nil }
        let present = spec.interfaces.count { !$0.isAbsent }
        if instance[path: "metadata", "annotations", Self.rootComplexAnnotation]?.string == "true" { return present }
        let devices = Self.devices(of: spec)
        let left = max(0, Self.busSlots - Self.fixedDevices - present - devices.disks - devices.passedThrough)
        let machine = spec.spec[path: "domain", "machine", "type"]?.string ?? ""
        if Self.hasRootPorts(machine) { return present + min(max(reserved, Self.sparePorts), left) }
        return machine.hasPrefix("pc") ? present + left : nil
    }
}
