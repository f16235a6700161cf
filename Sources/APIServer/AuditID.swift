import Synchronization

/// The ID of one request: in the log line, and in the `Audit-Id` of the answer.
enum AuditID {
    /// Takes the aggregator's ID when it is one (apiserver `pkg/util/proxy/proxy.go`), else makes a UUID (RFC 9562 §5.4).
    static func next(proposed: String?) -> String {
        if let proposed, (1...64).contains(proposed.utf8.count), proposed.utf8.allSatisfy(isPlain) { return proposed }
        let count = counter.wrappingAdd(2, ordering: .relaxed).newValue
        let high = mixed(seed.0 &+ count) & ~0xf000 | 0x4000
        let low = mixed(seed.1 &+ count) & ~(0b11 << 62) | 0b10 << 62
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for position in 0..<32 {
            switch position {
            case 8, 12, 16, 20: text.append(UInt8(ascii: "-"))
            default: break
            }
            let half = position < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - position % 16 * 4) & 0xf)
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return String(decoding: text, as: UTF8.self)
    }

    // One system call a process, not two a request: the IDs must differ, and need not be secret.
    private static let seed = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    private static let counter = Atomic<UInt64>(0)

    /// SplitMix64: a permutation, so that equal results have equal arguments.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value &* 0x9e37_79b9_7f4a_7c15
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
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
