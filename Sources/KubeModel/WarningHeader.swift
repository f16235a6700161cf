/// The `Warning` header field (RFC 7234 §5.5) that kubectl shows to its user.
package enum WarningHeader {
    /// `299 - "text"`, as apimachinery `pkg/util/net/http.go` `NewWarningHeader`: `\` and `"` escaped, control
    /// characters dropped.
    package static func value(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars where scalar.properties.generalCategory != .control {
            if scalar == "\\" || scalar == "\"" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return "299 - \"\(quoted)\""
    }
}
