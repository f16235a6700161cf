import HotplugAPI
import KubeModel
import Testing

@Suite struct NetworkRulesTests {
    /// What the pod's interface and network are beside the new ones, and what is wrong with that.
    struct Row: Sendable, CustomTestStringConvertible {
        let causes: [String]
        var interfaces: [JSONValue] = [Fixture.podInterface]
        var networks: [JSONValue] = [Fixture.podNetwork]
        var permitsBridge = true
        var gates: Set = ["Macvtap", "Passt"]
        var edit: @Sendable (inout JSONValue) -> Void = { _ in }

        var testDescription: String { causes.first ?? interfaces.map(\.text).joined() }

        /// A second interface on a network of its own.
        init(_ cause: String..., second: JSONValue) {
            causes = cause
            interfaces.append(second)
            networks.append(["name": second["name"] ?? "", "multus": ["networkName": "n"]])
        }

        init(
            _ cause: String..., interfaces: [JSONValue]? = nil, networks: [JSONValue]? = nil,
            permitsBridge: Bool = true, gates: Set<String> = ["Macvtap", "Passt"],
            edit: @escaping @Sendable (inout JSONValue) -> Void = { _ in }
        ) {
            causes = cause
            self.interfaces = interfaces ?? self.interfaces
            self.networks = networks ?? self.networks
            self.permitsBridge = permitsBridge
            self.gates = gates
            self.edit = edit
        }
    }

    private static let first = "spec.domain.devices.interfaces[0]"
    private static let second = "spec.domain.devices.interfaces[1]"

    static let refused: [Row] = [
        Row(
            "spec.interfaces: more than one interface is connected to a pod network in spec.interfaces",
            interfaces: [Fixture.podInterface, ["name": "p", "bridge": [:]]],
            networks: [Fixture.podNetwork, ["name": "p", "pod": [:]]]),
        Row(
            "spec.networks: Multus CNI should only have one default network",
            interfaces: [["name": "a", "bridge": [:]], ["name": "b", "bridge": [:]]],
            networks: ["a", "b"].map { ["name": $0, "multus": ["networkName": "n", "default": true]] }),
        Row(
            "spec.networks: Pod network cannot be defined when Multus default network is defined",
            interfaces: [Fixture.podInterface, ["name": "m", "bridge": [:]]],
            networks: [Fixture.podNetwork, ["name": "m", "multus": ["networkName": "n", "default": true]]]),
        Row(
            "spec.networks[1]: should have a network type",
            interfaces: [Fixture.podInterface, ["name": "m", "bridge": [:]]],
            networks: [Fixture.podNetwork, ["name": "m", "pod": .null]]),
        Row(
            "spec.networks[0]: should have only one network type",
            networks: [["name": "defaultnetwork", "pod": [:], "multus": ["networkName": "n"]]]),
        Row(
            "spec.networks[1].multus: CNI delegating plugin must have a networkName",
            interfaces: [Fixture.podInterface, ["name": "m", "bridge": [:]]],
            networks: [Fixture.podNetwork, ["name": "m", "multus": [:]]]),
        Row(
            "spec.networks[1].name: Network with name \"defaultnetwork\" already exists, every network must have a unique"
                + " name",
            networks: [Fixture.podNetwork, ["name": "defaultnetwork", "multus": ["networkName": "n"]]]),
        Row(
            "spec.networks[1].name: spec.networks[1].name 'lonely' not found.",
            networks: [Fixture.podNetwork, ["name": "lonely", "multus": ["networkName": "n"]]]),
        Row(
            "\(second).name: \(second).name 'lonely' not found.",
            interfaces: [Fixture.podInterface, ["name": "lonely", "bridge": [:]]]),
        Row(
            "\(second).name: Only one interface can be connected to one specific network",
            interfaces: [["name": "m", "bridge": [:]], ["name": "m", "bridge": [:]]],
            networks: [["name": "m", "multus": ["networkName": "n"]]]),
        Row("\(second).name: Network interface name can only", second: ["name": "a.b", "bridge": [:]]),
        Row(
            "\(second).model: interface \(second).name uses model fast that is not supported.",
            second: ["name": "m", "bridge": [:], "model": "fast"]),
        Row(
            "\(second).macAddress: interface \(second).name has malformed MAC address (de:ad).",
            second: ["name": "m", "bridge": [:], "macAddress": "de:ad"]),
        Row(
            "\(second).macAddress: interface \(second).name has MAC address (02:00:5e:10:00:00:00:01) that is too long.",
            second: ["name": "m", "bridge": [:], "macAddress": "02:00:5e:10:00:00:00:01"]),
        Row(
            "\(second).pciAddress: interface \(second).name has malformed PCI address (0000:81:01.8).",
            second: ["name": "m", "bridge": [:], "pciAddress": "0000:81:01.8"]),
        Row(
            "\(second).bootOrder: \(second) must have a boot order > 0, if supplied",
            second: ["name": "m", "bridge": [:], "bootOrder": 0]),
        Row(
            "Boot order for spec.domain.devices.interfaces[0].bootOrder already set for a different device.",
            interfaces: [["name": "defaultnetwork", "masquerade": [:], "bootOrder": 1]],
            edit: { $0[member: "domain"][member: "devices"]["disks"] = [["name": "d", "bootOrder": 1]] }),
        Row(
            "SEV does not work with bootable NICs: defaultnetwork",
            interfaces: [["name": "defaultnetwork", "masquerade": [:], "bootOrder": 1]],
            edit: { $0[member: "domain"][member: "launchSecurity"]["sev"] = [:] }),
        Row(
            "Bridge on pod network configuration is not enabled under kubevirt-config",
            interfaces: [["name": "defaultnetwork", "bridge": [:]]], permitsBridge: false),
        Row("Masquerade interface only implemented with pod network", second: ["name": "m", "masquerade": [:]]),
        Row(
            "\(first).macAddress: The requested MAC address is reserved for the in-pod bridge. Please choose another one.",
            interfaces: [["name": "defaultnetwork", "masquerade": [:], "macAddress": "02:00:00:00:00:00"]]),
        Row("Slirp interface only implemented with pod network", second: ["name": "m", "slirp": [:]]),
        Row(
            "\(first).name: Slirp interface is not enabled in kubevirt-config",
            interfaces: [["name": "defaultnetwork", "slirp": [:]]]),
        Row(
            "\(first).name: Macvtap feature gate is not enabled", interfaces: [["name": "m", "macvtap": [:]]],
            networks: [["name": "m", "multus": ["networkName": "n"]]], gates: []),
        Row(
            "\(first).name: Macvtap interface only implemented with Multus network",
            interfaces: [["name": "defaultnetwork", "macvtap": [:]]]),
        Row(
            "\(first).name: Passt feature gate is not enabled", interfaces: [["name": "defaultnetwork", "passt": [:]]],
            gates: []),
        Row("\(second).name: Passt interface only implemented with pod network", second: ["name": "m", "passt": [:]]),
        Row(
            "\(first): Passt interface is only supported as the single interface of the VMI",
            interfaces: [["name": "defaultnetwork", "passt": [:]]]),
        Row(
            "\(second).binding: logical m interface cannot have both binding plugin and interface binding method",
            second: ["name": "m", "bridge": [:], "binding": ["name": "p"]]),
        Row(
            "\(second).state: logical m interface state value is unsupported: gone",
            second: ["name": "m", "bridge": [:], "state": "gone"]),
        Row(
            "\(second).state: \"m\" interface's state \"absent\" is supported only for bridge binding",
            second: ["name": "m", "sriov": [:], "state": "absent"]),
        Row(
            "interface's state \"absent\" is not supported on default networks",
            interfaces: [["name": "m", "bridge": [:], "state": "absent"]],
            networks: [["name": "m", "multus": ["networkName": "n", "default": true]]]),
    ]

