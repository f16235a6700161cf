/// A reader of peers' octets, and what it promises for any input.
package struct FuzzTarget: Sendable, CustomStringConvertible {
    /// The folder of its corpus, too.
    package let name: String
    /// Words of its language, which the mutator puts into inputs.
    package let tokens: [String]
    /// Mutated inputs of a run without a time.
    package let rounds: Int
    /// Throws `BrokenPromise`; answers whether the input was accepted.
    package let check: @Sendable ([UInt8]) throws -> Bool

    package init(
        _ name: String, tokens: [String], rounds: Int, check: @escaping @Sendable ([UInt8]) throws -> Bool
    ) {
        self.name = name
        self.tokens = tokens
        self.rounds = rounds
        self.check = check
    }

    package var description: String { name }
}

/// What a target did that it must never do.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Throws `BrokenPromise` unless the condition holds.
package func promise(
    _ condition: Bool, _ broken: @autoclosure () -> String
) throws(BrokenPromise) {
    if !condition { throw BrokenPromise(broken()) }
}

/// Up to four pieces that make up the octets, the same for the same octets.
package func pieces(of octets: [UInt8]) -> [ArraySlice<UInt8>] {
    var random = SplitMix64(seededBy: octets)
    let ends = (0..<3).map { _ in Int.random(in: 0...octets.count, using: &random) }.sorted() + [octets.count]
    var start = 0
    return ends.map { end in
        defer { start = end }
        return octets[start..<end]
    }
}
