import HotplugAPI
import KubeModel
import Testing

/// One case of `addinterface` or `removeinterface`: what virt-api answers, of KubeVirt v1.0.0-rc.0 for VMIs and of v1.0.1
/// for VMs (`pkg/virt-api/rest/interfacehotplug.go`), or with a `deviation` what is answered here instead.
struct Vector: Sendable, CustomTestStringConvertible {
    enum Answer: Sendable {
        /// 202; each text is part of the warning at its place, and there are no others.
        case accepted(warnings: [String] = [])
        /// The parts stand in the message.
        case refused(Int, String, [String])
    }

    let number: Int
    /// What is special about it.
    let title: String
    /// Why we answer otherwise than virt-api; `nil` where we do as it did.
    let deviation: String?
    let request: HotplugRequest
    let before: [JSONValue]
    /// The object of the request and, for a VM, its VMI, where they differ from before.
    let after: [JSONValue]
    let answer: Answer
    let kubeVirts: [JSONValue]
    let upset: (call: String, upset: FakeCluster.Upset)?

    init(
        _ number: Int, _ title: String, _ request: HotplugRequest, before: [JSONValue], _ answer: Answer,
        after: [JSONValue] = [], kubeVirts: [JSONValue] = [Fixture.kubeVirt()],
        upset: (String, FakeCluster.Upset)? = nil, deviation: String? = nil
    ) {
        self.number = number
        self.title = title
        self.request = request
        self.before = before
        self.answer = answer
        self.after = after
        self.kubeVirts = kubeVirts
        self.upset = upset
        self.deviation = deviation
    }

    var testDescription: String { "\(number) \(title)" }
}

/// Cases that this module cannot show, and the suite that does.
struct RowElsewhere: Sendable {
    let numbers: ClosedRange<Int>
    let what: String
    let suite: String

    init(_ numbers: ClosedRange<Int>, _ what: String, in suite: String) {
        self.numbers = numbers
        self.what = what
        self.suite = suite
    }

    static let all = [
        RowElsewhere(33...34, "any Content-Type and any Accept", in: "APIServerTests"),
        RowElsewhere(66...66, "an interface of the VMI alone is gone after a restart", in: "EmbeddedClusterTests"),
        RowElsewhere(76...76, "removeinterface without the right is 403", in: "APIServerTests"),
        RowElsewhere(77...81, "routing: methods, dots in names, trailing slash, extra segments", in: "APIServerTests"),
        RowElsewhere(82...86, "authentication and authorization", in: "APIServerTests"),
        RowElsewhere(87...88, "discovery and OPTIONS", in: "APIServerTests"),
        RowElsewhere(89...89, "virtctl v1.0.1 against the VM route", in: "end-to-end"),
    ]
}

@Suite struct VectorTests {
    @Test(arguments: Vector.instanceAdditions + Vector.machineAdditions + Vector.removals)
    func `answers what its row says`(_ vector: Vector) async throws {
        let cluster = FakeCluster(vector.kubeVirts + vector.before + [Fixture.definition()])
        if let upset = vector.upset { await cluster.upset(upset.call, upset.upset) }
        do throws(Status) {
            let result = try await HotplugHandler(cluster).handle(vector.request)
            guard case .accepted(let warnings) = vector.answer else {
                Issue.record("accepted")
                return
            }
            #expect(result.warnings.count == warnings.count, "\(result.warnings)")
            for (found, expected) in zip(result.warnings, warnings) { #expect(found.contains(expected)) }
        } catch {
            guard case .refused(let code, let reason, let parts) = vector.answer else {
                Issue.record("refused: \(error)")
                return
            }
            #expect((error.code, error.reason) == (code, reason))
            for part in parts { #expect(error.message.contains(part), "\(error.message)") }
        }
        for object in vector.after.isEmpty ? vector.before : vector.after {
            let resource = try #require(FakeCluster.resources.first { $0.kind == object["kind"]?.string })
            let name = try #require(object.metadataName)
            let isDeleted = if case .delete = vector.upset?.upset { true } else { false }
            #expect(await cluster.object(resource, name) == (isDeleted ? nil : object))
        }
        if case .accepted = vector.answer, vector.after.isEmpty {
            let writes = await cluster.calls.filter { $0.hasPrefix("patch") && !$0.hasSuffix("dryRun") }
            #expect(writes == [])
        }
    }

    @Test func `each number is a case, here or in another suite`() {
        let here = (Vector.instanceAdditions + Vector.machineAdditions + Vector.removals).map(\.number)
        let elsewhere = RowElsewhere.all.flatMap { Array($0.numbers) }
        #expect(Set(here + elsewhere) == Set(1...89))
        #expect(Set(here).isDisjoint(with: elsewhere))
    }
}
