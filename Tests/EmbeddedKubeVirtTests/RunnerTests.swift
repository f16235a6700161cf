import EmbeddedCluster
import KubeModel
import Logging
import Reactor
import Synchronization
import Testing

@testable import EmbeddedKubeVirt

/// The controllers at work on a loop.
@Suite struct RunnerTests {
    private func runner(_ played: PlayedCluster) throws -> EmbeddedKubeVirtRunner {
        try EmbeddedKubeVirtRunner(
            cluster: played.cluster, configuration: played.configuration, logger: Logger(label: "test"))
    }

    /// Waits for the objects of a resource to become so.
    private func wait(
        _ played: PlayedCluster, _ resource: Resource, until isReached: ([JSONValue]) -> Bool
    ) async throws {
        let start = try await played.cluster.list(resource, namespace: "default").resourceVersion
        let subscription = try await played.cluster.watch(resource, namespace: "default", from: start)
        while !isReached(try await played.list(resource)) {
            if try await subscription.next().isEmpty { return }
        }
    }

    @Test func `what is there has come to rest when it has started`() async throws {
        let played = try PlayedCluster()
        try await played.createDefinition()
        for index in 0..<20 { try await played.createMachine("vm\(index)", ["running": true], Fixture.spec(on: "net")) }
        let runner = try runner(played)
        await runner.start()
        let machines = try await played.list(.virtualMachine)
        #expect(
            machines.map { $0[path: "status", "printableStatus"]?.string } == Array(repeating: "Running", count: 20))
        #expect(try await played.names(.pod).count == 20)
        await runner.stop()
    }

    /// kubectl found the new one when it listed, and waited for good for the end of the old one.
    @Test func `a VM's VMI that was deleted came back before anybody could see it gone`() async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["runStrategy": "Always"])
        let cluster = TimedCluster(played.cluster)
        let runner = try EmbeddedKubeVirtRunner(
            cluster: cluster, configuration: played.configuration, logger: Logger(label: "test"))
        await runner.start()
        let old = try await played.instance("vm").uid
        try await played.delete(.virtualMachineInstance, "vm")
        try await wait(played, .virtualMachineInstance) { objects in
            objects.contains { $0.metadataUID != old && $0[path: "status", "phase"] == "Running" }
        }
        let pauses = cluster.pauses.withLock(\.self)
        #expect(pauses.count == 1)
        #expect(pauses.allSatisfy { $0 >= .milliseconds(KubeVirtControllers.Limits.recreationPauseMilliseconds) })
        await runner.stop()
    }

    @Test func `follows what users do`() async throws {
        let played = try PlayedCluster()
        let runner = try runner(played)
        await runner.start()
        try await played.createInstance()
        try await wait(played, .virtualMachineInstance) { $0.first?[path: "status", "phase"] == "Running" }
        try await played.addInterface("a", on: "later")
        try await wait(played, .event) { events in events.contains { $0["reason"] == "FailedAttachInterface" } }
        try await played.createDefinition("later")
        try await wait(played, .virtualMachineInstance) { objects in
            Instance(object: objects.first ?? .null).interfaceStatuses.contains { $0.name == "a" && $0.isInGuest }
        }
        try await played.migrate()
        try await wait(played, .virtualMachineInstanceMigration) { $0.first?[path: "status", "phase"] == "Succeeded" }
        try await wait(played, .pod) { $0.count == 1 }
        try await played.delete(.virtualMachineInstance, "vmi")
        try await wait(played, .virtualMachineInstance, until: \.isEmpty)
        try await wait(played, .virtualMachineInstanceMigration, until: \.isEmpty)
        #expect(try await played.names(.pod) == [])
        await runner.stop()
    }

    @Test func `a VM whose VMI cannot be created is told why`() async throws {
        let played = try PlayedCluster()
        // The template's label is none: the VM is stored, and no VMI can be.
        try await played.create(
            .virtualMachine, "vm",
            [
                "spec": [
                    "running": true,
                    "template": ["metadata": ["labels": ["a": "not a value!"]], "spec": Fixture.spec()],
                ]
            ])
        let runner = try runner(played)
        await runner.start()
        try await wait(played, .event) { events in
            events.contains { event in
                event["reason"] == "FailedCreate"
                    && event["message"]?.string?.hasPrefix("Error creating virtual machine instance: ") == true
            }
        }
        #expect(try await played.names(.virtualMachineInstance) == [])
        try await wait(played, .virtualMachine) { $0.first?.hasTrueCondition("Failure") == true }
        let machine = try await played.get(.virtualMachine, "vm")
        #expect(machine[path: "status", "printableStatus"] == "Stopped")
        #expect(
            machine.condition("Failure")?["message"]?.string?.hasPrefix(
                #"Failure while starting VMI: VirtualMachineInstance.kubevirt.io "vm" is invalid: metadata.labels: "#)
                == true)
        // Mended, it runs, and nothing has failed.
        try await played.patch(
            .virtualMachine, "vm",
            [.replace(JSONPointer(tokens: ["spec", "template", "metadata", "labels", "a"]), "value")])
        try await wait(played, .virtualMachine) {
            $0.first?[path: "status", "printableStatus"] == "Running" && $0.first?.condition("Failure") == nil
        }
        await runner.stop()
    }

    @Test func `a VM that waits after a failed start is started by the clock`() async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["running": true])
        let retry = Timestamp.rfc3339(WallClock.seconds + 2)
        _ = try await played.cluster.patch(
            .virtualMachine, namespace: "default", name: "vm",
            patch: .merge([
                "status": [
                    "startFailure": [
                        "consecutiveFailCount": 1, "lastFailedVMIUID": "u", "retryAfterTimestamp": .string(retry),
                    ]
                ]
            ]), options: WriteOptions(subresource: "status"))
        let runner = try runner(played)
        await runner.start()
        try await wait(played, .virtualMachine) { $0.first?[path: "status", "printableStatus"] == "Running" }
        #expect(WallClock.seconds >= RFC3339.seconds(retry) ?? .max)
        await runner.stop()
    }

    @Test func `one that is stopped is gone on with by the next`() async throws {
        let played = try PlayedCluster()
        let first = try runner(played)
        await first.start()
        try await played.createMachine("vm", ["running": true])
        await first.stop()
        let second = try runner(played)
        await second.start()
        let machine = try await played.get(.virtualMachine, "vm")
        #expect(machine[path: "status", "printableStatus"] == "Running")
        await second.stop()
    }
}
