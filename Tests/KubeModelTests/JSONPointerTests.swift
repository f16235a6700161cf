import KubeModel
import Testing

@Suite struct JSONPointerTests {
    /// RFC 6901 §5 and then some.
    @Test(arguments: [
        ("", []), ("/foo", ["foo"]), ("/foo/0", ["foo", "0"]), ("/", [""]), ("/a~1b", ["a/b"]), ("/c%d", ["c%d"]),
        ("/e^f", ["e^f"]), ("/g|h", ["g|h"]), ("/i\\j", ["i\\j"]), ("/k\"l", ["k\"l"]), ("/ ", [" "]),
        ("/m~0n", ["m~n"]), ("/~01", ["~1"]), ("//", ["", ""]), ("/é/-", ["é", "-"]),
    ]) func `reads and writes its tokens`(text: String, tokens: [String]) throws {
        let pointer = try JSONPointer(text)
        #expect(pointer.tokens == tokens)
        #expect(pointer.description == text)
        #expect(JSONPointer(tokens: tokens) == pointer)
    }

    @Test(arguments: ["foo", " /foo", "/a~", "/a~2", "/~~0", "#/a"]) func `refuses another syntax`(text: String) {
        #expect(throws: JSONPatchError.self) { try JSONPointer(text) }
    }
}
