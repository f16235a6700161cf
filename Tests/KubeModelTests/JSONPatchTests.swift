import KubeModel
import Testing

@Suite struct JSONPatchTests {
    private func apply(_ patch: String, to value: String) throws -> String {
        try JSONPatch(json: parsed(patch)).applied(to: parsed(value)).text
    }

    /// RFC 6902 appendix A.
    @Test(arguments: [
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"foo":"bar","baz":"qux"}"#),
        (#"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, #"{"foo":["bar","qux","baz"]}"#),
        (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
        (#"{"foo":["bar","qux","baz"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["bar","baz"]}"#),
        (
            #"{"baz":"qux","foo":"bar"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            #"{"baz":"boo","foo":"bar"}"#
        ),
        (
            #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#
        ),
        (
            #"{"foo":["all","grass","cows","eat"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            #"{"foo":["all","cows","eat","grass"]}"#
        ),
        (
            #"{"baz":"qux","foo":["a",2,"c"]}"#,
            #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            #"{"baz":"qux","foo":["a",2,"c"]}"#
        ),
        (
            #"{"foo":"bar"}"#, #"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            #"{"foo":"bar","child":{"grandchild":{}}}"#
        ),
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#, #"{"foo":"bar","baz":"qux"}"#),
        (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":10}]"#, #"{"/":9,"~1":10}"#),
        (
            #"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            #"{"foo":["bar",["abc","def"]]}"#
        ),
    ]) func `does as RFC 6902 shows`(value: String, patch: String, expected: String) throws {
        #expect(try apply(patch, to: value) == expected)
    }

    @Test(arguments: [
        (#"{"a":1}"#, #"[{"op":"add","path":"/a","value":2}]"#, #"{"a":2}"#),
        (#"[1]"#, #"[{"op":"add","path":"/1","value":2}]"#, "[1,2]"),
        (#"{"a":{"b":[1]}}"#, #"[{"op":"copy","from":"/a/b","path":"/a/c"}]"#, #"{"a":{"b":[1],"c":[1]}}"#),
        (
            #"{"a":[[1]]}"#, #"[{"op":"copy","from":"/a/0","path":"/a/-"},{"op":"add","path":"/a/0/0","value":0}]"#,
            #"{"a":[[0,1],[1]]}"#
        ),
        (#"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/a"}]"#, #"{"a":1}"#),
        (#"{"a":1}"#, #"[{"op":"replace","path":"","value":[]}]"#, "[]"),
        (#"{"a":1}"#, #"[{"op":"copy","from":"","path":"/b"}]"#, #"{"a":1,"b":{"a":1}}"#),
        (#"{"":{"":1}}"#, #"[{"op":"replace","path":"//","value":2}]"#, #"{"":{"":2}}"#),
        (#"{"a":1.0}"#, #"[{"op":"test","path":"/a","value":1}]"#, #"{"a":1.0}"#),
        (#"{"a":{"x":1,"y":2}}"#, #"[{"op":"test","path":"/a","value":{"y":2,"x":1}}]"#, #"{"a":{"x":1,"y":2}}"#),
        (#"{}"#, "[]", "{}"),
    ]) func `applies`(value: String, patch: String, expected: String) throws {
        #expect(try apply(patch, to: value) == expected)
    }

    /// What KubeVirt's guard relies on: evanphx/json-patch takes an absent member for null.
    @Test(arguments: [
        (#"{"status":{}}"#, true), (#"{"status":{"requests":null}}"#, true), (#"{"status":{"requests":[]}}"#, false),
        // The parent must be there.
        (#"{}"#, false), (#"{"status":null}"#, false), (#"{"status":[]}"#, false),
    ]) func `tests for null where the member is absent`(value: String, passes: Bool) throws {
        for guardian in [
            #"[{"op":"test","path":"/status/requests","value":null}]"#, #"[{"op":"test","path":"/status/requests"}]"#,
        ] {
            if passes {
                #expect(try apply(guardian, to: value) == value)
            } else {
                #expect(throws: JSONPatchError.self) { try apply(guardian, to: value) }
            }
        }
    }

    @Test(arguments: [
        (#"{"baz":"qux"}"#, #"[{"op":"test","path":"/baz","value":"bar"}]"#, "testing value /baz failed"),
        (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":"10"}]"#, "testing value /~01 failed"),
        (#"{}"#, #"[{"op":"test","path":"/a","value":1}]"#, "testing value /a failed"),
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, #"the value has no path "/baz/bat""#),
        (#"{"a":1}"#, #"[{"op":"add","path":"/a/b","value":1}]"#, #"the value has no path "/a/b""#),
        (#"{}"#, #"[{"op":"remove","path":"/a"}]"#, #"the value has no path "/a""#),
        (#"{}"#, #"[{"op":"replace","path":"/a","value":1}]"#, #"the value has no path "/a""#),
        (#"{}"#, #"[{"op":"copy","from":"/a","path":"/b"}]"#, #"the value has no path "/a""#),
        (#"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/b/c"}]"#, #"the value has no path "/b/c""#),
        (
            #"{"a":{"b":1}}"#, #"[{"op":"move","from":"/a","path":"/a/b"}]"#,
            #"path "/a/b" lies inside what is moved to it"#
        ),
        (#"[1]"#, #"[{"op":"add","path":"/2","value":2}]"#, #"path "/2" does not end with an index of the array"#),
        (#"[1]"#, #"[{"op":"replace","path":"/1","value":2}]"#, #"path "/1" does not end with an index of the array"#),
        (#"[1]"#, #"[{"op":"remove","path":"/-"}]"#, #"path "/-" does not end with an index of the array"#),
        (#"[1]"#, #"[{"op":"test","path":"/1","value":null}]"#, #"path "/1" does not end with an index of the array"#),
        (#"[1,2]"#, #"[{"op":"remove","path":"/-1"}]"#, #"path "/-1" does not end with an index of the array"#),
        (#"[1,2]"#, #"[{"op":"remove","path":"/01"}]"#, #"path "/01" does not end with an index of the array"#),
        (#"[1,2]"#, #"[{"op":"remove","path":"/+1"}]"#, #"path "/+1" does not end with an index of the array"#),
        (#"[1,2]"#, #"[{"op":"remove","path":"/"}]"#, #"path "/" does not end with an index of the array"#),
        (
            #"[1]"#, #"[{"op":"remove","path":"/18446744073709551616"}]"#,
            #"path "/18446744073709551616" does not end with an index of the array"#
        ),
        (
            #"[[1]]"#, #"[{"op":"add","path":"/-/0","value":2}]"#,
            #"path "/-/0" does not end with an index of the array"#
        ),
    ]) func `does not apply`(value: String, patch: String, message: String) throws {
        let patch = try JSONPatch(json: parsed(patch))
        do {
            let result = try patch.applied(to: parsed(value))
            Issue.record("applied: \(result.text)")
        } catch let error as JSONPatchError {
            #expect(error.description == message)
        }
    }

    @Test(arguments: [
        (#"{}"#, "a JSON Patch is an array of operations"),
        ("[1]", #"operation 0 of the JSON Patch has no string "op""#),
        (#"[{"op":"remove","path":"/a"},{"path":"/a"}]"#, #"operation 1 of the JSON Patch has no string "op""#),
        (
            #"[{"op":"spam","path":"/a"}]"#,
            #"operation 0 of the JSON Patch: "op" is "spam" instead of add, remove, replace, move, copy or test"#
        ),
        (#"[{"op":"add","value":1}]"#, #"operation 0 of the JSON Patch has no string "path""#),
        (#"[{"op":"add","path":1,"value":1}]"#, #"operation 0 of the JSON Patch has no string "path""#),
        (#"[{"op":"add","path":"/a"}]"#, #"operation 0 of the JSON Patch has no "value""#),
        (#"[{"op":"replace","path":"/a"}]"#, #"operation 0 of the JSON Patch has no "value""#),
        (#"[{"op":"move","path":"/a"}]"#, #"operation 0 of the JSON Patch has no string "from""#),
        (#"[{"op":"add","path":"a","value":1}]"#, #"JSON pointer "a" does not begin with "/""#),
        (#"[{"op":"remove","path":"/~2"}]"#, #"JSON pointer "/~2" has a "~" that neither 0 nor 1 follows"#),
    ]) func `is no patch`(json: String, message: String) throws {
        let json = try parsed(json)
        #expect(throws: JSONPatchError.malformed(message)) { try JSONPatch(json: json) }
    }

    @Test func `writes itself as it reads itself`() throws {
        let text =
            #"[{"op":"test","path":"/a","value":null},{"op":"add","path":"/a/-","value":{}},"#
            + #"{"op":"remove","path":"/b"},"#
            + #"{"op":"replace","path":"","value":1.0},{"op":"move","from":"/c","path":"/d"},"#
            + #"{"op":"copy","from":"/e~1","path":"/f"}]"#
        #expect(try JSONPatch(json: parsed(text)).json.text == text)
    }

    @Test func `leaves the value alone when a later operation fails`() throws {
        let value = try parsed(#"{"a":[1]}"#)
        let patch = JSONPatch([
            .add(try JSONPointer("/a/-"), 2), .remove(try JSONPointer("/a/0")), .test(try JSONPointer("/a"), 0),
        ])
        #expect(throws: JSONPatchError.self) { try patch.applied(to: value) }
        #expect(value.text == #"{"a":[1]}"#)
    }
}
