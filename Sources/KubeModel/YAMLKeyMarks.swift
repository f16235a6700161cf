/// Marks put into a text before duplicate keys, so that they differ and libyaml's composer takes them.
///
/// A mark is a number between two private-use characters which the text does not have.
struct YAMLKeyMarks {
    private var bracket: Unicode.Scalar?
    private var count = 0

    /// Marks the key at a line and column, from 1, inside its quotes if it has any.
    ///
    /// `nil` if it cannot be marked: then it is empty, a block scalar or no string.
    mutating func marking(line: Int, column: Int, in text: String) -> String? {
        guard let bracket = bracket ?? Self.unusedScalar(in: text) else { return nil }
        self.bracket = bracket
        var scalars = text.unicodeScalars
        guard var index = Self.index(line: line, column: column, in: scalars) else { return nil }
        let next = scalars.index(after: index)
        switch scalars[index] {
        case "\"", "'": index = next
        case "|", ">", "!", "&", "[", "{": return nil
        case "-", "?", ":": if next == scalars.endIndex || scalars[next].properties.isWhitespace { return nil }
        default: break
        }
        let mark = [bracket] + Array("\(count)".unicodeScalars) + [bracket]
        scalars.insert(contentsOf: mark, at: index)
        count += 1
        return String(scalars)
    }

    /// The key as the text had it first.
    func unmarked(_ key: String) -> String {
        guard let bracket, key.unicodeScalars.first == bracket,
            let end = key.unicodeScalars.dropFirst().firstIndex(of: bracket)
        else { return key }
        return String(key.unicodeScalars[end...].dropFirst())
    }

    /// libyaml counts lines by the line breaks of YAML 1.1, and columns by scalars.
    private static func index(line: Int, column: Int, in scalars: String.UnicodeScalarView) -> String.Index? {
        var start = scalars.startIndex
        for _ in 1..<max(1, line) {
            guard let lineBreak = scalars[start...].firstIndex(where: breaksLine) else { return nil }
            start = scalars.index(after: lineBreak)
            if scalars[lineBreak] == "\r", start < scalars.endIndex, scalars[start] == "\n" {
                start = scalars.index(after: start)
            }
        }
        let index = scalars.index(start, offsetBy: max(0, column - 1), limitedBy: scalars.endIndex)
        return index == scalars.endIndex ? nil : index
    }

    private static func breaksLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    private static func unusedScalar(in text: String) -> Unicode.Scalar? {
        let privateUse: ClosedRange<UInt32> = 0xE000...0xF8FF
        let used = Set(text.unicodeScalars.lazy.map(\.value).filter(privateUse.contains))
        return privateUse.first { !used.contains($0) }.flatMap(Unicode.Scalar.init)
    }
}
