/// A number made of texts, the same in each run: what a cluster would draw at random is derived from uids, so that a
/// controller that starts anew finds what it made before.
///
/// FNV-1a (draft-eastlake-fnv) with the finisher of SplitMix64, which spreads it over all bits. No protection against
/// somebody who wants two alike.
struct StableHash {
    let value: UInt64

    init(_ texts: String...) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for text in texts {
            for octet in text.utf8 { hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01B3 }
            // Texts do not run into each other: UTF-8 has no such octet.
            hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
        }
        hash = (hash ^ hash &>> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash &>> 27) &* 0x94D0_49BB_1331_11EB
        value = hash ^ hash &>> 31
    }

    /// Five of the characters of which Kubernetes makes generated names (apimachinery `pkg/util/rand`).
    var nameSuffix: String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        var number = value
        var suffix = ""
        for _ in 0..<5 {
            let (rest, index) = number.quotientAndRemainder(dividingBy: UInt64(alphabet.count))
            suffix.append(alphabet[Int(index)])
            number = rest
        }
        return suffix
    }

    var hexadecimal: String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
