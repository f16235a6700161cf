/// Bounds what libyaml's composer could make of a text, which it does before anyone can stop it.
///
/// The scan knows no quotes or comments, so it counts too much rather than too little.
struct YAMLTextScan {
    private let octets: [UInt8]
    private let limits: YAMLLimits

    init(_ octets: [UInt8], limits: YAMLLimits) {
        self.octets = octets
        self.limits = limits
    }

    func check() throws(YAMLError) {
        var indicators = 0
        var explicitKeys = 0
        var anchors: Set<ArraySlice<UInt8>> = []
        var line = 1
        for (index, octet) in octets.enumerated() {
            switch octet {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "?"):
                indicators += 1
                if mayBeKeyIndicator(at: index) { explicitKeys += 1 }
            case UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{"):
                indicators += 1
            case UInt8(ascii: "&"): if let name = name(after: index) { anchors.insert(name) }
            case UInt8(ascii: "*"):
                // libyaml puts the anchored node where the alias stands, and hashing keys made of such nodes can take
                // exponential time. A string may hold the same, but hardly both a `&name` and then a `*name`.
                if !anchors.isEmpty, let name = name(after: index), anchors.contains(name) {
                    throw YAMLError(line: line, "anchors and aliases are not supported")
                }
            default: break
            }
        }
        guard indicators <= limits.nodes else {
            throw YAMLError(line: nil, "more than \(limits.nodes) of the characters - ? : , [ {")
        }
        // Each explicit key may hold all the nodes, those of the keys within it included, and all are hashed.
        guard explicitKeys * indicators <= limits.hashedNodes else {
            throw YAMLError(line: nil, "too many keys written with ? in a text of this length")
        }
    }

    /// An anchor or alias stands behind nothing alphanumeric, and has a name.
    private func name(after index: Int) -> ArraySlice<UInt8>? {
        if index > 0, Self.isNameOctet(octets[index - 1]) { return nil }
        let name = octets[(index + 1)...].prefix(while: Self.isNameOctet)
        return name.isEmpty ? nil : name
    }

    private func mayBeKeyIndicator(at index: Int) -> Bool {
        guard index > 0 else { return true }
        return switch octets[index - 1] {
        case 0...0x20, 0x80..., UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: ","),
            UInt8(ascii: "["), UInt8(ascii: "{"):
            true
        default: false
        }
    }

    /// `IS_ALPHA` of libyaml `src/yaml_private.h`.
    private static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
