import Testing

@testable import HTTPWire

/// Mutated vectors: no trap, and the same outcome in one piece as in four.
@Suite(.enabled(if: VectorFile.exists))
struct FuzzTests {
    @Test func `mutated vectors have the same outcome however they are cut`() {
        let seeds = VectorFile.vectors.map(\.octets).filter { (1...400).contains($0.count) }
        var random = SplitMix64(state: 20)
        var refused = 0
        var served = 0
        let iterations = 8_000
        for iteration in 0..<iterations {
            let octets = Self.mutated(seeds[iteration % seeds.count], seeds, &random)
            let whole = MessageReader(reading: octets)
            var cut = MessageReader()
            var start = 0
            for end in (0..<3).map({ _ in Int.random(in: 0...octets.count, using: &random) }).sorted() {
                cut.read(octets[start..<end])
                start = end
            }
            cut.read(octets[start...])
            #expect(whole.events == cut.events, "iteration \(iteration)")
            if case .refused = whole.events.last { refused += 1 }
            if case .request = whole.events.first { served += 1 }
        }
        // The mutations reach both ends.
        #expect(refused > iterations / 4)
        #expect(served > iterations / 20)
    }

    private static let grist: [UInt8] =
        Array("\r\n :;,\"\\%/?#@[]0123456789abcdefxGH.\t=".utf8) + [0, 0x7F, 0x80, 0xFF]

    private static func mutated(
        _ seed: [UInt8], _ seeds: [[UInt8]], _ random: inout SplitMix64
    ) -> [UInt8] {
        var octets = seed
        for _ in 0..<Int.random(in: 1...3, using: &random) where !octets.isEmpty {
            let index = Int.random(in: 0..<octets.count, using: &random)
            let octet = grist[Int.random(in: 0..<grist.count, using: &random)]
            switch Int.random(in: 0..<6, using: &random) {
            case 0: octets[index] = octet
            case 1: octets.insert(octet, at: index)
            case 2: octets.remove(at: index)
            case 3: octets.insert(contentsOf: octets[index...].prefix(8), at: index)
            case 4: octets.insert(contentsOf: "\r\n".utf8, at: index)
            default:
                let other = seeds[Int.random(in: 0..<seeds.count, using: &random)]
                octets = Array(octets[..<index] + other.suffix(other.count / 2))
            }
        }
        return octets
    }
}

/// Vigna's splitmix64: small, and the same on every run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
