import HotplugAPI
import KubeModel
import Testing

@Suite struct PCISlotsTests {
    struct Row: Sendable {
        let version: String?
        /// Interfaces at boot, the pod's among them, and hotplugged ones.
        let atBoot: Int
        let plugged: Int
        let isWarned: Bool
        var memory: JSONValue = "1024M"
        var machine: String?
        var architecture: String?
    }

    private func warnings(_ row: Row, annotation: String? = nil) throws -> [String] {
        let boot = (1..<max(row.atBoot, 1)).map { "boot\($0)" }
        let later = (0..<row.plugged).map { "later\($0)" }
        let interfaces =
            (row.atBoot > 0 ? [Fixture.podInterface] : [])
            + boot.map { ["name": .string($0), "bridge": [:], "model": "virtio"] }
            + later.map { ["name": .string($0), "bridge": [:]] }
        let networks =
            (row.atBoot > 0 ? [Fixture.podNetwork] : [])
            + (boot + later).map { ["name": .string($0), "multus": ["networkName": "n"]] }
        var spec = Fixture.spec(interfaces: interfaces, networks: networks)
        spec[member: "domain"][member: "memory"]["guest"] = row.memory
        if let machine = row.machine { spec[member: "domain"][member: "machine"]["type"] = .string(machine) }
        if let architecture = row.architecture { spec["architecture"] = .string(architecture) }
        var object = Fixture.instance(spec: spec)
        if let annotation {
            object[member: "metadata"][member: "annotations"][
                "kubevirt.io/placePCIDevicesOnRootComplex"] = .string(annotation)
        }
        let facts = ClusterFacts(
            isInterfaceHotplugEnabled: true, kubeVirtVersion: row.version.flatMap { SemanticVersion($0) })
        let change = InterfaceChange.add(AddInterfaceOptions(networkAttachmentDefinitionName: "n", name: "new"))
        return try InterfacePlan(change, on: object, facts: facts).warnings
    }

    @Test(arguments: [
        Row(version: nil, atBoot: 1, plugged: 0, isWarned: false),
        Row(version: nil, atBoot: 1, plugged: 1, isWarned: true),
        Row(version: "v1.0.0-beta.0", atBoot: 3, plugged: 1, isWarned: true),
        Row(version: "v1.0.0-rc.0", atBoot: 1, plugged: 2, isWarned: false),
        Row(version: "v1.0.0-rc.0", atBoot: 1, plugged: 3, isWarned: true),
        Row(version: "v1.5.0", atBoot: 5, plugged: 0, isWarned: false),
        Row(version: "v1.5.0", atBoot: 5, plugged: 1, isWarned: true),
        Row(version: "v1.5.0", atBoot: 0, plugged: 1, isWarned: true),
        Row(version: "v1.6.0", atBoot: 1, plugged: 2, isWarned: false),
        Row(version: "v1.6.0", atBoot: 1, plugged: 3, isWarned: true),
        Row(version: "v1.9.0", atBoot: 1, plugged: 5, isWarned: false, memory: "2049Mi"),
        Row(version: "v1.9.0", atBoot: 1, plugged: 6, isWarned: true, memory: "3G"),
        Row(version: "v1.9.0", atBoot: 1, plugged: 3, isWarned: true, memory: 2_147_483_648),
        Row(version: "v1.9.0", atBoot: 1, plugged: 3, isWarned: true, memory: "much"),
        Row(version: nil, atBoot: 1, plugged: 1, isWarned: true, machine: "pc-q35-rhel9.2.0"),
        Row(version: nil, atBoot: 1, plugged: 20, isWarned: false, machine: "pc"),
        Row(version: nil, atBoot: 1, plugged: 21, isWarned: true, machine: "pc-i440fx-6.2"),
        Row(version: nil, atBoot: 1, plugged: 9, isWarned: false, machine: "s390-ccw-virtio"),
        Row(version: nil, atBoot: 1, plugged: 9, isWarned: false, architecture: "s390x"),
        Row(version: nil, atBoot: 1, plugged: 1, isWarned: true, architecture: "arm64"),
    ])
    func `counts`(_ row: Row) throws {
        let warnings = try warnings(row)
        #expect(warnings.count == (row.isWarned ? 1 : 0), "\(warnings)")
        for warning in warnings { #expect(warning.contains("PCI slots")) }
    }

    @Test func `says what it counted`() throws {
        let row = Row(version: nil, atBoot: 1, plugged: 1, isWarned: true)
        #expect(
            try warnings(row) == [
                #"the PCI slots of VirtualMachineInstance "vmi-fedora" look used up: 1 for hotplug, 1 of its 2 "#
                    + "interfaces look hotplugged; the interface may appear only when another one is removed, or when the "
                    + "VirtualMachineInstance is created anew with it in its spec"
            ])
    }

    @Test func `knows that the root complex takes nothing while the guest runs`() throws {
        let row = Row(version: "v1.9.0", atBoot: 1, plugged: 0, isWarned: false)
        #expect(try warnings(row, annotation: "true").first?.contains("root complex") == true)
        #expect(try warnings(row, annotation: "false") == [])
    }
}
