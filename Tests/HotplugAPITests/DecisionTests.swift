import HotplugAPI
import KubeModel
import Testing

@Suite struct DecisionTests {
    private static let facts = ClusterFacts(isInterfaceHotplugEnabled: true)
    private static let addition = InterfaceChange.add(
        AddInterfaceOptions(networkAttachmentDefinitionName: "new-fancy-net", name: "dyniface1"))
    private static let removal = InterfaceChange.remove(RemoveInterfaceOptions(name: "dyniface1"))

    private func patch(_ change: InterfaceChange, _ text: String) throws -> (object: JSONValue, patch: JSONPatch) {
        let object = try JSONValue(parsing: Array(text.utf8))
        let decision = try change.decision(on: object, of: HotplugSubject(of: object), facts: Self.facts)
        guard case .mutation(let patch) = decision else { return (object, JSONPatch([])) }
        return (object, patch)
    }

    private static let head = #""apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstance""#

    @Test func `guards what it read and appends`() throws {
        let (_, patch) = try patch(
            Self.addition,
            #"{\#(Self.head),"metadata":{"name":"x","uid":"u"},"spec":{"networks":[{"name":"p","pod":{}}],"#
                + #""domain":{"devices":{"interfaces":[{"name":"p","masquerade":{}}]}}}}"#)
        #expect(
            patch.json.text
                == #"[{"op":"test","path":"/metadata/uid","value":"u"},"#
                + #"{"op":"test","path":"/spec/networks","value":[{"name":"p","pod":{}}]},"#
                + #"{"op":"test","path":"/spec/domain/devices/interfaces","value":[{"name":"p","masquerade":{}}]},"#
                + #"{"op":"add","path":"/spec/networks/-","value":{"name":"dyniface1","#
                + #""multus":{"networkName":"new-fancy-net"}}},"#
                + #"{"op":"add","path":"/spec/domain/devices/interfaces/-","value":{"name":"dyniface1","bridge":{}}}]"#)
    }

    @Test(arguments: [
        (
            #"{}"#, [#"{"op":"test","path":"/spec/networks","value":null}"#, #"{"op":"test","path":"/spec/domain""#]
        ),
        (#"{"domain":null,"networks":null}"#, [#"{"op":"test","path":"/spec/domain","value":null}"#]),
        (#"{"domain":{}}"#, [#"{"op":"test","path":"/spec/domain/devices","value":null}"#]),
        (
            #"{"domain":{"devices":{}},"networks":[]}"#,
            [
                #"{"op":"test","path":"/spec/domain/devices/interfaces","value":null}"#,
                #"{"op":"test","path":"/spec/networks","value":[]}"#, #""path":"/spec/networks/-""#,
            ]
        ),
    ])
    func `creates what is absent`(_ spec: String, _ operations: [String]) throws {
        let (object, patch) = try patch(Self.addition, #"{\#(Self.head),"metadata":{"name":"x"},"spec":\#(spec)}"#)
        for operation in operations { #expect(patch.json.text.contains(operation)) }
        let after = try patch.applied(to: object)
        #expect(after[path: "spec", "networks"]?.array?.count == 1)
        #expect(after[path: "spec", "domain", "devices", "interfaces"] == [["name": "dyniface1", "bridge": [:]]])
    }

    @Test func `leaves everything else byte for byte`() throws {
        let before =
            #"{\#(Self.head),"metadata":{"name":"x"},"status":{"n":1e3,"phase":"Running"},"z":9007199254740993,"#
            + #""spec":{"future":{"b":1.0,"a":-0},"networks":[{"pod":{"x":1.50},"name":"p"}],"#
            + #""domain":{"devices":{"interfaces":[{"shiny":[1E+2,null],"name":"p","masquerade":{},"a":{}}],"#
            + #""zeta":1}}},"alpha":"\u00e9\/"}"#
        let (object, patch) = try patch(Self.addition, before)
        let expected =
            object.text
            .replacing(
                #""name":"p"}]"#,
                with: #""name":"p"},{"name":"dyniface1","multus":{"networkName":"new-fancy-net"}}]"#
            )
            .replacing(#""a":{}}]"#, with: #""a":{}},{"name":"dyniface1","bridge":{}}]"#)
        #expect(try patch.applied(to: object).text == expected)
        #expect(object.text.contains(#""shiny":[1E+2,null],"name":"p""#))
    }

    @Test func `removes by its state alone`() throws {
        let before =
            #"{\#(Self.head),"metadata":{"name":"x"},"spec":{"networks":[{"name":"dyniface1","#
            + #""multus":{"networkName":"n"}}],"domain":{"devices":{"interfaces":[{"z":1.0,"name":"dyniface1","#
            + #""bridge":{}}]}}}}"#
        let (object, patch) = try patch(Self.removal, before)
        #expect(patch.operations.last == .add(try JSONPointer("/spec/domain/devices/interfaces/0/state"), "absent"))
        #expect(
            try patch.applied(to: object).text
                == before.replacing(#""bridge":{}}"#, with: #""bridge":{},"state":"absent"}"#))
    }

    @Test(arguments: ["new-fancy-net", "default/new-fancy-net"])
    func `takes a NAD with and without its namespace for the same`(_ networkName: String) throws {
        let object = Fixture.instance().adding("dyniface1", networkName)
        #expect(try patch(Self.addition, object.text).patch.operations == [])
    }

    @Test func `does not take a NAD of another namespace for the same`() {
        let object = Fixture.instance().adding("dyniface1", "other/new-fancy-net")
        let error = #expect(throws: Status.self) { try patch(Self.addition, object.text) }
        #expect(error?.code == 409)
        #expect(error?.message.contains(#"network attachment definition "other/new-fancy-net""#) == true)
    }

    @Test(arguments: [
        ("1", "spec"), (#""x""#, "spec"), ("[]", "spec"), ("null", "spec"),
        (#"{"networks":{}}"#, "spec.networks"), (#"{"networks":"x"}"#, "spec.networks"),
        (#"{"networks":[1]}"#, "spec.networks[0]"), (#"{"networks":[{"name":1}]}"#, "spec.networks[0].name"),
        (#"{"networks":[{"name":"a","multus":[]}]}"#, "spec.networks[0].multus"),
        (
            #"{"networks":[{"name":"a","multus":{"networkName":{}}}]}"#, "spec.networks[0].multus.networkName"
        ),
        (#"{"domain":[]}"#, "spec.domain"), (#"{"domain":{"devices":1}}"#, "spec.domain.devices"),
        (#"{"domain":{"devices":{"interfaces":{}}}}"#, "spec.domain.devices.interfaces"),
        (#"{"domain":{"devices":{"interfaces":[null]}}}"#, "spec.domain.devices.interfaces[0]"),
        (
            #"{"domain":{"devices":{"interfaces":[{"name":"a","state":1}]}}}"#,
            "spec.domain.devices.interfaces[0].state"
        ),
    ])
    func `names the field of a malformed object`(_ spec: String, _ field: String) {
        for change in [Self.addition, Self.removal] {
            let error = #expect(throws: Status.self) {
                try patch(change, #"{\#(Self.head),"metadata":{"name":"x"},"spec":\#(spec)}"#)
            }
            #expect(error?.code == 422)
            #expect(error?.details?.causes.map(\.field) == [field])
        }
    }

    @Test(arguments: [
        "{}", #"{"template":null}"#, #"{"template":{}}"#, #"{"template":{"spec":1}}"#, #"{"template":[]}"#,
    ])
    func `refuses a VM without a template`(_ spec: String) {
        let error = #expect(throws: Status.self) {
            try patch(
                Self.addition,
                #"{"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"x"},"spec":\#(spec)}"#)
        }
        #expect(error?.code == 422)
    }
}
