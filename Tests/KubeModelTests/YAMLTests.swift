import KubeModel
import Testing

@Suite struct YAMLTests {
    @Test(arguments: [
        (
            "name: dyniface1\nnetworkAttachmentDefinitionName: ns/net",
            #"{"name":"dyniface1","networkAttachmentDefinitionName":"ns/net"}"#
        ),
        ("---\na: 1\n---\na: 2\n", #"{"a":1}"#),
        ("---\n---\na: 1\n", "null"), ("", "null"), ("\n# comment\n", "null"), ("---\n", "null"), ("~", "null"),
        ("\u{FEFF}a: 1", #"{"a":1}"#),
        (#"{a: [1.0, "x", ~, {}], "b": "\u00e9"}"#, #"{"a":[1.0,"x",null,{}],"b":"é"}"#),
        (#" {"a":1,"b":{"\ud83d\ude00":[]}}"#, #"{"a":1,"b":{"😀":[]}}"#),
        (#"{"a": [1.0, "x", null, {}], "b": "\u00e9"}"#, #"{"a":[1.0,"x",null,{}],"b":"é"}"#),
        ("- a\n- - b\n  - c\n- d: e\n  f:\n- ''\n", #"["a",["b","c"],{"d":"e","f":null},""]"#),
        (
            "a: |\n  x\n   y\nb: >-\n  p\n  q\nc: 'it''s'\nd: \"t\\tx\"\n",
            #"{"a":"x\n y\n","b":"p q","c":"it's","d":"t\tx"}"#
        ),
        ("z: 1\na: 2\n1: 3\nyes: 4\n\"~\": 5\n", #"{"z":1,"a":2,"1":3,"yes":4,"~":5}"#),
        (
            "a: b # no: comment\nurl: http://x/?a&b*c\nglob: '*'\ncron: \"*/5 * * * *\"",
            #"{"a":"b","url":"http://x/?a&b*c","glob":"*","cron":"*/5 * * * *"}"#
        ),
        ("%YAML 1.1\n---\na: 1\n...\ngarbage: [", #"{"a":1}"#),
    ]) func `reads the first document`(text: String, expected: String) throws {
        #expect(try JSONValue(yaml: Array(text.utf8)).text == expected)
    }

    @Test(arguments: [
        ("1", "1"), ("-7", "-7"), ("1.0", "1.0"), ("1e5", "1e5"), ("1E+05", "1E+05"), ("0", "0"), ("-0", "-0"),
        ("9223372036854775807", "9223372036854775807"), ("18446744073709551615", "18446744073709551615"),
        ("99999999999999999999999", "99999999999999999999999"),
        ("+1", "1"), (".5", "0.5"), ("-.5e-3", "-0.5e-3"), ("1.", "1"), ("1.e5", "1e5"), ("1_000", "1000"),
        ("0x1F", "31"), ("-0x10", "-16"), ("0o17", "15"), ("017", "15"), ("0b101", "5"), ("08", "8"),
        ("007.50", "7.50"),
        ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
        ("true", "true"), ("True", "true"), ("yes", "true"), ("on", "true"), ("y", "true"), ("no", "false"),
        ("OFF", "false"), ("N", "false"), ("null", "null"), ("Null", "null"), ("~", "null"),
        ("tRue", #""tRue""#), ("yep", #""yep""#), ("1.2.3", #""1.2.3""#), ("1e", #""1e""#), ("0x", #""0x""#),
        ("0xg", #""0xg""#), ("+", #""+""#), (".", #"".""#), ("--1", #""--1""#), ("0x+5", #""0x+5""#),
        ("2001-01-01", #""2001-01-01""#), ("12:30:45", #""12:30:45""#), ("1 2", #""1 2""#), ("'1'", #""1""#),
        ("\"true\"", #""true""#), ("0b12", #""0b12""#), ("_1", #""_1""#), ("١", #""١""#), ("1e5.5", #""1e5.5""#),
    ]) func `gives a plain scalar the type that sigs.k8s.io/yaml gives it`(scalar: String, expected: String) throws {
        #expect(try JSONValue(yaml: Array("a: \(scalar)".utf8)).text == "{\"a\":\(expected)}")
    }

    @Test(arguments: [
        ("a: 1\nb: 2\na: 3\n", #"{"a":3,"b":2}"#, ["a"]),
        ("a: 1\n'a': 2\n\"a\": 3\n", #"{"a":3}"#, ["a"]),
        (
            "spec:\n  n:\n  - {k: 1, k: 2, j: 0, j: 1}\n  x: 1\n  x: 2\n", #"{"spec":{"n":[{"k":2,"j":1}],"x":2}}"#,
            ["spec.n[0].k", "spec.n[0].j", "spec.x"]
        ),
        ("é: 1\r\né: 2\r\n", #"{"é":2}"#, ["é"]),
        ("{a: 1, a: 2}", #"{"a":2}"#, ["a"]),
        ("-1: a\n-1: b", #"{"-1":"b"}"#, ["-1"]),
        // Equivalent in Unicode only; and a text that has the first private-use character already.
        ("\u{E9}: 1\ne\u{301}: 2", "{\"\u{E9}\":1,\"e\u{301}\":2}", []),
        ("\u{E000}0\u{E000}a: 1\nb: 1\nb: 2", "{\"\u{E000}0\u{E000}a\":1,\"b\":2}", ["b"]),
    ]) func `keeps the last of duplicate keys and reports their paths`(
        text: String, expected: String, paths: [String]
    ) throws {
        let result = try JSONValue.parseYAML(Array(text.utf8))
        #expect(Array(result.value.text.utf8) == Array(expected.utf8))
        #expect(result.duplicates == paths)
    }

    @Test(arguments: [
        ("a: &x 1\nb: *x\n", "yaml: line 2: anchors and aliases are not supported"),
        ("a: &x 1\n", "yaml: line 1: anchors are not supported"),
        ("&k a: 1\n", "yaml: line 1: anchors are not supported"),
        ("a: &x [1]\n", "yaml: line 1: anchors are not supported"),
        ("a: &x {}\n", "yaml: line 1: anchors are not supported"),
        ("\n\n? &a [x, x]\n: &b [*a, *a]\n? [*b,*b]\n: 1", "yaml: line 4: anchors and aliases are not supported"),
        ("a: *x\n", "yaml: line 1: found undefined alias"),
        ("a: !!str 1\n", "yaml: line 1: tags are not supported"),
        ("a: !custom {}\n", "yaml: line 1: tags are not supported"),
        ("a:\n- !!seq []\n", "yaml: line 2: tags are not supported"),
        ("!!int 1: a\n", "yaml: line 1: tags are not supported"),
        ("<<: {a: 1}\n", "yaml: line 1: merge keys are not supported"),
        ("? [a]\n: b\n", "yaml: line 1: a key must be a string"),
        ("? {a: 1}\n: b\n", "yaml: line 1: a key must be a string"),
        ("?\n: b\n", "yaml: line 1: a key is empty"),
        ("? - a\n: 1\n? - a\n: 2", "yaml: line 1: a duplicate key is neither plain nor quoted"),
        ("? |\n  a\n: 1\n? |\n  a\n: 2", "yaml: line 1: a duplicate key is neither plain nor quoted"),
        ("a: .inf\n", "yaml: line 1: .inf is no number in JSON; quote it to make it a string"),
        ("a: b: c\n", "yaml: line 1: mapping values are not allowed in this context"),
        ("a: [1\nb", "yaml: line 3: did not find expected ',' or ']'"),
        ("a:\n\t- 1", "yaml: line 2: found character that cannot start any token"),
        ("a: \u{1}", "yaml: control characters are not allowed"),
        (
            "a: 1111111111111111111111111111111111111111111111111111111111111111111",
            "yaml: line 1: number of more than 64 characters"
        ),
    ]) func `refuses`(text: String, message: String) {
        do {
            let value = try JSONValue(yaml: Array(text.utf8))
            Issue.record("read as \(value.text)")
        } catch {
            #expect(error.description == message)
        }
    }

    @Test func `names the octet that is no UTF-8`() {
        #expect(throws: YAMLError(line: nil, "invalid UTF-8 at offset 3")) {
            try JSONValue(yaml: [0x61, 0x3A, 0x20, 0xFF])
        }
    }

    @Test(arguments: [
        ("[", "]"), ("{a: ", "}"), ("- ", ""),
    ]) func `stops at the depth limit`(open: String, close: String) throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: open, count: depth) + String(repeating: close, count: depth)).utf8)
        }
        _ = try JSONValue(yaml: nested(100))
        #expect(throws: YAMLError.self) { try JSONValue(yaml: nested(102)) }
        #expect(throws: YAMLError.self) { try JSONValue(yaml: nested(990)) }
        #expect(throws: YAMLError.self) { try JSONValue(yaml: nested(50_000)) }
    }

    @Test func `stops at the limit of a number's length`() throws {
        let digits = String(repeating: "7", count: 64)
        #expect(try JSONValue(yaml: Array("a: \(digits)".utf8)).text == "{\"a\":\(digits)}")
        let error = #expect(throws: YAMLError.self) { try JSONValue(yaml: Array("a: \(digits)7".utf8)) }
        #expect(error?.description.contains("number of more than 64 characters") == true)
    }

    @Test func `stops at the limit of values`() throws {
        let limits = YAMLLimits(nodes: 4)
        #expect(try JSONValue(yaml: Array("[1,2,3]".utf8), limits: limits).array?.count == 3)
        #expect(throws: YAMLError(line: nil, "exceeded the maximum of 4 values")) {
            try JSONValue(yaml: Array("[1,2,3,4]".utf8), limits: limits)
        }
        #expect(throws: YAMLError(line: nil, "more than 4 of the characters - ? : , [ {")) {
            try JSONValue(yaml: Array("[1,2,3,4,5]".utf8), limits: limits)
        }
    }

    @Test func `bounds the keys written with a question mark by the length of the text`() throws {
        let limits = YAMLLimits(hashedNodes: 30)
        #expect(try JSONValue(yaml: Array("? a\n: 1\n? b\n: 2".utf8), limits: limits).object?.count == 2)
        #expect(throws: YAMLError(line: nil, "too many keys written with ? in a text of this length")) {
            try JSONValue(yaml: Array("{?{?{?[a,b,c,d,e,f]}}}".utf8), limits: limits)
        }
        #expect(
            try JSONValue(yaml: Array("- why?\n- a?b\n- x/?a,b,c,d,e,f,g,h,i,j".utf8), limits: limits).array?.count == 3
        )
    }

    @Test func `gives up on too many duplicates for the length of the text`() {
        let text = Array((0..<10).map { _ in "a: 1\n" }.joined().utf8)
        let limits = YAMLLimits(rereadOctets: 200)
        #expect(throws: YAMLError(line: 4, "too many duplicate keys in a text of this length")) {
            try JSONValue(yaml: text, limits: limits)
        }
    }
}
