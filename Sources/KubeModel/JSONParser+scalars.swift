extension JSONParser {
    /// RFC 8259 §6.
    mutating func number(_ text: Span<UInt8>) throws(JSONError) -> JSONNumber {
        let start = offset
        if text[offset] == UInt8(ascii: "-") { offset += 1 }
        if offset < text.count, text[offset] == UInt8(ascii: "0") {
            offset += 1
        } else {
            try digits(text)
        }
        if offset < text.count, text[offset] == UInt8(ascii: ".") {
            offset += 1
            try digits(text)
        }
        if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < text.count, text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            try digits(text)
        }
        guard offset - start <= limits.numberLength else {
            throw JSONError(offset: start, reason: .numberTooLong(limits.numberLength))
        }
        return JSONNumber(validated: try decode(text, start..<offset))
    }

    /// One digit or more.
    private mutating func digits(_ text: Span<UInt8>) throws(JSONError) {
        guard offset < text.count, text[offset].isDigit else { throw unexpected(text, .digit) }
        while offset < text.count, text[offset].isDigit { offset += 1 }
    }

    /// RFC 8259 §7, from the quotation mark at `offset` to past the closing one.
    mutating func string(_ text: Span<UInt8>) throws(JSONError) -> String {
        let start = offset + 1
        offset = start
        var isEscaped = false
        while offset < text.count {
            switch text[offset] {
            case UInt8(ascii: "\""):
                let end = offset
                offset += 1
                if !isEscaped { return try decode(text, start..<end) }
                _ = try decode(text, start..<end)
                return try unescaped(text, start..<end)
            case UInt8(ascii: "\\"):
                isEscaped = true
                offset += 2
            case 0..<0x20: throw JSONError(offset: offset, reason: .controlCharacter(text[offset]))
            default: offset += 1
            }
        }
        throw JSONError(offset: text.count, reason: .truncated)
    }

    private func decode(_ text: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: text.extracting(range)))
        } catch {
            throw JSONError(offset: range.lowerBound + error.byteOffsets.lowerBound, reason: .invalidUTF8)
        }
    }

    /// Resolves the escapes of a string whose octets are known to be valid UTF-8.
    private func unescaped(_ text: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let octet = text[index]
            guard octet == UInt8(ascii: "\\") else {
                result.append(octet)
                index += 1
                continue
            }
            // The scan has stepped over every escaped octet, so one follows within the string.
            let escaped = text[index + 1]
            index += 2
            switch escaped {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escaped)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var unit = try hexadecimal(text, index..<range.upperBound)
                index += 4
                // A low surrogate follows a high one, or the half stands alone and becomes U+FFFD as in Go.
                if (0xD800..<0xDC00).contains(unit), index + 6 <= range.upperBound,
                    text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u")
                {
                    let low = try hexadecimal(text, (index + 2)..<range.upperBound)
                    if (0xDC00..<0xE000).contains(low) {
                        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                        index += 6
                    }
                }
                result.append(contentsOf: String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
            default: throw JSONError(offset: index - 1, reason: .invalidEscape(escaped))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The first four octets of the range as hexadecimal digits.
    private func hexadecimal(_ text: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for index in range.lowerBound..<(range.lowerBound + 4) {
            guard index < range.upperBound, let digit = text[index].hexadecimalDigit else {
                // Past the range stands the closing quotation mark.
                throw JSONError(offset: index, reason: .unexpected(text[index], expected: .hexadecimalDigit))
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
