/// What Kubernetes appends to `generateName` (apimachinery `pkg/util/rand`, apiserver `pkg/storage/names`).
package enum GeneratedName {
    /// Octets that a prefix may have: longer ones are cut, so that the whole is a DNS-1123 label.
    package static let prefixBytesMax = 58
    /// Those that make no words.
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
    private static let suffixLength = 5

    /// A name of a prefix, cut if it is too long, and five characters that `number` decides.
    package static func of(prefix: String, _ number: UInt64) -> String {
        var number = number
        var name = String(decoding: prefix.utf8.prefix(prefixBytesMax), as: UTF8.self)
        for _ in 0..<suffixLength {
            let (rest, index) = number.quotientAndRemainder(dividingBy: UInt64(alphabet.count))
            name.append(alphabet[Int(index)])
            number = rest
        }
        return name
    }
}
