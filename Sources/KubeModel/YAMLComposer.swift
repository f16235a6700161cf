internal import Yams

/// Has libyaml read the first document of a text, within bounds and in spite of duplicate keys.
///
/// Yams composes a tree before anyone can look at it, so what would make that tree large or the comparison of its
/// keys slow is refused in the text. It also stops at a duplicate key; that key is then marked in the text and the
/// text is read again.
struct YAMLComposer {
    /// A document with the parser that owns its anchors.
    struct Document {
        let parser: Parser
        let root: Node?
    }

    private var text: String
    /// Lines put in front of the text.
    private var leadingLines = 0
    private var keyMarks = YAMLKeyMarks()
    private let limits: YAMLLimits

    init(_ bytes: [UInt8], limits: YAMLLimits) throws(YAMLError) {
        self.limits = limits
        do {
            text = String(copying: try UTF8Span(validating: bytes.span))
        } catch {
            throw YAMLError(line: nil, "invalid UTF-8 at offset \(error.byteOffsets.lowerBound)")
        }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        try YAMLTextScan(bytes, limits: limits).check()
        // Yams keeps a pointer into the string, which one of up to 15 octets, being no buffer, would not outlive.
        if text.utf8.count < 16 {
            leadingLines = 16
            text = String(repeating: "\n", count: leadingLines) + text
        }
    }

    /// The first document; a stream without any has no root.
    mutating func firstDocument() throws(YAMLError) -> Document {
        var octets = 0
        while true {
            do {
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                return Document(parser: parser, root: try parser.nextRoot())
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                octets += text.utf8.count
                guard octets <= limits.rereadOctets else {
                    throw YAMLError(line: line(context.mark), "too many duplicate keys in a text of this length")
                }
                try markKey(at: context.mark)
            } catch {
                throw described(error)
            }
        }
    }

    private mutating func markKey(at place: Mark) throws(YAMLError) {
        guard let marked = keyMarks.marking(line: place.line, column: place.column, in: text) else {
            throw YAMLError(line: line(place), "a duplicate key is neither plain nor quoted")
        }
        text = marked
    }

    /// The key as the text had it first.
    func unmarked(_ key: String) -> String { keyMarks.unmarked(key) }

    /// The line in the text as it came.
    func line(_ mark: Mark) -> Int { mark.line - leadingLines }

    private func described(_ error: any Error) -> YAMLError {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            YAMLError(line: line(mark), problem)
        case YamlError.reader(let problem, _, _, _): YAMLError(line: nil, problem)
        default: YAMLError(line: nil, "the text cannot be read")
        }
    }
}
