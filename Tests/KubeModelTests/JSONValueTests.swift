import KubeModel
import Testing

@Suite struct JSONValueTests {
    @Test func `changes members where they are and appends new ones`() {
        var value: JSONValue = ["a": 1, "b": ["c": "x"]]
        value["a"] = 2
        value["d"] = true
        value["b"]?["c"] = nil
        #expect(value.text == #"{"a":2,"b":{},"d":true}"#)
        value["a"] = nil
        #expect(value.text == #"{"b":{},"d":true}"#)
    }

    @Test func `becomes an object when a member is set`() {
        var value = JSONValue.string("x")
        value["a"] = 1
        #expect(value.text == #"{"a":1}"#)
    }

    @Test func `tells names apart by their octets`() {
        var value: JSONValue = [:]
        value["\u{E9}"] = 1
        value["e\u{301}"] = 2
        #expect(value.object?.count == 2)
        #expect(value["e\u{301}"]?.int == 2)
    }

    @Test func `follows member names`() throws {
        let value = try parsed(#"{"metadata":{"name":"vm","namespace":"ns","uid":"u","resourceVersion":"7"}}"#)
        #expect(value[path: "metadata", "name"]?.string == "vm")
        #expect(value[path: "metadata", "name", "deeper"] == nil)
        #expect(value.metadataName == "vm")
        #expect(value.metadataNamespace == "ns")
        #expect(value.metadataUID == "u")
        #expect(value.metadataResourceVersion == "7")
        #expect(!value.isBeingDeleted)
        #expect(try parsed(#"{"metadata":{"deletionTimestamp":"2024-01-01T00:00:00Z"}}"#).isBeingDeleted)
    }

    @Test(arguments: [
        ("12", 12), ("-9223372036854775808", Int.min), ("-0", 0), ("12.0", nil), ("1e2", nil),
        ("9223372036854775808", nil), ("true", nil),
    ]) func `is an integer if it is written as one and fits`(text: String, expected: Int?) throws {
        #expect(try parsed(text).int == expected)
    }
}
