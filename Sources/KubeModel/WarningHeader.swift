/// The `Warning` header field (RFC 7234 §5.5) that kubectl shows to its user.
package enum WarningHeader {
    /// The code of warnings that stay: the only one that Kubernetes writes and its clients show.
    private static let code = "299"

    /// `299 - "text"`, as apimachinery `pkg/util/net/http.go` `NewWarningHeader`: `\` and `"` escaped, control
    /// characters dropped.
    package static func value(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars where !isControl(scalar) {
            if scalar == "\\" || scalar == "\"" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return "\(code) - \"\(quoted)\""
    }

    /// Unicode's general category Cc.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }

    /// The texts of a field's warnings, up to where it is malformed; empty ones and those of other codes are left out
    /// (apimachinery `ParseWarningHeaders`, client-go `rest/warnings.go`).
    package static func texts(in field: String) -> [String] {
        var rest = field.unicodeScalars[...]
        var texts: [String] = []
        while true {
            rest.skip(" ")
            let words = (rest.takeWord(), rest.takeWord())
            guard let code = words.0, words.1 != nil, let text = rest.takeQuoted() else { return texts }
            if code == Self.code, !text.isEmpty { texts.append(text) }
            rest.skip(" ")
            if rest.first == "\"" {
                // The date.
                guard rest.takeQuoted() != nil else { return texts }
                rest.skip(" ")
            }
            guard rest.popFirst() == "," else { return texts }
        }
    }
}

extension Substring.UnicodeScalarView {
    fileprivate mutating func skip(_ scalar: Unicode.Scalar) { self = drop { $0 == scalar } }

    /// What stands before the next space, which goes too.
    fileprivate mutating func takeWord() -> String? {
        guard let end = firstIndex(of: " "), end > startIndex else { return nil }
        defer { self = self[index(after: end)...] }
        return String(self[..<end])
    }

    /// The content of a quoted-string (RFC 9110 §5.6.4).
    fileprivate mutating func takeQuoted() -> String? {
        guard popFirst() == "\"" else { return nil }
        var text = String.UnicodeScalarView()
        while let scalar = popFirst() {
            switch scalar {
            case "\"": return String(text)
            case "\\":
                guard let escaped = popFirst() else { return nil }
                text.append(escaped)
            default: text.append(scalar)
            }
        }
        return nil
    }
}
