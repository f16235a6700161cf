/// The field lines of one message in their order, duplicates included; names match without case.
///
/// The octets stay in one block, as they came; a `String` is made only for what is asked for.
package struct HTTPFields: Sendable {
    struct Entry: Sendable {
        var name: Range<Int>
        var value: Range<Int>
    }

    private var block: [UInt8]
    private var entries: [Entry]

    package init() {
        block = []
        entries = []
    }

    /// Takes a block and the places of the fields in it; all within its bounds.
    init(block: [UInt8], entries: [Entry]) {
        self.block = block
        self.entries = entries
    }

    package var count: Int { entries.count }

    /// Adds a field; name and value are the caller's to have validated.
    package mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
        let start = block.count
        block.append(contentsOf: name)
        let middle = block.count
        block.append(contentsOf: value)
        entries.append(Entry(name: start..<middle, value: middle..<block.count))
    }

    package mutating func append(_ name: String, _ value: String) {
        append(name: name.utf8, value: value.utf8)
    }

    /// The first value of a field.
    ///
    /// `name` is in lower case.
    package subscript(_ name: String) -> String? {
        for entry in entries where matches(entry, name) { return text(entry.value) }
        return nil
    }

    package func contains(_ name: String) -> Bool {
        entries.contains { matches($0, name) }
    }

    /// Whether there is a field whose name starts with `prefix`, which is in lower case.
    package func containsName(prefix: String) -> Bool {
        entries.contains { entry in
            guard entry.name.count >= prefix.utf8.count else { return false }
            var index = entry.name.lowerBound
            for octet in prefix.utf8 {
                guard ASCII.lowercased(block[index]) == octet else { return false }
                index += 1
            }
            return true
        }
    }

    /// Whether the first value of a field starts with `prefix`, octet by octet.
    ///
    /// `name` is in lower case.
    package func has(_ name: String, prefix: String) -> Bool {
        guard let entry = entries.first(where: { matches($0, name) }) else { return false }
        return block[entry.value].starts(with: prefix.utf8)
    }

    /// All values of a field, in order.
    ///
    /// `name` is in lower case.
    package func values(_ name: String) -> [String] {
        entries.filter { matches($0, name) }.map { text($0.value) }
    }

    /// The fields in order, names in lower case.
    package var all: [(name: String, value: String)] {
        entries.map { (text($0.name).lowercased(), text($0.value)) }
    }

    private func text(_ range: Range<Int>) -> String {
        // Octets above 0x7f that are no UTF-8 become U+FFFD: for logs and comparisons, never for framing.
        String(decoding: block[range], as: UTF8.self)
    }

    private func matches(_ entry: Entry, _ name: String) -> Bool {
        guard entry.name.count == name.utf8.count else { return false }
        var name = name.utf8.makeIterator()
        for index in entry.name {
            guard let octet = name.next(), ASCII.lowercased(block[index]) == octet else { return false }
        }
        return true
    }
}
