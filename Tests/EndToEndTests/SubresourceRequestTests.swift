import Foundation
import KubeModel
import Testing

/// Requests that change nothing, whatever the order: on one server.
@Suite(.sharedServer) struct SubresourceRequestTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        var path = Subresource.path(query: "?dryRun=All")
        var body = Subresource.body()
        var type: String?
        var accept: String?
        let outcome: String
        var message: String?

        var testDescription: String { what }
    }

    private static let needsDefinition =
        "AddInterfaceOptions requires `networkAttachmentDefinitionName` to be set"

    static let rows = [
        Row(what: "an empty body", body: "", outcome: "400 BadRequest", message: needsDefinition),
        Row(what: "no fields", body: "{}", outcome: "400 BadRequest", message: needsDefinition),
        Row(what: "null", body: "null", outcome: "400 BadRequest", message: needsDefinition),
        Row(
            what: "no name", body: #"{"networkAttachmentDefinitionName":"n"}"#, outcome: "400 BadRequest",
            message: "AddInterfaceOptions requires `name` to be set"),
        Row(what: "garbage", body: "\u{1}\u{2}{{{", outcome: "400 BadRequest"),
        Row(
            what: "half a body", body: #"{"name":"#, outcome: "400 BadRequest",
            message: "cannot unmarshal Request body to struct, error: unexpected EOF"),
        Row(
            what: "a missing VMI", path: Subresource.path("addinterface", "nope"), outcome: "404 NotFound",
            message: #"virtualmachineinstance.kubevirt.io "nope" not found"#),
        Row(
            what: "a missing VM", path: Subresource.path(of: "virtualmachines", "nope"), outcome: "404 NotFound",
            message: #"virtualmachine.kubevirt.io "nope" not found"#),
        Row(
            what: "a missing namespace", path: Subresource.path(namespace: "nowhere"), outcome: "404 NotFound",
            message: #"virtualmachineinstance.kubevirt.io "vmi-fedora" not found"#),
        Row(
            what: "a name with dots (79)", path: Subresource.path("addinterface", "my.vm"), outcome: "404 NotFound",
            message: #"virtualmachineinstance.kubevirt.io "my.vm" not found"#),
        Row(what: "a name in capitals (79)", path: Subresource.path("addinterface", "VM1"), outcome: "404 NotFound"),
        Row(what: "a bad interface name", body: Subresource.body("bad.name"), outcome: "422 Invalid"),
        Row(what: "a bad definition", body: Subresource.body("a", "a/b/c"), outcome: "422 Invalid"),
        Row(
            what: "the v1alpha3 URL", path: Subresource.path(version: "v1alpha3", query: "?dryRun=All"), outcome: "202"),
        Row(what: "a trailing slash (80)", path: Subresource.path(query: "/?dryRun=All"), outcome: "202"),
        Row(
            what: "a segment too many (81)", path: Subresource.path(query: "/extra?dryRun=All"),
            outcome: "404 NotFound", message: "the server could not find the requested resource"),
        Row(what: "another version", path: Subresource.path(version: "v2"), outcome: "404 NotFound"),
        Row(
            what: "another subresource", path: Subresource.path("addvolume"), outcome: "404 NotFound",
            message: "the server could not find the requested resource: this server has no "
                + "virtualmachineinstances/addvolume in subresources.kubevirt.io/v1, only addinterface, "
                + "removeinterface, pause, unpause"),
        Row(
            what: "a VM's verb of a VMI", path: Subresource.path("migrate"), outcome: "404 NotFound",
            message: "the server could not find the requested resource: this server has no "
                + "virtualmachineinstances/migrate in subresources.kubevirt.io/v1, only addinterface, "
                + "removeinterface, pause, unpause"),
        Row(what: "another resource", path: Subresource.path(of: "pods"), outcome: "404 NotFound"),
        Row(what: "an encoded slash", path: Subresource.path("addinterface", "a%2Fb"), outcome: "404 NotFound"),
        Row(what: "an unknown path", path: "/no/such/path", outcome: "405 MethodNotAllowed"),
        Row(what: "YAML", body: "name: dyniface1\nnetworkAttachmentDefinitionName: new-fancy-net\n", outcome: "202"),
        Row(
            what: "YAML named so", body: "---\nname: dyniface1\nnetworkAttachmentDefinitionName: new-fancy-net\n",
            type: "application/yaml", outcome: "202"),
        Row(what: "two documents", body: Subresource.body() + "{", outcome: "202"),
        Row(
            what: "names in another case", body: #"{"NAME":"a","networkattachmentdefinitionname":"new-fancy-net"}"#,
            outcome: "202"),
        Row(what: "any content type (33)", type: "text/plain", outcome: "202"),
        Row(what: "a form's content type (33)", type: "application/x-www-form-urlencoded", outcome: "202"),
        Row(what: "protobuf", type: "application/vnd.kubernetes.protobuf", outcome: "415 UnsupportedMediaType"),
        Row(what: "Accept: application/json (34)", accept: "application/json", outcome: "202"),
        Row(what: "an Accept that nobody can serve (34)", accept: "image/png", outcome: "202"),
    ]

    @Test(arguments: rows) func `answers as the contract says`(row: Row) throws {
        let client = try SharedServer.current.connect()
        let before = try client.request("GET", Subresource.objectPath()).body
        var fields = "User-Agent: test"
        if let type = row.type { fields += "\r\nContent-Type: \(type)" }
        if let accept = row.accept { fields += "\r\nAccept: \(accept)" }
        try client.send(
            Array(
                "PUT \(row.path) HTTP/1.1\r\nHost: x\r\n\(fields)\r\nContent-Length: \(row.body.utf8.count)\r\n\r\n\(row.body)"
                    .utf8))
        let reply = try client.reply()
        #expect(reply.outcome == row.outcome, "\(reply.text)")
        if let message = row.message { #expect(reply.message == message) }
        if reply.status >= 400 {
            let status = try #require(reply.json)
            #expect(reply.field("content-type") == "application/json")
            #expect(status["status"] == "Failure")
            #expect(status["code"] == .number(JSONNumber(reply.status)))
        }
        #expect(try client.request("GET", Subresource.objectPath()).body == before)
    }

    @Test func `treats fields that are unknown or stand twice as fieldValidation says`() throws {
        let server = try SharedServer.current
        let client = try server.connect()
        let body = #"{"name":"a","name":"b","networkAttachmentDefinitionName":"new-fancy-net","persist":true}"#
        func put(_ validation: String) throws -> Reply {
            try client.request("PUT", Subresource.path(query: "?dryRun=All\(validation)"), body)
        }
        for validation in ["", "&fieldValidation=Warn"] {
            let reply = try put(validation)
            #expect(reply.status == 202)
            #expect(reply.fields("warning").count == 2, "\(reply.fields("warning"))")
            #expect(reply.fields("warning").contains { $0.contains(#"duplicate field \"name\""#) })
            #expect(reply.fields("warning").contains { $0.contains(#"unknown field \"persist\""#) })
        }
        #expect(try put("&fieldValidation=Ignore").fields("warning") == [])
        let strict = try put("&fieldValidation=Strict")
        #expect(strict.outcome == "400 BadRequest")
        #expect(strict.message.contains(#"unknown field "persist""#))
        let shown = try server.kubectl()(
            "replace", "--raw", Subresource.path(query: "?dryRun=All&fieldValidation=Warn"), "-f", "-", input: body)
        #expect(shown.status == 0)
        #expect(shown.errors.split(separator: "\n").filter { $0.hasPrefix("Warning: ") }.count == 2, "\(shown)")
    }

    @Test(arguments: ["--http1.1", "--http2"])
    func `curl reads a reset after an early answer as a framing error, and not the 413 before it`(
        version: String
    ) throws {
        let server = try SharedServer.current
        let files = try TemporaryDirectory()
        let file = try files.write(String(repeating: "a", count: 4 << 20), to: "body")
        for extra in [[], ["-H", "Transfer-Encoding: chunked"]] {
            let result = try server.curl(
                Subresource.path(),
                [version, "-X", "PUT", "--data-binary", "@\(file)", "-w", "\n%{http_code}"] + extra)
            #expect(result.output.hasSuffix("\n413"), "\(result)")
            #expect(result.output.contains("Request entity too large: limit is 3145728"), "\(result)")
            #expect(result.status == 0, "\(result)")
        }
        let shown = try server.kubectl()("replace", "--raw", Subresource.path(), "-f", file)
        #expect(shown.status == 1)
        #expect(shown.errors.contains("Request entity too large: limit is 3145728"), "\(shown)")
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"])
    func `allows PUT alone on a subresource (78, 88)`(method: String) throws {
        let reply = try SharedServer.current.connect().request(method, Subresource.path(), nil as [UInt8]?)
        #expect(reply.status == 405)
        #expect(reply.field("allow") == "PUT")
        if method != "HEAD" {
            #expect(reply.message == "the server does not allow this method on the requested resource")
        }
    }

    /// 405 on other paths came without Allow, which RFC 9110 §15.5.6 requires.
    @Test(arguments: [
        ("PUT", Subresource.objectPath("virtualmachines", nil), "DELETE, GET, HEAD, POST"),
        ("POST", Subresource.objectPath(), "DELETE, GET, HEAD, PATCH, PUT"),
        ("OPTIONS", Subresource.objectPath(), "DELETE, GET, HEAD, PATCH, PUT"),
        ("DELETE", Subresource.objectPath("virtualmachines", "vm-fedora/status"), "GET, HEAD, PATCH, PUT"),
        ("POST", "/version", "GET, HEAD"), ("PUT", "/apis/kubevirt.io/v1", "GET, HEAD"),
        ("DELETE", "/healthz", "GET, HEAD"),
    ]) func `says what is allowed where a method is not`(method: String, path: String, allowed: String) throws {
        let reply = try SharedServer.current.connect().request(method, path, nil as [UInt8]?)
        #expect(reply.outcome == "405 MethodNotAllowed")
        #expect(reply.field("allow") == allowed)
    }
}
