import KubeModel
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        ("a", true, true), ("a-1", true, true), ("1", true, true), ("a.b", false, true), ("a-.b", false, false),
        ("", false, false), (".", false, false), ("a..b", false, false), (".a", false, false), ("a.", false, false),
        ("-a", false, false), ("a-", false, false), ("A", false, false), ("a_b", false, false), ("a/b", false, false),
        ("é", false, false), ("a\n", false, false), ("..", false, false),
        (String(repeating: "a", count: 63), true, true), (String(repeating: "a", count: 64), false, true),
        (String(repeating: "a", count: 253), false, true), (String(repeating: "a", count: 254), false, false),
    ]) func `knows labels and subdomains`(name: String, isLabel: Bool, isSubdomain: Bool) {
        #expect(DNS1123.isLabel(name) == isLabel)
        #expect(DNS1123.isSubdomain(name) == isSubdomain)
        #expect(DNS1123.labelErrors(name).isEmpty == isLabel)
        #expect(DNS1123.subdomainErrors(name).isEmpty == isSubdomain)
    }

    @Test func `says what is wrong with a name`() {
        #expect(DNS1123.labelErrors(String(repeating: "a", count: 64)) == ["must be no more than 63 characters"])
        #expect(DNS1123.subdomainErrors("A") == [DNS1123.subdomainMessage])
    }

    @Test(arguments: [
        ("plain", #"299 - "plain""#), (#"say "no" \ yes"#, #"299 - "say \"no\" \\ yes""#),
        ("a\r\nX-Evil: 1\u{7F}\u{85}", #"299 - "aX-Evil: 1""#), ("é😀", #"299 - "é😀""#), ("", #"299 - """#),
    ]) func `quotes a warning`(text: String, expected: String) {
        #expect(WarningHeader.value(text) == expected)
    }

    @Test(arguments: [
        (#"299 - "plain""#, ["plain"]), (#"299 - "say \"no\" \\ yes""#, [#"say "no" \ yes"#]),
        (#"  299 kube "a, b" "Sat, 28 Nov 2026 12:00:00 GMT" , 299 - "é😀""#, ["a, b", "é😀"]),
        (#"199 - "passes", 299 - "", 299 - "stays""#, ["stays"]), (#"299 - "a"; 299 - "b""#, ["a"]),
        (#"299 - "a" "no end of the date, 299 - "b""#, ["a"]), (#"299 - "no end\"#, []), (#"299 - "no end"#, []),
        (#"299 "no agent""#, []), ("299 - bare", []), ("299", []), ("299 ", []), (" ", []), ("", []), (",", []),
    ]) func `reads warnings`(field: String, texts: [String]) {
        #expect(WarningHeader.texts(in: field) == texts)
    }

    @Test(arguments: ["plain", #"say "no" \ yes"#, "é😀", "a, b"]) func `reads a warning that it quoted`(text: String) {
        #expect(WarningHeader.texts(in: WarningHeader.value(text)) == [text])
    }

    @Test func `reads the fieldValidation parameter`() {
        #expect(["Ignore", "Warn", "Strict"].compactMap(FieldValidation.init) == [.ignore, .warn, .strict])
        #expect(FieldValidation(rawValue: "strict") == nil)
    }
}
