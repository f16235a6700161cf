import KubeModel
import Testing

@Suite struct JSONEqualityTests {
    @Test(arguments: [
        ("1", "1.0"), ("1", "1e0"), ("1", "0.1e1"), ("1", "10E-1"), ("0", "-0"), ("0", "0.00e99999999999999999999"),
        ("-120", "-1.2e+2"), ("9223372036854775807", "9223372036854775807.0"), ("1e0005", "100000"),
        // The exponents differ by one at the edge of 10^30 and far beyond any machine integer.
        ("10e999999999999999999999999999999", "1e1000000000000000000000000000000"),
        ("10e-1000000000000000000000000000000", "1e-999999999999999999999999999999"),
        (
            "0.1e100000000000000000000000000000000000000000000000000000000",
            "1e99999999999999999999999999999999999999999999999999999999"
        ),
        (#"{"a":1,"b":[true,null]}"#, #"{"b":[true,null],"a":1.0}"#), ("[]", "[]"), (#""\u0041""#, #""A""#),
    ]) func `are equal`(left: String, right: String) throws {
        #expect(try parsed(left) == parsed(right))
        #expect(try parsed(right) == parsed(left))
    }

    @Test(arguments: [
        ("9223372036854775807", "9223372036854775806"), ("9007199254740993", "9007199254740992"), ("1", "-1"),
        ("1", "10"), ("1e5", "1e-5"), ("1e99999999999999999999", "1e99999999999999999998"), ("0", "1e-9999"),
        ("0.1", "0.10000000000000000000001"), ("1", "true"), ("0", "null"), ("0", "false"), (#""1""#, "1"),
        ("[1,2]", "[2,1]"), ("[1]", "[1,1]"), (#"{"a":1}"#, #"{"a":1,"b":1}"#), (#"{"a":1}"#, #"{"b":1}"#),
        (#"{"a":null}"#, "{}"), (#"{"a":1,"b":2}"#, #"{"b":1,"a":2}"#), ("\"\u{E9}\"", "\"e\u{301}\""),
        ("\"\u{212A}\"", "\"K\""),
    ]) func `are not equal`(left: String, right: String) throws {
        #expect(try parsed(left) != parsed(right))
        #expect(try parsed(right) != parsed(left))
    }

    @Test func `hashes equal numbers alike`() {
        #expect(Set([JSONNumber(validated: "1"), JSONNumber(validated: "1.0"), JSONNumber(2)]).count == 2)
    }

    @Test func `compares many members in any order without scanning for each`() throws {
        let members = (0..<50_000).map { "\"n\($0)\":\($0)" }
        let left = try parsed("{\(members.joined(separator: ","))}")
        let right = try parsed("{\(members.reversed().joined(separator: ","))}")
        #expect(left == right)
    }
}
