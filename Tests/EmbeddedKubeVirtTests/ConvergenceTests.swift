import EmbeddedCluster
import KubeModel
import Testing

@testable import EmbeddedKubeVirt

/// Controllers that are stopped between any two steps: those that start anew come to the same end.
@Suite struct ConvergenceTests {
    /// What a user does, one after the other, with the controllers at work in between.
    private static let story: [@Sendable (PlayedCluster) async throws -> Void] = [
        { played in
            try await played.createDefinition()
            try await played.createMachine("vm", ["running": true])
        },
        { played in
            try await played.addInterface("a", to: "vm", of: .virtualMachine, path: ["spec", "template", "spec"])
            try await played.addInterface("a", to: "vm")
        },
        { played in try await played.migrate("vm") },
        { played in
            try await LifecycleHandler(cluster: played.cluster).handle(
                .restart, namespace: "default", name: "vm", body: [], dryRun: [])
        },
        { played in
            try await played.removeInterface(1, from: "vm", of: .virtualMachine, path: ["spec", "template", "spec"])
            try await played.removeInterface(1, from: "vm")
        },
        { played in try await played.delete(.virtualMachine, "vm") },
    ]

    /// What there is, but for uids, versions and what is made of them.
    private static func outcome(_ played: PlayedCluster) async throws -> [String] {
        var lines: [String] = []
        for machine in try await played.list(.virtualMachine) {
            let spec = machine[path: "spec", "template", "spec"] ?? .null
            lines.append("vm \(machine[path: "status", "printableStatus"]?.string ?? "") \(text(spec))")
            lines.append("requests \(machine[path: "status", "stateChangeRequests"] == nil)")
        }
        for object in try await played.list(.virtualMachineInstance) {
            let instance = Instance(object: object)
            lines.append("vmi \(instance.phase) \(instance.nodeName) \(text(object["spec"] ?? .null))")
            lines += try await played.interfaces(instance.name)
            let conditions = object[path: "status", "conditions"]?.array ?? []
            lines.append(conditions.map { "\($0["type"]?.string ?? "")=\($0["status"]?.string ?? "")" }.joined())
        }
        // Those at their end go when they are looked at while there is no VMI of their name, or stay.
        for migration in try await played.list(.virtualMachineInstanceMigration) {
            let phase = MigrationPhase(rawValue: migration[path: "status", "phase"]?.string ?? "")
            if phase?.isFinal != true { lines.append("vmim \(phase?.rawValue ?? "")") }
        }
        lines.append("pods \(try await played.names(.pod).count)")
        return lines
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }

    @Test(arguments: [EmbeddedMultus.dynamic, .none], 0..<Self.story.count)
    func `every cut converges`(multus: EmbeddedMultus, chapter: Int) async throws {
        let configuration = EmbeddedKubeVirtConfiguration(multus: multus)
        let start = try PlayedCluster(configuration)
        for act in Self.story[..<chapter] {
            try await act(start)
            _ = try await start.settle()
        }
        try await Self.story[chapter](start)
        start.cluster.close()

        let whole = try PlayedCluster(configuration, copying: start.directory)
        let steps = try await whole.advance(steps: 1000).steps
        let expected = try await Self.outcome(whole)
        #expect(steps > 0)
        for cut in 0..<steps {
            let cutOff = try PlayedCluster(configuration, copying: start.directory)
            #expect(try await cutOff.advance(steps: cut).steps == cut)
            _ = try await cutOff.settle()
            #expect(try await Self.outcome(cutOff) == expected, "cut after \(cut) steps")
        }
    }

    /// Users do not wait for controllers.
    @Test(arguments: 0..<24) func `a story told without waiting has no leftovers`(steps: Int) async throws {
        let played = try PlayedCluster()
        try await played.createDefinition()
        try await played.createMachine("vm", ["running": true])
        _ = try await played.settle(steps: steps)
        try await played.migrate("vm")
        _ = try await played.settle(steps: steps)
        try await played.delete(.virtualMachine, "vm")
        _ = try await played.settle()
        for resource in [Resource.virtualMachine, .virtualMachineInstance, .virtualMachineInstanceMigration, .pod] {
            #expect(try await played.names(resource) == [])
        }
    }
}
