import EmbeddedCluster
import KubeModel
import Testing

@testable import EmbeddedKubeVirt

@Suite struct MigrationTests {
    private func running(_ multus: EmbeddedMultus = .none) async throws -> PlayedCluster {
        try await PlayedCluster.running(EmbeddedKubeVirtConfiguration(multus: multus))
    }

    private func phase(_ played: PlayedCluster, _ name: String = "job") async throws -> String {
        try await played.get(.virtualMachineInstanceMigration, name)[path: "status", "phase"]?.string ?? ""
    }

    @Test func `goes through its phases, and the VMI is on another node in another pod`() async throws {
        let played = try await running()
        let source = try #require(try await played.names(.pod).first)
        try await played.migrate()
        var phases: [String] = []
        var notes: [EventNote] = []
        for _ in 0..<30 {
            let phase = try await phase(played)
            if phases.last != phase { phases.append(phase) }
            notes += try await played.settle(steps: 1)
        }
        #expect(
            phases == [
                "", "Pending", "Scheduling", "Scheduled", "PreparingTarget", "TargetReady", "Running", "Succeeded",
            ])
        let instance = try await played.instance()
        let pods = try await played.names(.pod)
        #expect(pods.count == 1)
        #expect(pods != [source])
        #expect(instance.podName == pods.first)
        #expect(instance.nodeName == "node02")
        #expect(instance.object[path: "metadata", "labels", "kubevirt.io/nodeName"] == "node02")
        #expect(instance.object[path: "metadata", "labels", "kubevirt.io/migrationTargetNodeName"] == nil)
        let migration = try await played.get(.virtualMachineInstanceMigration, "job")
        #expect(migration[path: "metadata", "labels", "kubevirt.io/vmi-name"] == "vmi")
        #expect(migration.finalizers == [])
        for state in [instance.migrationState, migration[path: "status", "migrationState"]] {
            #expect(state?["completed"] == true)
            #expect(state?["sourceNode"] == "node01")
            #expect(state?["targetNode"] == "node02")
            #expect(state?["sourcePod"]?.string == source)
            #expect(state?["targetPod"]?.string == pods.first)
            #expect(state?["migrationUid"]?.string == migration.metadataUID)
        }
        #expect(notes.reasons.contains("SuccessfulMigration"))
        #expect(notes.texts.contains("Migrated: The VirtualMachineInstance migrated to node node02."))
        // And back.
        try await played.migrate(by: "again")
        _ = try await played.settle()
        #expect(try await phase(played, "again") == "Succeeded")
        #expect(try await played.instance().nodeName == "node01")
        #expect(try await played.names(.pod).count == 1)
    }

    @Test func `an interface waits for a migration where Multus attaches nothing, and the VMI says so`() async throws {
        let played = try await running()
        try await played.addInterface("a")
        let notes = try await played.settle()
        #expect(notes.reasons == ["MigrationRequired"])
        #expect(notes[0].message.contains(#"interface "a" waits for a migration"#))
        let waiting = try await played.instance().object
        #expect(waiting.hasTrueCondition("MigrationRequired"))
        #expect(waiting.condition("MigrationRequired")?["message"]?.string == notes[0].message)
        #expect(try await played.interfaces() == ["default: domain"])

        try await played.migrate()
        #expect(!(try await played.settle().reasons.contains("MigrationRequired")))
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
        #expect(try await played.instance().object.condition("MigrationRequired") == nil)
    }

    @Test func `a VMI that cannot migrate is told that only a restart helps`() async throws {
        let played = try PlayedCluster(EmbeddedKubeVirtConfiguration(multus: .none))
        try await played.createDefinition()
        try await played.createInstance("vmi", ["domain": ["devices": [:]]])
        _ = try await played.settle()
        try await played.addInterface("a")
        #expect(try await played.settle().first?.message.hasSuffix("only a restart helps") == true)
    }

    @Test func `a removed interface leaves the guest at once and the pod with the migration`() async throws {
        let played = try await running()
        try await played.addInterface("a")
        try await played.migrate()
        _ = try await played.settle()
        try await played.removeInterface(1)
        let message = try await played.settle().first { $0.reason == "MigrationRequired" }?.message
        #expect(message?.hasPrefix(#"interface "a" stays in the pod until a migration"#) == true)
        #expect(try await played.interfaces() == ["default: domain", "a: multus-status"])
        #expect(try await played.instance().attachments.count == 2)
        #expect(try await played.instance().object.condition("MigrationRequired")?["message"]?.string == message)
        try await played.migrate(by: "second")
        _ = try await played.settle()
        #expect(try await played.instance().object.condition("MigrationRequired") == nil)
        #expect(try await played.interfaces() == ["default: domain"])
        #expect(try await played.instance().attachments.count == 1)
    }

    @Test func `the target pod waits for a network-attachment-definition`() async throws {
        let played = try await running()
        try await played.addInterface("a", on: "later")
        try await played.migrate()
        let notes = try await played.settle()
        #expect(notes.reasons.contains("FailedCreatePodSandBox"))
        #expect(notes.contains { $0.message.contains(#""default/later""#) })
        #expect(try await phase(played) == "Scheduling")
        #expect(try await played.instance().nodeName == "node01")
        try await played.createDefinition("later")
        _ = try await played.settle()
        #expect(try await phase(played) == "Succeeded")
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
    }

    @Test func `a second one fails while the first is under way`() async throws {
        let played = try await running()
        try await played.addInterface("a", on: "later")
        try await played.migrate()
        _ = try await played.settle()
        // Not handed over yet: the second is as far as the first.
        try await played.migrate(by: "second")
        try await played.createDefinition("later")
        let notes = try await played.settle()
        let phases = try await [phase(played), phase(played, "second")]
        #expect(phases.sorted() == ["Failed", "Succeeded"])
        #expect(notes.texts.contains { $0.contains("another migration job is in progress") })
        #expect(try await played.names(.pod).count == 1)
    }

    @Test func `fails for a VMI that cannot move, is not there, or ends`() async throws {
        let played = try await running()
        try await played.createInstance("bridged", ["domain": ["devices": [:]]])
        _ = try await played.settle()
        try await played.migrate("bridged")
        #expect(
            try await played.settle().texts.contains {
                $0.hasPrefix("FailedMigration: Cannot migrate VMI, Reason: InterfaceNotLiveMigratable")
            })
        #expect(try await phase(played) == "Failed")

        try await played.migrate("nobody", by: "lost")
        _ = try await played.settle()
        // KubeVirt deletes the migrations of a VMI that is gone.
        #expect(try await played.names(.virtualMachineInstanceMigration) == ["job"])

        try await played.migrate("vmi", by: "ended")
        _ = try await played.settle(steps: 5)
        try await played.delete(.virtualMachineInstance, "vmi")
        _ = try await played.settle()
        #expect(try await played.names(.virtualMachineInstance) == ["bridged"])
        #expect(try await played.names(.pod).count == 1)
    }

    @Test(arguments: 0..<14) func `one that is deleted on the way leaves the VMI where it is or where it came`(
        steps: Int
    ) async throws {
        let played = try await running()
        try await played.migrate()
        _ = try await played.settle(steps: steps)
        try await played.delete(.virtualMachineInstanceMigration, "job")
        _ = try await played.settle()
        #expect(try await played.names(.virtualMachineInstanceMigration) == [])
        #expect(try await played.names(.pod) == [try await played.instance().podName])
        let instance = try await played.instance()
        #expect(instance.phase == .running)
        #expect(!instance.isMigrating)
        // Free for another one.
        let node = instance.nodeName
        try await played.migrate(by: "second")
        _ = try await played.settle()
        #expect(try await phase(played, "second") == "Succeeded")
        #expect(try await played.instance().nodeName != node)
    }
}
