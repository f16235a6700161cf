/// The syntax of label keys and values, annotation keys and finalizers
/// (apimachinery `pkg/util/validation/validation.go`).
package enum QualifiedName {
    /// Octets of a label value and of the name part of a qualified name.
    package static let nameBytesMax = 63

    private static let nameMessage =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    private static let valueMessage =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
        + "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
        + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

    /// What is wrong with `[prefix/]name`; empty if nothing.
    package static func errors(_ text: String) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return nameErrors(parts[0])
        case 2:
            let prefix = String(parts[0])
            let prefixErrors = prefix.isEmpty ? ["must be non-empty"] : DNS1123.subdomainErrors(prefix)
            return prefixErrors.map { "prefix part \($0)" } + nameErrors(parts[1])
        default:
            return [
                "a qualified name \(nameMessage) with an optional DNS subdomain prefix and '/' (e.g. "
                    + "'example.com/MyName')"
            ]
        }
    }

    /// What is wrong with the value of a label; empty if nothing.
    package static func labelValueErrors(_ text: String) -> [String] {
        lengthErrors(text[...]) + (text.isEmpty || isWellFormed(text[...]) ? [] : [valueMessage])
    }

    private static func nameErrors(_ name: Substring) -> [String] {
        guard !name.isEmpty else { return ["name part must be non-empty", "name part \(nameMessage)"] }
        return lengthErrors(name).map { "name part \($0)" } + (isWellFormed(name) ? [] : ["name part \(nameMessage)"])
    }

    private static func lengthErrors(_ text: Substring) -> [String] {
        text.utf8.count > nameBytesMax
            ? [DNS1123.lengthMessage(limit: nameBytesMax)] : []
    }

    private static func isWellFormed(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
