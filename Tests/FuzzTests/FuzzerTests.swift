import FuzzTargets
import Fuzzing
import Testing

/// The engine itself.
struct FuzzerTests {
    private static let fragile = FuzzTarget("fragile", tokens: ["\u{7f}bad"], rounds: 10_000) { octets in
        try promise(octets.first != 0x7f, "it begins with 7f")
        return octets.count > 4
    }

    @Test func `a broken promise tells the seed and the input that break it again`() throws {
        let fuzzer = Fuzzer(for: Self.fragile, environment: [:])
        let failure = try #require(throws: Fuzzer.Failure.self) { try fuzzer.run(Self.fragile, corpus: [[1, 2, 3]]) }
        #expect(failure.input.first == 0x7f)
        #expect(failure.description.contains("HOTPLUG_FUZZ_SEED=1"))
        #expect(failure.description.contains("input: 7f"))
        let again = Fuzzer(for: Self.fragile, environment: ["HOTPLUG_FUZZ_SEED": "\(failure.seed)"])
        let repeated = try #require(throws: Fuzzer.Failure.self) { try again.run(Self.fragile, corpus: [[1, 2, 3]]) }
        #expect(repeated.input == failure.input)
        #expect(repeated.round == failure.round)
    }

    @Test func `a run is of the target's rounds unless a time is asked for`() {
        #expect(Fuzzer(for: Self.fragile, environment: [:]).length == .rounds(10_000))
        #expect(Fuzzer(for: Self.fragile, environment: ["HOTPLUG_FUZZ_SECONDS": "2.5"]).length == .seconds(2.5))
        #expect(Fuzzer(for: Self.fragile, environment: ["HOTPLUG_FUZZ_SECONDS": "no"]).length == .rounds(10_000))
    }

    @Test func `an input is never longer than the limit`() {
        var mutator = Mutator(corpus: [[UInt8](repeating: 1, count: Mutator.sizeMax)], tokens: ["token"], seed: 3)
        let sizes = (0..<2_000).map { _ in mutator.next().count }
        #expect(sizes.max() == Mutator.sizeMax)
    }

    @Test(arguments: [[], [1], [1, 2, 3, 4, 5, 6, 7]] as [[UInt8]])
    func `pieces make up the input, and are the same for the same input`(_ octets: [UInt8]) {
        #expect(pieces(of: octets).flatMap { $0 } == octets)
        #expect(pieces(of: octets) == pieces(of: octets))
    }
}
