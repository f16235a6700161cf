import KubeModel
import Testing

@testable import APIServer

@Suite struct RequestBodyDecodingTests {
    @Test(arguments: [nil, "", "application/json"]) func `reads JSON objects`(type: String?) throws {
        let (value, warnings) = try RequestBodyDecoding.object(Fixture.request(#"{"a":[1.0]}"#, type: type))
        #expect(value.serialized() == Array(#"{"a":[1.0]}"#.utf8))
        #expect(warnings.isEmpty)
    }

    @Test func `reads YAML objects`() throws {
        let request = try Fixture.request("a:\n- 1.0\nb: \"1\"\n", type: "application/yaml")
        #expect(try RequestBodyDecoding.object(request).0 == ["a": [1], "b": "1"])
    }

    @Test(arguments: ["text/plain", "application/merge-patch+json", "x"])
    func `takes no other type for an object`(type: String) throws {
        let request = try Fixture.request("{}", type: type)
        #expect(throws: Status.unsupportedMediaType(accepted: ["application/json", "application/yaml"])) {
            _ = try RequestBodyDecoding.object(request)
        }
    }

    @Test(arguments: [("k8s\0", 415), ("{}", 400), ("", 400)])
    func `refuses protobuf that it cannot read`(body: String, code: Int) throws {
        let request = try Fixture.request(body, type: "application/vnd.kubernetes.protobuf")
        let status = #expect(throws: Status.self) { try RequestBodyDecoding.object(request) }
        #expect(status?.code == code)
    }

    @Test func `reads both patches`() throws {
        let json = try Fixture.request(
            #"[{"op":"remove","path":"/a"}]"#, type: "application/json-patch+json")
        guard case .json(let patch) = try RequestBodyDecoding.patch(json).0 else {
            Issue.record("no JSON Patch")
            return
        }
        #expect(try patch.applied(to: ["a": 1, "b": 2]) == ["b": 2])
        let merge = try Fixture.request(#"{"a":null}"#, type: "application/merge-patch+json")
        guard case .merge(["a": .null]) = try RequestBodyDecoding.patch(merge).0 else {
            Issue.record("no merge patch")
            return
        }
    }

    /// The types are custom resources': kubectl tells the user to try `--type=merge`.
    @Test(arguments: [
        nil, "application/json", "application/strategic-merge-patch+json",
    ])
    func `takes no other patch`(type: String?) throws {
        let request = try Fixture.request("{}", type: type)
        let status = Status.unsupportedMediaType(
            accepted: ["application/json-patch+json", "application/merge-patch+json"])
        #expect(throws: status) { _ = try RequestBodyDecoding.patch(request) }
    }

    @Test(arguments: [
        ("application/json", "", "the body of the request is not JSON: "),
        ("application/json", "{", "the body of the request is not JSON: "),
        ("application/json", "{} {}", "the body of the request is not JSON: "),
        ("application/yaml", "a: [", "the body of the request is not YAML that this server takes: "),
        ("application/yaml", "a: &x 1\nb: *x", "the body of the request is not YAML that this server takes: "),
        ("application/json-patch+json", "{}", "the body of the request is not a JSON Patch: "),
        ("application/json-patch+json", #"[{"op":"add"}]"#, "the body of the request is not a JSON Patch: "),
    ]) func `says why a body cannot be read`(type: String, body: String, prefix: String) throws {
        let request = try Fixture.request(body, type: type)
        #expect {
            if type.hasSuffix("patch+json") {
                _ = try RequestBodyDecoding.patch(request)
            } else {
                _ = try RequestBodyDecoding.object(request)
            }
        } throws: { error in
            let status = error as? Status
            return status?.code == 400 && status?.message.hasPrefix(prefix) == true
                && (status?.message.count ?? 0) > prefix.count
        }
    }

    @Test(arguments: ["application/json", "application/yaml"])
    func `treats fields that stand twice as fieldValidation says`(type: String) throws {
        let body = #"{"spec": {"a": 1, "a": 2}}"#
        func warnings(_ query: String?) throws -> [String] {
            let (value, warnings) = try RequestBodyDecoding.object(Fixture.request(body, type: type, query: query))
            #expect(value == ["spec": ["a": 2]])
            return warnings
        }
        let duplicate = #"duplicate field "spec.a""#
        #expect(try warnings(nil) == [duplicate])
        #expect(try warnings("fieldValidation=") == [duplicate])
        #expect(try warnings("fieldValidation=Warn") == [duplicate])
        #expect(try warnings("fieldValidation=Ignore") == [])
        #expect(throws: Status.badRequest("strict decoding error: \(duplicate)")) {
            try warnings("fieldValidation=Strict")
        }
        #expect(throws: Status.self) { try warnings("fieldValidation=strict") }
    }

    @Test(arguments: [
        ("fieldManager=me", "kubectl/v1", "me"), (nil, "kubectl.1.33/v1.33.1 (linux)", "kubectl.1.33"),
        ("fieldManager=", "curl", "curl"), (nil, "", ""),
        (nil, String(repeating: "x", count: 128), String(repeating: "x", count: 128)),
        (nil, String(repeating: "x", count: 129), String(repeating: "x", count: 128)),
    ]) func `names the field manager, or the client for it`(query: String?, userAgent: String, expected: String) throws
    {
        #expect(try Fixture.request(query: query, userAgent: userAgent).fieldManager == expected)
    }
}
