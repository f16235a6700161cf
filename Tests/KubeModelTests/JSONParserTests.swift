import KubeModel
import Testing

@Suite struct JSONParserTests {
    @Test(arguments: [
        #"{"zebra":1.0,"a":[1e5,1E+5,9223372036854775807,18446744073709551615,-0,0.10],"unknown":{"x":null}}"#,
        #"{"é":"ü","𝄞":"😀","":"","b":true,"a":false}"#,
        #"["\"\\\b\f\n\r\t\u0000\u001f","/</>&\#u{2028}"]"#,
        "[]", "{}", #""""#, "0", "-1.5e-300", "1e99999999999999999999999999999999999999999999999999", "true", "false",
        "null", "[[],{},[[]]]",
    ]) func `gives a compact text back as it was`(text: String) throws {
        #expect(try parsed(text).text == text)
    }

    @Test(arguments: [
        (" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n", #"{"a":[1,2],"b":{}}"#),
        (#""\/\u0041\u00e9\uD834\uDD1E""#, #""/Aé𝄞""#),
        (#""\ud834x""#, "\"\u{FFFD}x\""),
        (#""\uDD1E""#, "\"\u{FFFD}\""),
        (#""\ud834\u0041""#, "\"\u{FFFD}A\""),
        (#""\ud834\ud834\udd1e""#, "\"\u{FFFD}𝄞\""),
        (#""\ud834""#, "\"\u{FFFD}\""),
        // Equivalent in Unicode, two names all the same.
        ("{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"\u{E9}\":1,\"e\u{301}\":2}"),
    ]) func `reads whitespace and escapes`(text: String, expected: String) throws {
        #expect(Array(try parsed(text).text.utf8) == Array(expected.utf8))
    }

    @Test(arguments: [
        ("", "EOF"),
        (" \n", "EOF"),
        (#"{"name":"#, "unexpected EOF"),
        (#"{"name":"x"#, "unexpected EOF"),
        (#"{"name":"x\"#, "unexpected EOF"),
        (#"{"name":"x""#, "unexpected EOF"),
        (#"{"name""#, "unexpected EOF"),
        ("{", "unexpected EOF"),
        ("[1,", "unexpected EOF"),
        ("[1", "unexpected EOF"),
        ("-", "unexpected EOF"),
        ("1.", "unexpected EOF"),
        ("1e", "unexpected EOF"),
        ("1e+", "unexpected EOF"),
        ("tru", "unexpected EOF"),
        ("01", "invalid character '1' at offset 1, expected nothing after the value"),
        ("-a", "invalid character 'a' at offset 1, expected a digit"),
        ("+1", "invalid character '+' at offset 0, expected a value"),
        (".5", "invalid character '.' at offset 0, expected a value"),
        ("1.e5", "invalid character 'e' at offset 2, expected a digit"),
        ("[1e5x]", "invalid character 'x' at offset 4, expected ',' or ']' after an element"),
        ("NaN", "invalid character 'N' at offset 0, expected a value"),
        ("nul1", "invalid character '1' at offset 3, expected the literal null"),
        ("[1,]", "invalid character ']' at offset 3, expected a value"),
        ("[,1]", "invalid character ',' at offset 1, expected a value"),
        ("[1 2]", "invalid character '2' at offset 3, expected ',' or ']' after an element"),
        (#"{"a":1,}"#, "invalid character '}' at offset 7, expected a string as the name of a member"),
        (#"{a:1}"#, "invalid character 'a' at offset 1, expected a string as the name of a member"),
        (#"{"a" 1}"#, "invalid character '1' at offset 5, expected ':' after the name of a member"),
        (#"{"a":1 "b"}"#, "invalid character '\"' at offset 7, expected ',' or '}' after a member"),
        ("'a'", "invalid character ''' at offset 0, expected a value"),
        (#""a\x""#, "invalid escape 'x' in a string at offset 3"),
        (#""\u12g4""#, "invalid character 'g' at offset 5, expected four hexadecimal digits after \\u"),
        (#""\u12""#, "invalid character '\"' at offset 5, expected four hexadecimal digits after \\u"),
        (#""\ud834\u12""#, "invalid character '\"' at offset 11, expected four hexadecimal digits after \\u"),
        ("\"a\nb\"", "invalid character 0x0a in a string at offset 2, it must be escaped"),
        ("{} {}", "invalid character '{' at offset 3, expected nothing after the value"),
        ("\u{FEFF}{}", "invalid character 0xef at offset 0, expected a value"),
        ("\u{0}", "invalid character 0x00 at offset 0, expected a value"),
    ]) func `says what is wrong and where`(text: String, message: String) {
        #expect(throws: JSONError.self) { try parsed(text) }
        do { _ = try parsed(text) } catch { #expect("\(error)" == message) }
    }

    @Test(
        arguments: [
            ([0x22, 0x61, 0xFF, 0x22], 2),  // no UTF-8 octet
            ([0x22, 0xC3, 0x22], 1),  // cut short
            ([0x22, 0xC0, 0xAF, 0x22], 1),  // overlong
            ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),  // a surrogate
            ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),  // past U+10FFFF
            ([0x22, 0x5C, 0x6E, 0xC3, 0xA9, 0xFE, 0x22], 5),  // after an escape
            ([0x7B, 0x22, 0x80, 0x22, 0x3A, 0x31, 0x7D], 2),  // in a name
        ] as [([UInt8], Int)]) func `names the octet that is no UTF-8`(octets: [UInt8], offset: Int)
    {
        #expect(throws: JSONError(offset: offset, reason: .invalidUTF8)) { try JSONValue(parsing: octets) }
    }

    @Test(arguments: [
        (#"{"a":1,"b":2}"#, #"{"a":1,"b":2}"#, []),
        (#"{"a":1,"b":2,"a":3,"a":4}"#, #"{"a":4,"b":2}"#, ["a"]),
        (
            #"{"spec":{"name":"x","n":[{"k":0},{"k":1,"k":2}],"name":"y"}}"#,
            #"{"spec":{"name":"y","n":[{"k":0},{"k":2}]}}"#, ["spec.n[1].k", "spec.name"]
        ),
        (#"[[{"a":1,"a":2}]]"#, #"[[{"a":2}]]"#, ["[0][0].a"]),
        (#"{"x":{"a":1,"a":2},"x":{"a":1,"a":2}}"#, #"{"x":{"a":2}}"#, ["x.a", "x"]),
    ]) func `keeps the last of duplicate names and reports their paths`(
        text: String, expected: String, paths: [String]
    ) throws {
        let result = try JSONValue.parse(Array(text.utf8))
        #expect(result.value.text == expected)
        #expect(result.duplicates == paths)
    }

    @Test func `finds duplicates among many names and reports at most a hundred`() throws {
        let names = (0..<100_000).map { "\"n\($0 % 99_800)\":\($0)" }
        let result = try JSONValue.parse(Array("{\(names.joined(separator: ","))}".utf8))
        #expect(result.value.object?.count == 99_800)
        #expect(result.value["n0"]?.int == 99_800)
        #expect(result.duplicates == (0..<100).map { "n\($0)" })
    }

    @Test(arguments: [(253, ".a"), (254, "….a")]) func `cuts a long name in a path`(length: Int, end: String) throws {
        let name = String(repeating: "x", count: length)
        let result = try JSONValue.parse(Array("{\"\(name)\":{\"a\":1,\"a\":2}}".utf8))
        #expect(result.duplicates == [String(repeating: "x", count: 253) + end])
    }

    @Test(arguments: [("[", "]"), (#"{"a":"#, "}")]) func `stops at the depth limit`(open: String, close: String) throws
    {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + (open == "[" ? "" : "0") + String(repeating: close, count: depth)
        }
        #expect(try parsed(nested(512)).text == nested(512))
        let offset = 512 * open.utf8.count
        #expect(throws: JSONError(offset: offset, reason: .tooDeep(512))) { try parsed(nested(513)) }
        #expect(throws: JSONError.self) { try parsed(String(repeating: open, count: 100_000)) }
    }

    @Test func `stops at the limit of values`() throws {
        let limits = JSONLimits(nodes: 4)
        let three = try JSONValue(parsing: Array("[1,2,3]".utf8), limits: limits)
        #expect(three.array?.count == 3)
        #expect(throws: JSONError(offset: 7, reason: .tooManyNodes(4))) {
            try JSONValue(parsing: Array("[1,2,3,4]".utf8), limits: limits)
        }
    }

    @Test func `stops at the limit of a number's length`() throws {
        let digits = String(repeating: "1", count: 64)
        #expect(try parsed(digits).text == digits)
        #expect(throws: JSONError(offset: 1, reason: .numberTooLong(64))) { try parsed("[\(digits)1]") }
    }

    @Test(arguments: [
        (#"{"a":1} {"b":2}"#, #"{"a":1}"#), (#"{"a":1}garbage"#, #"{"a":1}"#), ("1 2", "1"), ("null", "null"),
    ]) func `ignores what follows the first value when asked to`(text: String, expected: String) throws {
        #expect(try JSONValue.parse(Array(text.utf8), allowTrailing: true).value.text == expected)
    }
}
