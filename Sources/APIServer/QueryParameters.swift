/// The query of a URL, decoded; parameters may repeat.
package struct QueryParameters: Sendable, Equatable {
    private var items: [(name: String, value: String)] = []

    package static func == (left: QueryParameters, right: QueryParameters) -> Bool {
        left.items.elementsEqual(right.items) { $0 == $1 }
    }

    /// Parts that are not valid percent-encoded UTF-8 are left out, as Go's `url.ParseQuery` leaves them.
    package init(_ query: String?) {
        guard let query else { return }
        for part in query.utf8.split(separator: UInt8(ascii: "&")) {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(pair[0], plusIsSpace: true),
                let value = pair.count > 1 ? PercentEncoding.decode(pair[1], plusIsSpace: true) : ""
            else { continue }
            items.append((name, value))
        }
    }

    package func first(_ name: String) -> String? {
        items.first { $0.name == name }?.value
    }

    package func all(_ name: String) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }

    /// Whether a flag is set, as strconv.ParseBool reads it.
    package func flag(_ name: String) -> Bool {
        guard let value = first(name) else { return false }
        return ["1", "t", "T", "true", "TRUE", "True"].contains(value)
    }
}
