/// Makes inputs of those there are.
package struct Mutator: Sendable {
    /// Octets of an input.
    package static let sizeMax = 4096
    /// Changes of one input.
    private static let changesMax = 5

    private let corpus: [[UInt8]]
    private let tokens: [[UInt8]]
    private var random: SplitMix64

    package init(corpus: [[UInt8]], tokens: [String], seed: UInt64) {
        self.corpus = corpus.isEmpty ? [[]] : corpus
        self.tokens = tokens.map { Array($0.utf8) } + Self.integers
        random = SplitMix64(seed: seed)
    }

    /// Numbers at whose edges readers go wrong, in decimal, in hexadecimal and as octets.
    private static let integers: [[UInt8]] = {
        let words: [UInt32] = [0, 1, 0x7f, 0x80, 0xff, 0x3fff, 0x4000, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff]
        let texts = ["0", "-1", "65536", "4294967296", "9223372036854775807", "9223372036854775808", "fffffffffffffff"]
        return texts.map { Array($0.utf8) } + words.map { [UInt8(truncatingIfNeeded: $0)] }
            + words.map { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }()

    /// The next input: one of the corpus with one to five changes.
    package mutating func next() -> [UInt8] {
        var octets = entry()
        for _ in 0..<Int.random(in: 1...Self.changesMax, using: &random) { change(&octets) }
        return Array(octets.prefix(Self.sizeMax))
    }

    private mutating func entry() -> [UInt8] { corpus[Int.random(in: corpus.indices, using: &random)] }

    private mutating func change(_ octets: inout [UInt8]) {
        let place = Int.random(in: 0...octets.count, using: &random)
        let length = min(octets.count - place, 1 << Int.random(in: 0...6, using: &random))
        let range = place..<(place + length)
        switch Int.random(in: 0..<9, using: &random) {
        case 0 where length > 0: octets[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where length > 0: octets[place] = UInt8.random(in: 0...255, using: &random)
        case 2: octets.removeSubrange(range)
        case 3: octets.removeSubrange(place...)
        case 4: repeatPart(of: &octets, range)
        case 5:
            // Splices the beginning of this input to the end of another.
            let other = entry()
            octets.replaceSubrange(place..., with: other.suffix(Int.random(in: 0...other.count, using: &random)))
        case 6: octets.insert(contentsOf: part(), at: place)
        case 7: octets.insert(contentsOf: token(), at: place)
        default: octets.replaceSubrange(range, with: token())
        }
    }

    private mutating func token() -> [UInt8] { tokens[Int.random(in: tokens.indices, using: &random)] }

    private mutating func part() -> ArraySlice<UInt8> {
        let other = entry()
        let start = Int.random(in: 0...other.count, using: &random)
        return other[start...].prefix(1 << Int.random(in: 0...7, using: &random))
    }

    private mutating func repeatPart(of octets: inout [UInt8], _ range: Range<Int>) {
        let part = Array(octets[range])
        let times = min(1 << Int.random(in: 0...8, using: &random), Self.sizeMax / max(1, part.count))
        for _ in 0..<times { octets.insert(contentsOf: part, at: range.lowerBound) }
    }
}
