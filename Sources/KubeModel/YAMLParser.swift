internal import Yams

extension JSONValue {
    /// Reads the first document of a YAML text as JSON; of equal keys the last wins.
    package init(yaml bytes: [UInt8], limits: YAMLLimits = .request) throws(YAMLError) {
        self = try JSONValue.parseYAML(bytes, limits: limits).value
    }

    /// Reads the first document of a YAML text as JSON and tells which keys a mapping had twice.
    ///
    /// A text that is a JSON object is read as such, within `JSONLimits.request`: bodies called YAML mostly are.
    ///
    /// Plain scalars are what sigs.k8s.io/yaml (go-yaml v2) makes of them: YAML 1.1's booleans and nulls, integers
    /// with any prefix, floats; a number that JSON could hold as it stands keeps its text. Unlike there, keys are
    /// strings as written (`yes:` is `"yes"`). An empty text or first document is `null`. Anchors, aliases, tags
    /// and merge keys are refused, so nothing grows (CVE-2019-11253). `duplicates` is as for
    /// `parse(_:limits:allowTrailing:)`.
    ///
    /// libyaml's composer recurses to 2 000 levels before the depth is known: the thread needs 6 MiB of stack.
    package static func parseYAML(
        _ bytes: [UInt8], limits: YAMLLimits = .request
    ) throws(YAMLError) -> (value: JSONValue, duplicates: [String]) {
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{"), let json = try? JSONValue.parse(bytes) {
            return json
        }
        var composer = try YAMLComposer(bytes, limits: limits)
        let document = try composer.firstDocument()
        var parser = YAMLParser(limits: limits, composer: composer)
        guard let root = document.root else { return (.null, []) }
        // The nodes refer weakly to their anchors, which the parser owns.
        return try withExtendedLifetime(document) { () throws(YAMLError) in
            let value = try parser.value(root, depth: 0)
            return (value, parser.duplicates.distinctPaths)
        }
    }
}

/// Turns the nodes of one document into JSON; `YAMLLimits.depth` bounds its recursion.
private struct YAMLParser {
    let limits: YAMLLimits
    let composer: YAMLComposer
    var duplicates = DuplicateFields()
    private var nodes = 0

    init(limits: YAMLLimits, composer: YAMLComposer) {
        self.limits = limits
        self.composer = composer
    }

    mutating func value(_ node: Node, depth: Int) throws(YAMLError) -> JSONValue {
        try admit(node, depth: depth)
        switch node {
        case .scalar(let scalar):
            guard scalar.style == .plain else { return .string(scalar.string) }
            guard scalar.tag == .implicit else { throw refused(node, "tags") }
            return try plain(scalar)
        case .sequence(let sequence):
            guard sequence.tag == .implicit else { throw refused(node, "tags") }
            return .array(try elements(sequence, depth: depth + 1))
        case .mapping(let mapping):
            guard mapping.tag == .implicit else { throw refused(node, "tags") }
            return .object(try members(mapping, depth: depth + 1))
        case .alias: throw refused(node, "aliases")
        }
    }

    private func plain(_ scalar: Node.Scalar) throws(YAMLError) -> JSONValue {
        let line = scalar.mark.map(composer.line)
        switch YAMLScalar(plain: scalar.string) {
        case .value(let value): return value
        case .number(let number):
            guard number.literal.utf8.count <= limits.numberLength else {
                throw YAMLError(line: line, "number of more than \(limits.numberLength) characters")
            }
            return .number(number)
        case .notFinite:
            throw YAMLError(line: line, "\(scalar.string) is no number in JSON; quote it to make it a string")
        }
    }

    private mutating func elements(_ sequence: Node.Sequence, depth: Int) throws(YAMLError) -> [JSONValue] {
        var elements: [JSONValue] = []
        for node in sequence {
            let known = duplicates.paths.count
            elements.append(try value(node, depth: depth))
            if duplicates.paths.count > known { duplicates.place(from: known, under: elements.count - 1) }
        }
        return elements
    }

    private mutating func members(_ mapping: Node.Mapping, depth: Int) throws(YAMLError) -> JSONObject {
        var indexed = IndexedMembers()
        let start = duplicates.paths.count
        for (key, node) in mapping {
            let name = try name(key, depth: depth)
            let known = duplicates.paths.count
            let value = try value(node, depth: depth)
            if duplicates.paths.count > known { duplicates.place(from: known, under: name) }
            if !indexed.add(name, value) { duplicates.add(name, from: start) }
        }
        return indexed.object
    }

    private mutating func name(_ key: Node, depth: Int) throws(YAMLError) -> String {
        try admit(key, depth: depth)
        guard case .scalar(let scalar) = key else {
            throw YAMLError(line: key.mark.map(composer.line), "a key must be a string")
        }
        // Comparing keys has made an implicit tag `str`, which is what a key is read as.
        guard scalar.tag == .implicit || scalar.tag == Tag(.str) else { throw refused(key, "tags") }
        let name = composer.unmarked(scalar.string)
        if scalar.style == .plain, name.isEmpty || name == "<<" {
            throw name.isEmpty
                ? YAMLError(line: key.mark.map(composer.line), "a key is empty") : refused(key, "merge keys")
        }
        return name
    }

    private mutating func admit(_ node: Node, depth: Int) throws(YAMLError) {
        nodes += 1
        guard nodes <= limits.nodes else {
            throw YAMLError(line: nil, "exceeded the maximum of \(limits.nodes) values")
        }
        guard depth <= limits.depth else {
            throw YAMLError(line: node.mark.map(composer.line), "exceeded the maximum depth of \(limits.depth)")
        }
        if node.anchor != nil { throw refused(node, "anchors") }
    }

    private func refused(_ node: Node, _ what: String) -> YAMLError {
        YAMLError(line: node.mark.map(composer.line), "\(what) are not supported")
    }
}
