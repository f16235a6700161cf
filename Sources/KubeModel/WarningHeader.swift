/// The `Warning` header field (RFC 7234 §5.5) that kubectl shows to its user.
package enum WarningHeader {
    /// `299 - "text"`, as apimachinery `pkg/util/net/http.go` `NewWarningHeader`: `\` and `"` escaped, control
    /// characters dropped.
    package static func value(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars where !isControl(scalar) {
            if scalar == "\\" || scalar == "\"" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return "299 - \"\(quoted)\""
    }

    /// Unicode's general category Cc.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }
}
