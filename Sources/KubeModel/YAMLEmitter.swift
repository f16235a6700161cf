internal import Yams

extension JSONValue {
    /// The value as a YAML document, members sorted, as `sigs.k8s.io/yaml` writes it: what reads as another type stands
    /// in quotes.
    ///
    /// `nil` when libyaml cannot emit it: there is no memory.
    package func yaml() -> [UInt8]? {
        guard let text = try? Yams.serialize(node: node, width: -1, allowUnicode: true, sortKeys: true) else {
            return nil
        }
        return Array(text.utf8)
    }

    private var node: Node {
        switch self {
        case .null: Node("null", Tag(.null))
        case .bool(let value): Node(value ? "true" : "false", Tag(.bool))
        case .number(let number): Node(number.literal, Tag(.float))
        case .string(let text): Self.node(text)
        case .array(let elements): Node(elements.map(\.node), Tag(.seq), elements.isEmpty ? .flow : .block)
        case .object(let object):
            Node(
                object.members.map { (Self.node($0.name), $0.value.node) }, Tag(.map),
                object.members.isEmpty ? .flow : .block)
        }
    }

    private static func node(_ text: String) -> Node {
        let isString = YAMLScalar(plain: text) == .value(.string(text)) && !isSpecialToOthers(text)
        return Node(text, Tag(.str), !isString ? .doubleQuoted : text.contains("\n") ? .literal : .any)
    }

    /// Merge keys, timestamps and numbers to the base of 60 (https://yaml.org/type/).
    private static func isSpecialToOthers(_ text: String) -> Bool {
        let octets = text.utf8
        guard let first = octets.first, first.isDigit || first == UInt8(ascii: "-") || first == UInt8(ascii: "+") else {
            return text == "<<"
        }
        let isDate = octets.prefix(4).allSatisfy(\.isDigit) && octets.dropFirst(4).first == UInt8(ascii: "-")
        return isDate
            || octets.contains(UInt8(ascii: ":"))
                && octets.dropFirst().allSatisfy { $0.isDigit || "_:.".utf8.contains($0) }
    }
}
