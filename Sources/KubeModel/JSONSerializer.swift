extension JSONValue {
    /// The compact text (RFC 8259): members in their order, numbers as they stood, only `"`, `\` and control
    /// characters escaped.
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        serialized(into: &bytes)
        return bytes
    }

    /// Appends the compact text.
    package func serialized(into bytes: inout [UInt8]) {
        append(to: &bytes, layout: nil)
    }

    /// The text with one member or element a line and no line end after it, as kubectl's users read it.
    package func prettyPrinted(indent: Int = 2) -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes, layout: Layout(indent: indent, level: 0))
        return bytes
    }

    private struct Layout {
        /// Spaces a level.
        let indent: Int
        let level: Int

        var deeper: Layout { Layout(indent: indent, level: level + 1) }

        func breakLine(_ bytes: inout [UInt8]) {
            bytes.append(UInt8(ascii: "\n"))
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: max(0, indent * level)))
        }
    }

    private func append(to bytes: inout [UInt8], layout: Layout?) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): bytes.append(contentsOf: number.literal.utf8)
        case .string(let string): JSONValue.append(string, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                layout?.deeper.breakLine(&bytes)
                element.append(to: &bytes, layout: layout?.deeper)
            }
            if !elements.isEmpty { layout?.breakLine(&bytes) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                layout?.deeper.breakLine(&bytes)
                JSONValue.append(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                if layout != nil { bytes.append(UInt8(ascii: " ")) }
                member.value.append(to: &bytes, layout: layout?.deeper)
            }
            if !object.isEmpty { layout?.breakLine(&bytes) }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        let octets = string.utf8Span.span
        if octets.indices.contains(where: { needsEscape(octets[$0]) }) {
            for index in octets.indices { append(octets[index], to: &bytes) }
        } else {
            bytes.append(contentsOf: string.utf8)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ octet: UInt8) -> Bool {
        octet < 0x20 || octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\")
    }

    private static func append(_ octet: UInt8, to bytes: inout [UInt8]) {
        guard needsEscape(octet) else { return bytes.append(octet) }
        bytes.append(UInt8(ascii: "\\"))
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(octet)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default: bytes.append(contentsOf: "u00\(octet < 16 ? "0" : "")\(String(octet, radix: 16))".utf8)
        }
    }
}
