extension JSONNumber: Hashable {
    /// By value and exactly: `1`, `1.0` and `1e0` are one number, neighbouring 64-bit integers are two.
    package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.literal == right.literal || Decimal(left.literal) == Decimal(right.literal)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(Decimal(literal)) }
}

/// `digits · 10^exponent` with neither leading nor trailing zeros, so that each value has one form.
///
/// Zero has no digits.
private struct Decimal: Hashable {
    var isNegative = false
    var digits: [UInt8] = []
    var exponent = Exponent()

    init(_ literal: String) {
        let parts = literal.utf8.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        guard let mantissa = parts.first else { return }
        var fraction: Int?
        for octet in mantissa {
            switch octet {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): fraction = 0
            default:
                fraction = fraction.map { $0 + 1 }
                if octet != UInt8(ascii: "0") || !digits.isEmpty { digits.append(octet) }
            }
        }
        let trailingZeros = digits.reversed().prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeLast(trailingZeros)
        if digits.isEmpty {
            isNegative = false
            return
        }
        exponent = Exponent(parts.count > 1 ? parts[1] : "".utf8[...], plus: trailingZeros - (fraction ?? 0))
    }
}

/// `high · 10^30 + low` with `0 <= low < 10^30`: a literal of 64 characters may hold an exponent of 62 digits.
private struct Exponent: Hashable {
    var high: Int128 = 0
    var low: Int128 = 0

    private static let base: Int128 = 1_000_000_000_000_000_000_000_000_000_000

    init() {}

    init(_ text: Substring.UTF8View, plus shift: Int) {
        for octet in text where octet.isDigit {
            let next = low * 10 + Int128(octet - UInt8(ascii: "0"))
            low = next % Self.base
            // Wraps for literals beyond JSONNumber's 64 characters only.
            high = high &* 10 &+ next / Self.base
        }
        if text.first == UInt8(ascii: "-") {
            high = 0 &- high
            low = -low
        }
        low += Int128(shift)
        let carry = low >= 0 ? low / Self.base : (low + 1) / Self.base - 1
        low -= carry * Self.base
        high = high &+ carry
    }
}