    private static let change = InterfaceChange.add(
        AddInterfaceOptions(networkAttachmentDefinitionName: "n", name: "dyniface1"))

    private func decision(_ row: Row) throws(Status) -> Decision {
        let object = Fixture.instance(
            spec: Fixture.spec(interfaces: row.interfaces, networks: row.networks).with(row.edit))
        return try Self.change.decision(
            on: object, of: HotplugSubject(.virtualMachineInstance, namespace: "default", name: "vmi-fedora"),
            facts: ClusterFacts(
                isInterfaceHotplugEnabled: true, permitsBridgeOnPodNetwork: row.permitsBridge, featureGates: row.gates))
    }

    @Test(arguments: refused)
    func `refuses`(_ row: Row) {
        let error = #expect(throws: Status.self) { try decision(row) }
        #expect((error?.code, error?.reason) == (422, "Invalid"))
        let causes = error?.details?.causes.map { "\($0.field): \($0.message)" } ?? []
        for cause in row.causes { #expect(causes.contains { $0.contains(cause) }, "\(causes)") }
    }

    @Test(arguments: [
        Row(second: ["name": "m", "bridge": [:], "model": "igb", "state": "down"]),
        Row(second: ["name": "m", "bridge": [:], "macAddress": "DE-AD-00-00-be-af", "pciAddress": "0000:8F:01.7"]),
        Row(second: ["name": "m", "bridge": [:], "macAddress": "dead.0000.beaf", "bootOrder": 7]),
        Row(second: ["name": "m", "binding": ["name": "plugin"]]),
        Row(second: ["name": "m", "futureBinding": [:]]),
        Row(
            interfaces: [Fixture.podInterface, ["name": "dra", "sriov": [:]]],
            networks: [Fixture.podNetwork, ["name": "dra", "resourceClaim": ["claimName": "c"]]]),
        Row(
            interfaces: [["name": "m", "bridge": [:]]],
            networks: [["name": "m", "multus": ["networkName": "n", "default": true]]]),
        Row(interfaces: [["name": "defaultnetwork", "bridge": [:]]]),
        Row(
            interfaces: [["name": "m", "macvtap": [:]]], networks: [["name": "m", "multus": ["networkName": "n"]]]),
    ])
    func `takes what KubeVirt takes`(_ row: Row) throws {
        guard case .mutation = try decision(row) else {
            Issue.record("unchanged")
            return
        }
    }

    @Test func `writes the field's path in a VM`() {
        let subject = HotplugSubject(.virtualMachine, namespace: "default", name: "vm-fedora")
        let object = Fixture.machine(spec: Fixture.spec(interfaces: [["name": "a.b", "bridge": [:]]]))
        let error = #expect(throws: Status.self) {
            try Self.change.decision(
                on: object, of: subject, facts: ClusterFacts(isInterfaceHotplugEnabled: true))
        }
        #expect(
            error?.details?.causes.contains { $0.field == "spec.template.spec.domain.devices.interfaces[0].name" }
                == true)
    }
}
