import KubeModel
import Testing

@Suite struct YAMLEmitterTests {
    @Test func `writes as sigs.k8s.io/yaml does`() throws {
        let value: JSONValue = [
            "kind": "Namespace", "apiVersion": "v1",
            "metadata": [
                "labels": [:],
                "annotations": [
                    "on": "yes", "n": "1", "text": "a\nb\n", "at": "2026-11-28T11:29:52Z", "base": "1:20",
                    "mac": "02:4b:c3:b0:ef:f3",
                ], "finalizers": [],
            ],
            "spec": ["list": [["a": 1, "b": true], .null, "x: y"]],
        ]
        let text = """
            apiVersion: v1
            kind: Namespace
            metadata:
              annotations:
                at: "2026-11-28T11:29:52Z"
                base: "1:20"
                mac: 02:4b:c3:b0:ef:f3
                "n": "1"
                "on": "yes"
                text: |
                  a
                  b
              finalizers: []
              labels: {}
            spec:
              list:
              - a: 1
                b: true
              - null
              - 'x: y'

            """
        #expect(value.yaml().map { String(decoding: $0, as: UTF8.self) } == text)
    }

    /// Each as a value, as a member's name and in a list.
    @Test(arguments: [
        "", " ", "y", "No", "~", "null", "1", "1_000", "0x1f", "017", "1e3", ".inf", "-.5", "2001-01-01", "<<", "=",
        "a b",
        "a: b", "a #b", "#a", "- a", "? a", "&a", "*a", "!a", "%a", "@a", "`a", "[", "]", "{", "}", ",", "|", ">", "'",
        "\"",
        "\\", "a\nb", "a\n", "\na", " a\nb", "a \nb", "a\r\nb", "\t", "a\tb", "é", "日本", "😀", "\u{7f}", "\u{0}",
        "\u{2028}", "---", "...", "a\u{85}b", String(repeating: "long ", count: 100),
    ])
    func `what it writes is read as the same`(text: String) throws {
        let value: JSONValue = [
            text.isEmpty ? "empty" : text: .string(text), "list": [.string(text), [.string(text)]],
        ]
        #expect(try JSONValue.parseYAML(try #require(value.yaml())).value == value)
    }

    @Test func `numbers stay as they are`() throws {
        let value = try JSONValue(parsing: Array(#"{"a":[0,-1,1.50,1E+3,12345678901234567890]}"#.utf8))
        #expect(
            value.yaml().map { String(decoding: $0, as: UTF8.self) }
                == "a:\n- 0\n- -1\n- 1.50\n- 1E+3\n- 12345678901234567890\n")
    }
}
