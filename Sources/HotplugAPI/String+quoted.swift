extension String {
    /// The text in double quotes for a message, shortened to `HotplugLimits.quotedScalars`, with what is not printable
    /// ASCII or a letter of another script escaped: as Go's `%q`.
    var quoted: String {
        var result = "\""
        for (count, scalar) in unicodeScalars.enumerated() {
            guard count < HotplugLimits.quotedScalars else {
                result += "…"
                break
            }
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case " "..."~": result.unicodeScalars.append(scalar)
            default:
                if scalar.properties.isAlphabetic {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                }
            }
        }
        return result + "\""
    }
}
