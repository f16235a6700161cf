/// Fields that many responses have alike, in the form in which they are sent: written once, not for each response.
package final class PreparedFields: Sendable {
    /// How many octets of `block` a field takes.
    package struct Length: Sendable {
        package let name: Int
        package let value: Int
    }

    /// CRLF, name, colon, space and value of each: HTTP/1.1 (RFC 9112 §5).
    let lines: [UInt8]
    /// Name in lower case and value of each, nothing in between: HTTP/2 (RFC 9113 §8.2).
    package let block: [UInt8]
    package let lengths: [Length]

    /// Names in the case in which HTTP/1.1 sends them; control characters in values become spaces.
    package init(_ fields: [(name: String, value: String)]) {
        var lines: [UInt8] = []
        var block: [UInt8] = []
        for (name, value) in fields {
            HTTP1Serializer.append(name, value, to: &lines)
            block.append(contentsOf: name.lowercased().utf8)
            block.append(contentsOf: lines.suffix(value.utf8.count))
        }
        self.lines = lines
        self.block = block
        lengths = fields.map { Length(name: $0.name.utf8.count, value: $0.value.utf8.count) }
    }
}
