package import KubeModel

/// A document that does not change while the process runs, with its validator (RFC 9110 §8.8.3).
package struct StaticDocument: Sendable {
    package let value: JSONValue
    /// Compact, with a line feed at the end.
    package let bytes: [UInt8]
    /// Quoted.
    package let entityTag: String

    package init(_ value: JSONValue) {
        self.value = value
        bytes = value.serialized() + [UInt8(ascii: "\n")]
        // FNV-1a, 64 bits: tells documents of one server apart; nothing depends on its strength.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for octet in bytes {
            hash = (hash ^ UInt64(octet)) &* 0x100_0000_01b3
        }
        entityTag = "\"\(String(hash, radix: 16, uppercase: true))\""
    }
}
