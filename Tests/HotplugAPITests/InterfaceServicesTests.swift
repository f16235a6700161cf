import HotplugAPI
import KubeModel
import Testing

/// Ports and DHCP options of interfaces: KubeVirt's rules, which an addition must not meet with silence.
@Suite struct InterfaceServicesTests {
    private static let ports = "spec.domain.devices.interfaces[0].ports"
    private static let servers = "spec.domain.devices.interfaces[0].dhcpOptions.ntpServers"

    /// What the pod's interface has, and all that is wrong with it.
    struct Row: Sendable {
        let member: String
        let value: JSONValue
        let causes: [String]

        init(_ member: String, _ value: JSONValue, _ causes: String...) {
            (self.member, self.value, self.causes) = (member, value, causes)
        }
    }

    private static func options(_ numbers: Int...) -> JSONValue {
        ["privateOptions": .array(numbers.map { ["option": .number(JSONNumber($0)), "value": "v"] })]
    }

    private static func named(_ names: String...) -> JSONValue {
        .array(names.map { ["name": .string($0), "port": 80] })
    }

    static let rows: [Row] = [
        Row("ports", [["port": 1], ["port": 65_535, "protocol": "UDP"], ["port": 80, "protocol": ""]]),
        Row("ports", [["name": "http"]], "FieldValueRequired \(ports)[0]: Port field is mandatory."),
        Row(
            "ports", [["port": 65_536], ["port": -1]],
            "FieldValueInvalid \(ports)[0]: Port field must be in range 0 < x < 65536.",
            "FieldValueInvalid \(ports)[1]: Port field must be in range 0 < x < 65536."),
        Row(
            "ports", [["port": 80], ["port": 80, "protocol": "tcp"]],
            "FieldValueInvalid \(ports)[1].protocol: Unknown protocol, only TCP or UDP allowed"),
        Row(
            "ports", named("http", "https", "http"),
            "FieldValueDuplicate \(ports)[2].name: Duplicate name of the port: http"),
        Row("ports", named("", "", "a", "1-a", "fifteen-letters")),
        Row(
            "ports", named("sixteen-letters-", "sixteen--letters", "-a", "a-", "a--b", "12", "A", "ä"),
            "FieldValueInvalid \(ports)[0].name: Invalid name of the port: sixteen-letters-",
            "FieldValueInvalid \(ports)[1].name: Invalid name of the port: sixteen--letters",
            "FieldValueInvalid \(ports)[2].name: Invalid name of the port: -a",
            "FieldValueInvalid \(ports)[3].name: Invalid name of the port: a-",
            "FieldValueInvalid \(ports)[4].name: Invalid name of the port: a--b",
            "FieldValueInvalid \(ports)[5].name: Invalid name of the port: 12",
            "FieldValueInvalid \(ports)[6].name: Invalid name of the port: A",
            "FieldValueInvalid \(ports)[7].name: Invalid name of the port: ä"),
        Row(
            "ports", named("fifteen-letterss"),
            "FieldValueInvalid \(ports)[0].name: Invalid name of the port: fifteen-letterss"),
        Row("dhcpOptions", options(224, 254)),
        Row(
            "dhcpOptions", options(223, 255),
            "FieldValueInvalid spec: provided DHCPPrivateOptions are out of range, must be in range 224 to 254",
            "FieldValueInvalid spec: provided DHCPPrivateOptions are out of range, must be in range 224 to 254"),
        Row(
            "dhcpOptions", options(240, 240),
            "FieldValueInvalid spec: Found Duplicates: you have provided duplicate DHCPPrivateOptions"),
        Row("dhcpOptions", ["bootFileName": "f", "ntpServers": ["0.0.0.0", "255.255.255.255", "10.0.0.1"]]),
        Row(
            "dhcpOptions",
            ["ntpServers": ["10.0.0.1", "10.0.0.256", "10.0.0", "010.0.0.1", "::1", "", "1.2.3.4.5", 1]],
            "FieldValueInvalid \(servers)[1]: NTP servers must be a list of valid IPv4 addresses.",
            "FieldValueInvalid \(servers)[2]: NTP servers must be a list of valid IPv4 addresses.",
            "FieldValueInvalid \(servers)[3]: NTP servers must be a list of valid IPv4 addresses.",
            "FieldValueInvalid \(servers)[4]: NTP servers must be a list of valid IPv4 addresses.",
            "FieldValueInvalid \(servers)[5]: NTP servers must be a list of valid IPv4 addresses.",
            "FieldValueInvalid \(servers)[6]: NTP servers must be a list of valid IPv4 addresses.",
            "FieldValueInvalid \(servers)[7]: NTP servers must be a list of valid IPv4 addresses."),
    ]

    /// Of the addition of an interface to a VMI with those.
    private static func causes(_ interfaces: [JSONValue], _ networks: [JSONValue]) -> [String] {
        let change = InterfaceChange.add(AddInterfaceOptions(networkAttachmentDefinitionName: "n", name: "dyniface1"))
        do {
            _ = try change.decision(
                on: Fixture.instance(spec: Fixture.spec(interfaces: interfaces, networks: networks)),
                of: HotplugSubject(.virtualMachineInstance, namespace: "default", name: "vmi-fedora"),
                facts: ClusterFacts(isInterfaceHotplugEnabled: true, permitsBridgeOnPodNetwork: true))
            return []
        } catch {
            return error.details?.causes.map { "\($0.reason) \($0.field): \($0.message)" } ?? ["\(error)"]
        }
    }

    @Test(arguments: rows) func `are KubeVirt's`(_ row: Row) {
        var interface = Fixture.podInterface
        interface[row.member] = row.value
        #expect(Self.causes([interface], [Fixture.podNetwork]) == row.causes)
    }

    @Test func `only those of the pod's network are looked at`() {
        let networks: [JSONValue] = [["name": "a", "pod": [:]], ["name": "b", "multus": ["networkName": "n"]]]
        let interfaces: [JSONValue] = ["a", "b"].map {
            ["name": .string($0), "bridge": [:], "ports": [["name": "http", "port": $0 == "a" ? 80 : 0]]]
        }
        #expect(Self.causes(interfaces, networks) == [])
    }
}
