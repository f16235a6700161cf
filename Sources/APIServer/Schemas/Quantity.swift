import KubeModel

/// A number with a unit, such as `512Mi` (apimachinery `pkg/api/resource/quantity.go`).
enum Quantity {
    /// What KubeVirt's CustomResourceDefinitions have for it, as controller-gen writes it.
    static let pattern =
        #"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"#

    private static let suffixes: Set = [
        "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E",
    ]

    /// Whether a text matches `pattern`.
    static func matches(_ text: String) -> Bool {
        guard let rest = afterNumber(text.utf8[...]) else { return false }
        if suffixes.contains(String(decoding: rest, as: UTF8.self)) { return true }
        return rest.first.map { $0 | 0x20 } == UInt8(ascii: "e") && afterNumber(rest.dropFirst())?.isEmpty == true
    }

    /// What follows the number that a text begins with; `nil` when it begins with none.
    private static func afterNumber(_ text: Substring.UTF8View) -> Substring.UTF8View? {
        var rest = text
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = rest.prefix(while: \.isDigit)
        rest = rest.dropFirst(whole.count)
        guard rest.first == UInt8(ascii: ".") else { return whole.isEmpty ? nil : rest }
        let fraction = rest.dropFirst().prefix(while: \.isDigit)
        return whole.isEmpty && fraction.isEmpty ? nil : rest.dropFirst(1 + fraction.count)
    }
}
