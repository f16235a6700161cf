/// Looks for an alias of an anchor in the text of a document.
///
/// libyaml's composer puts the anchored node where the alias stands, and comparing keys made of such nodes can take
/// exponential time. So an alias must not get there. The scan knows no quotes and takes for one what a string or
/// comment may hold as well, but only if a name stands both behind a `&` and, later, behind a `*`, and nothing
/// alphanumeric before them. Every alias that libyaml would accept looks so.
struct YAMLAliasScan {
    private let octets: [UInt8]

    init(_ octets: [UInt8]) {
        self.octets = octets
    }

    func check() throws(YAMLError) {
        var anchors: Set<ArraySlice<UInt8>> = []
        var line = 1
        for (index, octet) in octets.enumerated() {
            switch octet {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "&"): if let name = name(after: index) { anchors.insert(name) }
            case UInt8(ascii: "*"):
                if !anchors.isEmpty, let name = name(after: index), anchors.contains(name) {
                    throw YAMLError(line: line, "anchors and aliases are not supported")
                }
            default: break
            }
        }
    }

    private func name(after index: Int) -> ArraySlice<UInt8>? {
        if index > 0, Self.isNameOctet(octets[index - 1]) { return nil }
        let name = octets[(index + 1)...].prefix(while: Self.isNameOctet)
        return name.isEmpty ? nil : name
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
