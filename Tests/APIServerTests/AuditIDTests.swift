import Testing

@testable import APIServer

@Suite struct AuditIDTests {
    @Test(arguments: [
        "a", "521e8f54-a6f9-4f59-b863-b651a1e17889", "A_b.C-9", String(repeating: "x", count: 64),
    ]) func `takes the aggregator's`(proposed: String) {
        #expect(AuditID.next(proposed: proposed) == proposed)
    }

    @Test(arguments: [nil, "", "a b", "é", "a\r\nX: y", "a,b", "\"", String(repeating: "x", count: 65)])
    func `makes one otherwise`(proposed: String?) throws {
        let first = AuditID.next(proposed: proposed)
        #expect(first != proposed)
        #expect(first != AuditID.next(proposed: proposed))
        // RFC 9562 §5.4: version 4, variant 10.
        let pattern = try Regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        #expect(try pattern.wholeMatch(in: first) != nil, "\(first)")
    }
}
