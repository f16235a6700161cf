/// Why a text is not JSON, and where.
///
/// The two ends of input read as Go's `io.EOF` and `io.ErrUnexpectedEOF`, which clients of virt-api know.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// Nothing but whitespace.
        case empty
        /// The text ends inside a value.
        case truncated
        case unexpected(UInt8, expected: Expectation)
        case controlCharacter(UInt8)
        case invalidEscape(UInt8)
        case invalidUTF8
        /// Deeper than this many arrays and objects.
        case tooDeep(Int)
        /// More than this many values.
        case tooManyNodes(Int)
        /// A number of more than this many octets.
        case numberTooLong(Int)
    }

    /// What would have been right instead.
    package enum Expectation: Sendable, Equatable {
        case value, name, colon, commaOrBrace, commaOrBracket, digit, hexadecimalDigit, end
        case literal(String)

        var text: String {
            switch self {
            case .value: "a value"
            case .name: "a string as the name of a member"
            case .colon: "':' after the name of a member"
            case .commaOrBrace: "',' or '}' after a member"
            case .commaOrBracket: "',' or ']' after an element"
            case .digit: "a digit"
            case .hexadecimalDigit: "four hexadecimal digits after \\u"
            case .end: "nothing after the value"
            case .literal(let word): "the literal \(word)"
            }
        }
    }

    /// Octets before the place of the error.
    package let offset: Int
    package let reason: Reason

    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String {
        switch reason {
        case .empty: "EOF"
        case .truncated: "unexpected EOF"
        case .unexpected(let octet, let expected):
            "invalid character \(quoted(octet)) at offset \(offset), expected \(expected.text)"
        case .controlCharacter(let octet):
            "invalid character \(quoted(octet)) in a string at offset \(offset), it must be escaped"
        case .invalidEscape(let octet): "invalid escape \(quoted(octet)) in a string at offset \(offset)"
        case .invalidUTF8: "invalid UTF-8 in a string at offset \(offset)"
        case .tooDeep(let limit): "exceeded the maximum depth of \(limit) at offset \(offset)"
        case .tooManyNodes(let limit): "exceeded the maximum of \(limit) values at offset \(offset)"
        case .numberTooLong(let limit): "number of more than \(limit) characters at offset \(offset)"
        }
    }

    private func quoted(_ octet: UInt8) -> String {
        switch octet {
        case 0x21..<0x7F: "'\(Character(Unicode.Scalar(octet)))'"
        case 0x20: "' '"
        default: "0x\(octet < 16 ? "0" : "")\(String(octet, radix: 16))"
        }
    }
}
