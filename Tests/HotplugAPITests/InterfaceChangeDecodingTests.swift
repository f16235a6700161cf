import HotplugAPI
import KubeModel
import Testing

@Suite struct InterfaceChangeDecodingTests {
    struct Row: Sendable {
        let body: String
        let message: String
        var verb = InterfaceVerb.add
    }

    private static func structField(_ type: String, _ field: String) -> String {
        "json: cannot unmarshal \(type) into Go struct field AddInterfaceOptions.\(field) of type string"
    }

    @Test(arguments: [
        Row(body: #"{"name":true}"#, message: structField("bool", "name")),
        Row(body: #"{"name":{}}"#, message: structField("object", "name")),
        Row(body: #"{"Name":[]}"#, message: structField("array", "name")),
        Row(
            body: #"{"networkattachmentdefinitionname":1,"name":2}"#,
            message: structField("number", "networkAttachmentDefinitionName")),
        Row(
            body: "name: []",
            message: "error unmarshaling JSON: while decoding JSON: " + structField("array", "name")),
        Row(body: "true", message: "json: cannot unmarshal bool into Go value of type v1.AddInterfaceOptions"),
        Row(
            body: "[]", message: "json: cannot unmarshal array into Go value of type v1.RemoveInterfaceOptions",
            verb: .remove),
        Row(body: #"{"name" "x"}"#, message: "invalid character '\"'"),
        Row(body: "a: b: c", message: "error converting YAML to JSON: yaml: line 1"),
        Row(body: "{\u{1}}", message: "invalid character 0x01"),
    ])
    func `refuses in the words of Go`(_ row: Row) {
        let error = #expect(throws: Status.self) {
            try InterfaceChange.decode(Array(row.body.utf8), for: row.verb, fieldValidation: .warn)
        }
        #expect(error?.code == 400)
        #expect(error?.message.hasPrefix("cannot unmarshal Request body to struct, error: ") == true)
        #expect(error?.message.contains(row.message) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("networkAttachmentDefinitionName: net\nname: 1.5\n", "1.5"),
        ("networkAttachmentDefinitionName: net\nname: true\n", "true"),
        ("networkAttachmentDefinitionName: net\nNAME: -7\n", "-7"),
        (#"{"networkAttachmentDefinitionName":"net","name":"a","NAME":null}"#, "a"),
        (#"{"networkAttachmentDefinitionName":"net","NAME":"a","name":"b"}"#, "b"),
        ("\r\n\t {\"networkAttachmentDefinitionName\":\"net\",\"name\":\"\\u0061\"}", "a"),
    ])
    func `reads the name`(_ body: String, _ name: String) throws {
        let change = try InterfaceChange.decode(Array(body.utf8), for: .add, fieldValidation: .ignore).change
        #expect(change == .add(AddInterfaceOptions(networkAttachmentDefinitionName: "net", name: name)))
    }

    private static let untidy = #"{"name":"a","persist":true,"name":"b","x":{"y":1,"y":2}}"#

    @Test func `warns of each unknown and duplicate field`() throws {
        let warnings = try InterfaceChange.decode(
            Array(Self.untidy.utf8), for: .remove, fieldValidation: .warn
        ).warnings
        #expect(
            warnings == [
                #"unknown field "persist""#, #"unknown field "x""#, #"duplicate field "name""#,
                #"duplicate field "x.y""#,
            ])
    }

    @Test func `ignores them when asked to`() throws {
        let decoded = try InterfaceChange.decode(Array(Self.untidy.utf8), for: .remove, fieldValidation: .ignore)
        #expect(decoded.change == .remove(RemoveInterfaceOptions(name: "b")))
        #expect(decoded.warnings == [])
    }

    @Test func `refuses them when strict, before it misses a field`() {
        let error = #expect(throws: Status.self) {
            try InterfaceChange.decode(Array(Self.untidy.utf8), for: .add, fieldValidation: .strict)
        }
        #expect(
            error?.message
                == "cannot unmarshal Request body to struct, error: strict decoding error: unknown field \"persist\", "
                + "unknown field \"x\", duplicate field \"name\", duplicate field \"x.y\"")
    }

    @Test func `takes a field in two cases for a duplicate`() throws {
        let body = #"{"name":"a","Name":"b"}"#
        let warnings = try InterfaceChange.decode(Array(body.utf8), for: .remove, fieldValidation: .warn).warnings
        #expect(warnings == [#"duplicate field "Name""#])
    }

    @Test(arguments: [HotplugLimits.reportedFields, HotplugLimits.reportedFields + 1])
    func `reports a limited number of fields`(_ count: Int) throws {
        let unknown = (0..<count).map { "\"f\($0)\":0" }.joined(separator: ",")
        let body = "{\"name\":\"a\",\(unknown)}"
        let warnings = try InterfaceChange.decode(Array(body.utf8), for: .remove, fieldValidation: .warn).warnings
        #expect(warnings.count == HotplugLimits.reportedFields)
        #expect(warnings.last?.hasPrefix("and 2 more") == (count > HotplugLimits.reportedFields))
    }

    @Test(arguments: [
        ("a\"b\\c", #""a\"b\\c""#), ("a\nb\tc\rd", #""a\nb\tc\rd""#), ("\u{7f}\u{200B}é", #""\u{7f}\u{200b}é""#),
        (String(repeating: "x", count: 128), "\"" + String(repeating: "x", count: 128) + "\""),
        (String(repeating: "x", count: 129), "\"" + String(repeating: "x", count: 128) + "…\""),
    ])
    func `repeats a client's text safely`(_ text: String, _ expected: String) throws {
        let body = JSONValue.object(["name": "n", text: 1])
        let warnings = try InterfaceChange.decode(body.serialized(), for: .remove, fieldValidation: .warn).warnings
        #expect(warnings == ["unknown field \(expected)"])
    }
}

@Suite struct InterfaceChangeSyntaxTests {
    private let subject = HotplugSubject(.virtualMachineInstance, namespace: "default", name: "x")

    private func change(_ name: String, _ networkName: String) -> InterfaceChange {
        .add(AddInterfaceOptions(networkAttachmentDefinitionName: networkName, name: name))
    }

    @Test(arguments: ["n", "a.b-c.d", "ns/n", "0/0.0", String(repeating: "n", count: 253)])
    func `takes a NAD`(_ networkName: String) throws {
        try change("A-z_09", networkName).checkSyntax(for: subject)
    }

    @Test(arguments: [
        "/", "ns/", "/n", "a/b/c", "N", "n.", "-n", "a..b", "a_b", "n\n", "a.b/n", String(repeating: "n", count: 254),
        String(repeating: "n", count: 64) + "/n",
    ])
    func `refuses a NAD`(_ networkName: String) {
        let error = #expect(throws: Status.self) { try change("ok", networkName).checkSyntax(for: subject) }
        #expect(error?.code == 422)
        #expect(error?.details?.causes.map(\.field) == ["networkAttachmentDefinitionName"])
    }

    @Test(arguments: ["a.b", "a b", "a\n", "é", "a/b", "ﬁ"])
    func `refuses a name`(_ name: String) {
        let error = #expect(throws: Status.self) { try change(name, "n").checkSyntax(for: subject) }
        #expect(error?.details?.causes.map(\.field) == ["name"])
    }

    @Test func `names every wrong field`() {
        let error = #expect(throws: Status.self) { try change("a.b", "N").checkSyntax(for: subject) }
        #expect(error?.details?.causes.map(\.field) == ["name", "networkAttachmentDefinitionName"])
        #expect(error?.message.hasPrefix(#"VirtualMachineInstance.kubevirt.io "x" is invalid: [name: "#) == true)
    }
}
