/// The ID of one request: in the log line, and in the `Audit-Id` of the answer.
enum AuditID {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Takes the aggregator's ID when it is one (apiserver `pkg/util/proxy/proxy.go`), else makes a UUID (RFC 9562 §5.4).
    static func next(proposed: String?) -> String {
        if let proposed, (1...64).contains(proposed.utf8.count), proposed.utf8.allSatisfy(isPlain) { return proposed }
        var generator = SystemRandomNumberGenerator()
        let high = generator.next() & ~0xf000 | 0x4000
        let low = generator.next() & ~(0b11 << 62) | 0b10 << 62
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for position in 0..<32 {
            if [8, 12, 16, 20].contains(position) { text.append(UInt8(ascii: "-")) }
            let half = position < 16 ? high : low
            text.append(digits[Int(half >> UInt64(60 - position % 16 * 4) & 0xf)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
