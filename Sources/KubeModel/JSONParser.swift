/// What a JSON text may cost.
package struct JSONLimits: Sendable {
    /// Arrays and objects inside each other.
    package var depth: Int
    /// Values in all, the outermost included.
    package var nodes: Int
    /// Octets of one number literal.
    package var numberLength: Int

    package init(depth: Int = 512, nodes: Int = 1_000_000, numberLength: Int = 64) {
        self.depth = depth
        self.nodes = nodes
        self.numberLength = numberLength
    }

    /// For a request body, whose octets the server has limited.
    package static let request = JSONLimits()
}

extension JSONValue {
    /// Parses a JSON text (RFC 8259); of members with one name the last wins.
    package init(parsing bytes: [UInt8], limits: JSONLimits = .request) throws(JSONError) {
        self = try JSONValue.parse(bytes, limits: limits).value
    }

    /// Parses a JSON text and tells which names an object had twice.
    ///
    /// `duplicates` holds field paths such as `spec.networks[0].name`, each once, in their order, at most
    /// `DuplicateFields.limit`. Of members with one name the last value wins, at the place of the first.
    /// `allowTrailing` stops after the first value instead of refusing what follows.
    package static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .request, allowTrailing: Bool = false
    ) throws(JSONError) -> (value: JSONValue, duplicates: [String]) {
        var parser = JSONParser(limits: limits)
        let value = try parser.text(bytes.span, allowTrailing: allowTrailing)
        return (value, parser.duplicates.distinctPaths)
    }
}

/// A recursive-descent parser over octets; `JSONLimits.depth` bounds its recursion.
struct JSONParser {
    let limits: JSONLimits
    var offset = 0
    var duplicates = DuplicateFields()
    private var nodes = 0

    init(limits: JSONLimits) {
        self.limits = limits
    }

    mutating func text(_ text: Span<UInt8>, allowTrailing: Bool) throws(JSONError) -> JSONValue {
        skipWhitespace(text)
        guard offset < text.count else { throw JSONError(offset: offset, reason: .empty) }
        let value = try value(text, depth: 0)
        if !allowTrailing {
            skipWhitespace(text)
            guard offset == text.count else { throw unexpected(text, .end) }
        }
        return value
    }

    private mutating func value(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        nodes += 1
        guard nodes <= limits.nodes else { throw JSONError(offset: offset, reason: .tooManyNodes(limits.nodes)) }
        guard offset < text.count else { throw unexpected(text, .value) }
        switch text[offset] {
        case UInt8(ascii: "\""): return .string(try string(text))
        case UInt8(ascii: "{"): return .object(try object(text, depth: try descend(depth)))
        case UInt8(ascii: "["): return .array(try array(text, depth: try descend(depth)))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number(text))
        case UInt8(ascii: "t"):
            try literal("true", text)
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false", text)
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null", text)
            return .null
        default: throw unexpected(text, .value)
        }
    }

    private func descend(_ depth: Int) throws(JSONError) -> Int {
        guard depth < limits.depth else { throw JSONError(offset: offset, reason: .tooDeep(limits.depth)) }
        return depth + 1
    }

    private mutating func literal(_ word: String, _ text: Span<UInt8>) throws(JSONError) {
        for octet in word.utf8 {
            guard offset < text.count, text[offset] == octet else { throw unexpected(text, .literal(word)) }
            offset += 1
        }
    }

    private mutating func array(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
        offset += 1
        skipWhitespace(text)
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]"), text) { return elements }
        while true {
            let known = duplicates.paths.count
            elements.append(try value(text, depth: depth))
            if duplicates.paths.count > known { duplicates.place(from: known, under: elements.count - 1) }
            skipWhitespace(text)
            if take(UInt8(ascii: "]"), text) { return elements }
            guard take(UInt8(ascii: ","), text) else { throw unexpected(text, .commaOrBracket) }
            skipWhitespace(text)
        }
    }

    private mutating func object(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> JSONObject {
        offset += 1
        skipWhitespace(text)
        var indexed = IndexedMembers()
        let start = duplicates.paths.count
        if take(UInt8(ascii: "}"), text) { return indexed.object }
        while true {
            guard offset < text.count, text[offset] == UInt8(ascii: "\"") else { throw unexpected(text, .name) }
            let name = try string(text)
            skipWhitespace(text)
            guard take(UInt8(ascii: ":"), text) else { throw unexpected(text, .colon) }
            skipWhitespace(text)
            let known = duplicates.paths.count
            let value = try value(text, depth: depth)
            if duplicates.paths.count > known { duplicates.place(from: known, under: name) }
            if !indexed.add(name, value) { duplicates.add(name, from: start) }
            skipWhitespace(text)
            if take(UInt8(ascii: "}"), text) { return indexed.object }
            guard take(UInt8(ascii: ","), text) else { throw unexpected(text, .commaOrBrace) }
            skipWhitespace(text)
        }
    }

    private mutating func skipWhitespace(_ text: Span<UInt8>) {
        while offset < text.count {
            switch text[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private mutating func take(_ octet: UInt8, _ text: Span<UInt8>) -> Bool {
        guard offset < text.count, text[offset] == octet else { return false }
        offset += 1
        return true
    }

    /// The error for what stands at `offset`, the end of the text included.
    func unexpected(_ text: Span<UInt8>, _ expected: JSONError.Expectation) -> JSONError {
        guard offset < text.count else { return JSONError(offset: offset, reason: .truncated) }
        return JSONError(offset: offset, reason: .unexpected(text[offset], expected: expected))
    }
}
