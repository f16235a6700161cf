import KubeModel
import Testing

@Suite struct JSONSerializerTests {
    @Test func `escapes what RFC 8259 requires and nothing else`() {
        let value = JSONValue.string("\"\\/\u{0}\u{8}\u{9}\u{A}\u{C}\u{D}\u{1F}\u{7F}<é&😀\u{2028}>")
        #expect(value.text == #""\"\\/\u0000\b\t\n\f\r\u001f\#u{7F}<é&😀\#u{2028}>""#)
    }

    @Test func `appends to what is there`() {
        var bytes = Array("data: ".utf8)
        JSONValue.array([1, "a"]).serialized(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #"data: [1,"a"]"#)
    }

    @Test func `indents members and elements, and leaves empty ones closed`() throws {
        let pretty = try parsed(#"{"a":[1,{"b":null}],"c":{},"d":[]}"#).prettyPrinted()
        #expect(
            String(decoding: pretty, as: UTF8.self) == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": {},
                  "d": []
                }
                """)
    }
}
