/// What a plain scalar means: `resolve` of go-yaml v2, which sigs.k8s.io/yaml uses.
enum YAMLScalar: Equatable {
    case value(JSONValue)
    case number(JSONNumber)
    /// An infinity or no number at all, which JSON cannot hold.
    case notFinite

    init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .value(.null)
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": self = .value(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": self = .value(false)
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
            self = .notFinite
        default: self = Self.number(text).map(YAMLScalar.number) ?? .value(.string(text))
        }
    }

    private static func number(_ text: String) -> JSONNumber? {
        guard let first = text.utf8.first, first.isDigit || "+-.".utf8.contains(first) else { return nil }
        // Digits may be grouped by `_`.
        var digits = text.utf8.filter { $0 != UInt8(ascii: "_") || first == UInt8(ascii: ".") }[...]
        let isNegative = first == UInt8(ascii: "-")
        if isNegative || first == UInt8(ascii: "+") { digits.removeFirst() }
        guard let magnitude = prefixedInteger(digits) ?? decimal(digits) else { return nil }
        return JSONNumber(validated: (isNegative ? "-" : "") + magnitude)
    }

    /// `0x1f`, `0o17`, `0b11` and, as in YAML 1.1, `017`: up to 128 bits.
    private static func prefixedInteger(_ text: ArraySlice<UInt8>) -> String? {
        guard text.count > 1, text.first == UInt8(ascii: "0") else { return nil }
        let prefixed = text.dropFirst()
        let (radix, digits): (UInt8, ArraySlice<UInt8>) =
            switch prefixed[prefixed.startIndex] | 0x20 {
            case UInt8(ascii: "x"): (16, prefixed.dropFirst())
            case UInt8(ascii: "o"): (8, prefixed.dropFirst())
            case UInt8(ascii: "b"): (2, prefixed.dropFirst())
            default: (8, prefixed)
            }
        guard digits.allSatisfy({ $0.hexadecimalDigit.map { $0 < radix } ?? false }) else { return nil }
        return UInt128(String(decoding: digits, as: UTF8.self), radix: Int(radix)).map(String.init)
    }

    /// Digits with a fraction and an exponent, written as JSON has them: `.5` is `0.5`, `1.` is `1`, `08` is `8`.
    private static func decimal(_ text: ArraySlice<UInt8>) -> String? {
        let whole = text.prefix(while: \.isDigit)
        var rest = text[whole.endIndex...]
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: \.isDigit)
            rest = rest[fraction.endIndex...]
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let exponent = rest
        if !exponent.isEmpty {
            guard exponent[exponent.startIndex] | 0x20 == UInt8(ascii: "e") else { return nil }
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard !rest.isEmpty, rest.allSatisfy(\.isDigit) else { return nil }
        }
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        return String(decoding: significant.isEmpty ? [UInt8(ascii: "0")] : significant, as: UTF8.self)
            + (fraction.isEmpty ? "" : "." + String(decoding: fraction, as: UTF8.self))
            + String(decoding: exponent, as: UTF8.self)
    }
}
