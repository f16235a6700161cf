/// `?labelSelector=` (apimachinery `pkg/labels/selector.go`): requirements that all must hold.
package struct LabelSelector: Sendable {
    package struct Requirement: Sendable, Equatable {
        package enum Operator: Sendable, Equatable {
            case exists
            case isAbsent
            /// The label is there with one of these values.
            case isIn([String])
            /// The label is absent, or has none of these values.
            case isNotIn([String])
            case isGreater(Int)
            case isLess(Int)
        }

        package let key: String
        package let `operator`: Operator
    }

    /// Requirements of one selector.
    package static let requirementsMax = 128
    /// Characters of a selector that its refusal repeats.
    static let quotedCharactersMax = 256

    package let requirements: [Requirement]

    package var isEverything: Bool { requirements.isEmpty }

    /// Throws BadRequest for what is no selector; `nil` and empty text select everything.
    package init(_ text: String?) throws(Status) {
        var parser = LabelSelectorParser(text ?? "")
        requirements = try parser.requirements()
    }

    /// `labels` is `metadata.labels` of an object, or what there is instead.
    package func matches(_ labels: JSONValue?) -> Bool {
        requirements.allSatisfy { requirement in
            let value = labels?[requirement.key]?.string
            return switch requirement.operator {
            case .exists: value != nil
            case .isAbsent: value == nil
            case .isIn(let values): value.map(values.contains) ?? false
            case .isNotIn(let values): value.map { !values.contains($0) } ?? true
            case .isGreater(let bound): value.flatMap { Int($0) }.map { $0 > bound } ?? false
            case .isLess(let bound): value.flatMap { Int($0) }.map { $0 < bound } ?? false
            }
        }
    }
}

/// Reads `a=b,c in (d, e),!f` from left to right.
private struct LabelSelectorParser {
    private enum Token: Equatable {
        case word(String)
        case symbol(String)
        case end

        var text: String {
            switch self {
            case .word(let text), .symbol(let text): text
            case .end: ""
            }
        }
    }

    private let text: String
    private var rest: Substring.UTF8View
    private var token = Token.end

    init(_ text: String) {
        self.text = text
        rest = text[...].utf8
        advance()
    }

    mutating func requirements() throws(Status) -> [LabelSelector.Requirement] {
        guard token != .end else { return [] }
        var requirements = [try requirement()]
        while take(",") {
            guard requirements.count < LabelSelector.requirementsMax else {
                throw refusal("more than \(LabelSelector.requirementsMax) requirements")
            }
            requirements.append(try requirement())
        }
        guard token == .end else { throw unexpected("',' or 'end of string'") }
        return requirements
    }

    private mutating func requirement() throws(Status) -> LabelSelector.Requirement {
        let isNegated = take("!")
        let key = try word("identifier")
        guard QualifiedName.errors(key).isEmpty else { throw refusal("\"\(key)\" is no label key") }
        guard !isNegated else { return .init(key: key, operator: .isAbsent) }
        switch token {
        case .end, .symbol(","): return .init(key: key, operator: .exists)
        default: return .init(key: key, operator: try comparison())
        }
    }

    private mutating func comparison() throws(Status) -> LabelSelector.Requirement.Operator {
        let name = token.text
        guard ["=", "==", "!=", ">", "<", "in", "notin"].contains(name) else {
            throw unexpected("in, notin, =, ==, !=, gt, lt")
        }
        advance()
        switch name {
        case "in": return .isIn(try values())
        case "notin": return .isNotIn(try values())
        case ">", "<":
            let value = try word("identifier")
            guard let bound = Int(value) else { throw refusal("\"\(value)\" is no integer") }
            return name == ">" ? .isGreater(bound) : .isLess(bound)
        default:
            let value = try value()
            return name == "!=" ? .isNotIn([value]) : .isIn([value])
        }
    }

    /// `(a, b)`; an empty value stands between two commas.
    private mutating func values() throws(Status) -> [String] {
        guard take("(") else { throw unexpected("'('") }
        var values = [try value()]
        while take(",") { values.append(try value()) }
        guard take(")") else { throw unexpected("',' or ')'") }
        return values
    }

    private mutating func value() throws(Status) -> String {
        guard case .word(let text) = token else { return "" }
        guard QualifiedName.labelValueErrors(text).isEmpty else { throw refusal("\"\(text)\" is no label value") }
        advance()
        return text
    }

    private mutating func word(_ expected: String) throws(Status) -> String {
        guard case .word(let text) = token else { throw unexpected(expected) }
        advance()
        return text
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard token == .symbol(symbol) else { return false }
        advance()
        return true
    }

    private mutating func advance() {
        while let octet = rest.first, Self.isSpace(octet) { rest.removeFirst() }
        guard let first = rest.first else {
            token = .end
            return
        }
        if Self.isSymbol(first) {
            rest.removeFirst()
            let isDouble = (first == UInt8(ascii: "=") || first == UInt8(ascii: "!")) && rest.first == UInt8(ascii: "=")
            if isDouble { rest.removeFirst() }
            token = .symbol(String(UnicodeScalar(first)) + (isDouble ? "=" : ""))
        } else {
            let word = rest.prefix { !Self.isSpace($0) && !Self.isSymbol($0) }
            rest = rest[word.endIndex...]
            token = .word(String(Substring(word)))
        }
    }

    private static func isSpace(_ octet: UInt8) -> Bool { [0x20, 0x09, 0x0d, 0x0a].contains(octet) }
    private static func isSymbol(_ octet: UInt8) -> Bool { "=!(),><".utf8.contains(octet) }

    private func unexpected(_ expected: String) -> Status { refusal("found '\(token.text)', expected: \(expected)") }

    private func refusal(_ why: String) -> Status {
        let quoted = text.prefix(LabelSelector.quotedCharactersMax)
        return .badRequest("unable to parse requirement: labelSelector \"\(quoted)\": \(why)")
    }
}
