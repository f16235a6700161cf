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
        // Tells documents of one server apart; nothing depends on its strength.
        var hash = FNV1a()
        hash.add(bytes)
        entityTag = "\"\(String(hash.value, radix: 16, uppercase: true))\""
    }
}
