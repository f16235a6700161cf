internal import KubeModel

/// Names that the server makes up, from a source of random numbers.
struct Identifiers: Sendable {
    /// Uniform over all 64 bits.
    let random: @Sendable () -> UInt64

    /// A version 4 UUID (RFC 9562 §5.4), in lower case.
    func uid() -> String {
        let high = random() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = random() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return [
            hex(high &>> 32, digits: 8), hex(high &>> 16 & 0xFFFF, digits: 4), hex(high & 0xFFFF, digits: 4),
            hex(low &>> 48, digits: 4), hex(low & 0xFFFF_FFFF_FFFF, digits: 12),
        ].joined(separator: "-")
    }

    /// A name for `generateName`.
    func name(prefix: String) -> String { GeneratedName.of(prefix: prefix, random()) }

    private func hex(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
