import KubeModel
import Testing

/// What this project has never heard of comes back as it was.
@Suite struct FidelityTests {
    private static let spec = #"""
        {"zeta":1.0,"alpha":{"int":9007199254740993,"huge":123456789012345678901234567890,"exp":1e400,"small":1E-7,
        "neg":-0.0,"text":"\u00e9\ud83d\ude00 \"q\" \\ \/ \n","empty":{},"none":null,"nested":[[],[{}],[[1.50]]]},
        "networks":[{"pod":{"unheardOf":2.0},"name":"defaultnetwork"}],
        "domain":{"devices":{"zz":[1,2.0,3e0],"interfaces":[{"name":"defaultnetwork","masquerade":{"x":1.0},"future":{
        "b":1,"a":2}}],"aa":true},"cpu":{"shares":18446744073709551615}},"volumes":null,"":"empty name"}
        """#.replacing("\n", with: "")

    private func object(_ kind: String, _ spec: String) -> String {
        #"{"kind":"\#(kind)","unheardOf":{"b":1.0,"a":[]},"spec":\#(spec),"apiVersion":"kubevirt.io/v1","#
            + #""metadata":{"name":"odd","labels":{"b":"2","a":"1"}}}"#
    }

    /// The bytes of a member of the object as it was sent.
    private func member(_ name: String, _ reply: Reply) throws -> String {
        guard let value = reply.json?[name] else { throw Failure("no \(name) in \(reply.text)") }
        let text = String(decoding: value.serialized(), as: UTF8.self)
        // The model's own writer must not be what makes them alike.
        guard reply.text.contains(text) else { throw Failure("the answer does not contain \(text): \(reply.text)") }
        return text
    }

    /// Equal bytes but for escapes, which JSON lets a writer choose.
    private func canonical(_ text: String) throws -> String {
        String(decoding: try JSONValue(parsing: Array(text.utf8)).serialized(), as: UTF8.self)
    }

    @Test(arguments: [
        ("VirtualMachineInstance", "virtualmachineinstances"), ("VirtualMachine", "virtualmachines"),
    ]) func `keeps numbers, order and unknown members through a change`(kind: String, resource: String) throws {
        let server = try ServerProcess(["--no-embedded-kubevirt"])
        let client = try server.connect()
        let isMachine = kind == "VirtualMachine"
        let spec = isMachine ? #"{"template":{"zz":1.0,"spec":\#(Self.spec)},"runStrategy":"Halted"}"# : Self.spec
        let created = try client.request("POST", Subresource.objectPath(resource, nil), object(kind, spec))
        #expect(created.status == 201, "\(created.text)")
        let before = try client.request("GET", Subresource.objectPath(resource, "odd"), nil as String?)
        #expect(try member("spec", before) == canonical(spec))
        for literal in ["9007199254740993", "123456789012345678901234567890", "1e400", "1E-7", "-0.0", "1.50", "2.0"] {
            #expect(before.text.contains(literal), "\(literal)")
        }

        let path = Subresource.path(of: resource, "odd")
        let reply = try client.request("PUT", path, Subresource.body())
        #expect(reply.status == 202, "\(reply.text)")
        let after = try client.request("GET", Subresource.objectPath(resource, "odd"), nil as String?)
        let expected = try member("spec", before)
            .replacing(
                #""name":"defaultnetwork"}],"domain""#,
                with:
                    #""name":"defaultnetwork"},{"name":"dyniface1","multus":{"networkName":"new-fancy-net"}}],"domain""#
            )
            .replacing(
                #""future":{"b":1,"a":2}}],"aa""#,
                with: #""future":{"b":1,"a":2}},{"name":"dyniface1","bridge":{}}],"aa""#)
        #expect(try member("spec", after) == expected)
        for name in ["unheardOf", "kind", "apiVersion"] {
            #expect(try member(name, after) == member(name, before))
        }
        let order = { (reply: Reply) in reply.json?.object?.members.map(\.name) }
        #expect(order(after) == order(before))
        #expect(after.json?[path: "metadata", "labels"]?.serialized() == Array(#"{"b":"2","a":"1"}"#.utf8))
    }
}
