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

    package init(depth: Int = 100, nodes: Int = 100_000, numberLength: Int = 64, rereadOctets: Int = 4 << 20) {
        self.depth = depth
        self.nodes = nodes
        self.numberLength = numberLength
        self.rereadOctets = rereadOctets
    }

    /// For a request body, whose octets the server has limited.
    package static let request = YAMLLimits()
}
