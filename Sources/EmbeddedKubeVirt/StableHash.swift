import KubeModel

/// A number made of texts, the same in each run: what a cluster would draw at random is derived from uids, so that a
/// controller that starts anew finds what it made before.
///
/// FNV-1a with the finisher of SplitMix64, which spreads it over all bits. No protection against
/// somebody who wants two alike.
struct StableHash {
    let value: UInt64

    init(_ texts: String...) {
        var octets = FNV1a()
        for text in texts {
            octets.add(text)
            // Texts do not run into each other: UTF-8 has no such octet.
            octets.add(0xFF)
        }
        var hash = octets.value
        hash = (hash ^ hash &>> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash &>> 27) &* 0x94D0_49BB_1331_11EB
        value = hash ^ hash &>> 31
    }

    var hexadecimal: String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
