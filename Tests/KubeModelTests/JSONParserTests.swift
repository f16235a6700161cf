import Testing

@testable import KubeModel

@Suite struct JSONParserTests {
    @Test(arguments: [
        #"{"a":1.0,"b":[1e5,9223372036854775807,18446744073709551615,-0],"z":null,"a2":{"é":"\u0001","x":"\"\\"}}"#,
        "[]", "{}", #""""#, "0", "true", "false", "null", "[[],{}]",
    ]) func `keeps order, unknown members and number literals`(text: String) throws {
        #expect(String(decoding: try JSONValue(parsing: Array(text.utf8)).serialized(), as: UTF8.self) == text)
    }
}
