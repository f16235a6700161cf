import FuzzTargets
import Fuzzing
import Testing

/// The corpus, and inputs made of it, against every reader of peers' octets.
@Suite(.serialized) struct FuzzTests {
    @Test(arguments: FuzzTarget.all)
    func `every input of the corpus keeps the promises, whole and cut short`(_ target: FuzzTarget) throws {
        let corpus = try Corpus.inputs(of: target)
        #expect(!corpus.isEmpty)
        for input in corpus {
            for end in [input.count, input.count - 1, input.count / 2] {
                #expect(throws: Never.self) { try target.check(Array(input.prefix(max(0, end)))) }
            }
        }
        #expect(try corpus.contains { try target.check($0) })
        #expect(try corpus.contains { try !target.check($0) })
    }

    @Test(arguments: FuzzTarget.all)
    func `no mutated input breaks a promise`(_ target: FuzzTarget) throws {
        let fuzzer = Fuzzer(for: target)
        if case .seconds = fuzzer.length { print("\(target): HOTPLUG_FUZZ_SEED=\(fuzzer.seed)") }
        let report = try fuzzer.run(target, corpus: try Corpus.inputs(of: target))
        if case .seconds = fuzzer.length { print("\(target): \(report.rounds) inputs, \(report.accepted) accepted") }
        // The mutations reach both ends.
        #expect(report.accepted > report.rounds / 100)
        #expect(report.accepted < report.rounds * 99 / 100)
    }
}
