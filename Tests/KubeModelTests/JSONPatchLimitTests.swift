import KubeModel
import Testing

@Suite struct JSONPatchLimitTests {
    @Test func `has at most 10 000 operations`() throws {
        let operation: JSONValue = ["op": "test", "path": "/a", "value": .null]
        let most = try JSONPatch(json: .array(Array(repeating: operation, count: 10_000)))
        #expect(try most.applied(to: [:]) == [:])
        #expect(throws: JSONPatchError.limitExceeded("a JSON Patch has at most 10000 operations, not 10001")) {
            try JSONPatch(json: .array(Array(repeating: operation, count: 10_001)))
        }
    }

    @Test func `copies at most 3 MiB`() throws {
        // With its quotes the one is 1 MiB, and the other an octet more.
        let value: JSONValue = [
            "s": .string(String(repeating: "x", count: (1 << 20) - 2)),
            "l": .string(String(repeating: "x", count: (1 << 20) - 1)),
        ]
        func copy(_ name: String) -> JSONPatch.Operation {
            .copy(from: JSONPointer(tokens: [name]), to: JSONPointer(tokens: ["t"]))
        }
        #expect(try JSONPatch([copy("s"), copy("s"), copy("s")]).applied(to: value)["t"] == value["s"])
        #expect(throws: JSONPatchError.limitExceeded("the JSON Patch copies more than 3145728 bytes")) {
            try JSONPatch([copy("s"), copy("s"), copy("l")]).applied(to: value)
        }
    }

    /// Copies inside copies, or additions at ever longer paths, would end in a value that nothing may walk.
    @Test func `makes no value deeper than the parser takes`() throws {
        let inner = JSONPointer(tokens: ["a", "a"])
        let doubling = JSONPatch.Operation.copy(from: JSONPointer(tokens: ["a"]), to: inner)
        let nine = try JSONPatch(Array(repeating: doubling, count: 8)).applied(to: ["a": ["b": 1]])
        #expect(try JSONValue(parsing: nine.serialized()) == nine)
        #expect(throws: JSONPatchError.limitExceeded("the JSON Patch makes a value deeper than 512")) {
            try JSONPatch(Array(repeating: doubling, count: 600)).applied(to: ["a": ["b": 1]])
        }
        let deepest = JSONPointer(tokens: Array(repeating: "a", count: 512))
        let growing = (1...512).map {
            JSONPatch.Operation.add(JSONPointer(tokens: Array(repeating: "a", count: $0)), $0 == 512 ? 1 : [:])
        }
        #expect(try JSONPatch(growing + [.test(deepest, 1)]).applied(to: [:]) != [:])
        #expect(throws: JSONPatchError.self) { try JSONPatch(growing + [.replace(deepest, [:])]).applied(to: [:]) }
    }

    @Test func `stops when it takes too many steps`() throws {
        let value = JSONValue.array(Array(repeating: 0, count: 99_999))
        // A step for the new value, and one for each element from its place on.
        let replacement = JSONPatch.Operation.replace(JSONPointer(tokens: ["0"]), 1)
        let most = Array(repeating: replacement, count: 500)
        #expect(try JSONPatch(most).applied(to: value).array?.first == 1)
        #expect(throws: JSONPatchError.limitExceeded("the JSON Patch takes more than 50000000 steps")) {
            try JSONPatch(most + [.remove(JSONPointer(tokens: ["99998"]))]).applied(to: value)
        }
    }
}
