// Fuzzing: inputs made of a corpus by a seed, and what a run of them found; for tests. May import Foundation.

import Foundation

/// A run of mutated inputs against one target.
package struct Fuzzer: Sendable {
    /// How long a run is.
    package enum Length: Sendable, Equatable {
        case rounds(Int)
        case seconds(Double)
    }

    /// What a run without failure has seen.
    package struct Report: Sendable, Equatable {
        package var rounds = 0
        package var accepted = 0
    }

    /// An input that broke a promise, and how to have it again.
    package struct Failure: Error, CustomStringConvertible {
        package let target: String
        package let seed: UInt64
        package let round: Int
        package let input: [UInt8]
        package let reason: String

        package var description: String {
            """
            \(target): \(reason)
            again: HOTPLUG_FUZZ_SEED=\(seed), round \(round)
            input: \(input.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            """
        }
    }

    package var seed: UInt64
    package var length: Length

    package init(seed: UInt64, length: Length) {
        self.seed = seed
        self.length = length
    }

    /// The run that the environment asks for.
    ///
    /// `HOTPLUG_FUZZ_SECONDS`, a number, is the time for each target, by a new seed in each run; without it a run has the
    /// target's rounds by one seed, and so is always the same. `HOTPLUG_FUZZ_SEED` chooses the seed.
    package init(
        for target: FuzzTarget, environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        let seconds = environment["HOTPLUG_FUZZ_SECONDS"].flatMap(Double.init)
        let seed = environment["HOTPLUG_FUZZ_SEED"].flatMap { UInt64($0) }
        length = seconds.map(Length.seconds) ?? .rounds(target.rounds)
        self.seed = seed ?? (seconds == nil ? 1 : UInt64.random(in: 0...UInt64.max))
    }

    /// Throws `Failure` for the first input that breaks a promise.
    package func run(_ target: FuzzTarget, corpus: [[UInt8]]) throws -> Report {
        var mutator = Mutator(corpus: corpus, tokens: target.tokens, seed: seed)
        var report = Report()
        let start = ContinuousClock.now
        while isLonger(than: report.rounds, since: start) {
            let input = mutator.next()
            do {
                if try target.check(input) { report.accepted += 1 }
            } catch {
                throw Failure(
                    target: target.name, seed: seed, round: report.rounds, input: input, reason: "\(error)")
            }
            report.rounds += 1
        }
        return report
    }

    private func isLonger(than rounds: Int, since start: ContinuousClock.Instant) -> Bool {
        switch length {
        case .rounds(let count): rounds < count
        case .seconds(let seconds): ContinuousClock.now - start < .seconds(seconds)
        }
    }
}
