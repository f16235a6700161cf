/// The names of RFC 1123 as Kubernetes checks them (apimachinery `pkg/util/validation/validation.go`).
package enum DNS1123 {
    /// Octets of a label.
    package static let labelLimit = 63
    /// Octets of a subdomain.
    package static let subdomainLimit = 253

    package static let labelMessage =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
        + "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

    package static let subdomainMessage =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
        + "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

    /// The text for a name that is too long.
    package static func lengthMessage(limit: Int) -> String { "must be no more than \(limit) characters" }

    /// 1 to 63 of `a-z`, `0-9` and inner `-`.
    package static func isLabel(_ text: String) -> Bool {
        text.utf8.count <= labelLimit && isLabel(text.utf8[...])
    }

    /// Labels of any length joined by dots, 1 to 253 octets in all.
    package static func isSubdomain(_ text: String) -> Bool {
        text.utf8.count <= subdomainLimit
            && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    /// What is wrong with a label, in Kubernetes' words; empty if nothing.
    package static func labelErrors(_ text: String) -> [String] {
        errors(text, limit: labelLimit, isWellFormed: isLabel(text.utf8[...]), message: labelMessage)
    }

    /// What is wrong with a subdomain, in Kubernetes' words; empty if nothing.
    package static func subdomainErrors(_ text: String) -> [String] {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return errors(
            text, limit: subdomainLimit, isWellFormed: labels.allSatisfy(isLabel), message: subdomainMessage)
    }

    private static func errors(_ text: String, limit: Int, isWellFormed: Bool, message: String) -> [String] {
        (text.utf8.count > limit ? [lengthMessage(limit: limit)] : []) + (isWellFormed ? [] : [message])
    }

    private static func isLabel(_ octets: Substring.UTF8View) -> Bool {
        guard let first = octets.first, let last = octets.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && octets.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        octet.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
    }
}
