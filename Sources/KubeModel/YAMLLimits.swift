/// What a YAML text may cost.
package struct YAMLLimits: Sendable {
    /// Mappings and sequences inside each other.
    package var depth: Int
    /// Values and keys in all; also the characters of the text that may begin one (`- ? : , [ {`), which is
    /// checked before anything is built.
    package var nodes: Int
    /// Octets of one number.
    package var numberLength: Int
    /// Octets read again, because libyaml's composer stops at a duplicate key.
    package var rereadOctets: Int
    /// Nodes hashed because keys hold them: keys written with `?` times the characters that may begin a node.
    package var hashedNodes: Int

    package init(
        depth: Int = 100, nodes: Int = 100_000, numberLength: Int = 64, rereadOctets: Int = 1 << 20,
        hashedNodes: Int = 1_000_000
    ) {
        self.depth = depth
        self.nodes = nodes
        self.numberLength = numberLength
        self.rereadOctets = rereadOctets
        self.hashedNodes = hashedNodes
    }

    /// For a request body, whose octets the server has limited.
    package static let request = YAMLLimits()
}
