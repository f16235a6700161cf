import EmbeddedCluster
import KubeModel
import Synchronization
import Testing

@testable import EmbeddedKubeVirt

/// VirtualMachines and their VMIs.
@Suite struct MachineTests {
    private func status(_ played: PlayedCluster) async throws -> String {
        try await played.get(.virtualMachine, "vm")[path: "status", "printableStatus"]?.string ?? ""
    }

    @Test(
        arguments: [
            (["running": true], "Running"), (["running": false], "Stopped"), (["runStrategy": "Always"], "Running"),
            (["runStrategy": "RerunOnFailure"], "Running"), (["runStrategy": "Manual"], "Stopped"),
            (["runStrategy": "Halted"], "Stopped"), (["runStrategy": "Once"], "Running"), ([:], "Stopped"),
            (["runStrategy": "Sometimes"], "Stopped"),
        ] as [(JSONObject, String)])
    func `a new VM runs or not by its strategy`(strategy: JSONObject, status: String) async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", strategy)
        _ = try await played.settle()
        let machine = try await played.get(.virtualMachine, "vm")
        #expect(machine[path: "status", "printableStatus"]?.string == status)
        let isRunning = status == "Running"
        #expect(try await played.names(.virtualMachineInstance) == (isRunning ? ["vm"] : []))
        #expect(machine[path: "status", "created"]?.bool == (isRunning ? true : nil))
        #expect(machine[path: "status", "ready"]?.bool == (isRunning ? true : nil))
        #expect(machine.hasTrueCondition("Ready") == isRunning)
        #expect(machine.hasTrueCondition("LiveMigratable") == isRunning)
        #expect(machine.finalizers == ["kubevirt.io/virtualMachineControllerFinalize"])
        if !isRunning { #expect(machine.condition("Ready")?["reason"] == "VMINotExists") }
    }

    @Test func `its VMI has the template's labels, spec and the VM as its controller`() async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["running": true])
        let notes = try await played.settle()
        let instance = try await played.instance("vm").object
        #expect(instance[path: "metadata", "labels", "kubevirt.io/vm"] == "vm")
        #expect(instance[path: "metadata", "labels", "vm.kubevirt.io/name"] == nil)
        #expect(instance["spec"] == Fixture.spec())
        #expect(instance.isControlled(by: try await played.get(.virtualMachine, "vm")))
        #expect(
            notes.texts.first
                == "SuccessfulCreate: Started the virtual machine by creating the new virtual machine instance vm")
    }

    @Test func `its status tells the way up`() async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["running": true])
        var seen: [String] = []
        for _ in 0..<30 {
            _ = try await played.settle(steps: 1)
            let status = try await status(played)
            if seen.last != status { seen.append(status) }
        }
        #expect(seen == ["", "Starting", "Running"])
    }

    @Test func `stops and starts as its spec says`() async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["running": true])
        _ = try await played.settle()
        let running = JSONPointer(tokens: ["spec", "running"])
        try await played.patch(.virtualMachine, "vm", [.replace(running, false)])
        _ = try await played.settle()
        #expect(try await status(played) == "Stopped")
        #expect(try await played.names(.virtualMachineInstance) == [])
        #expect(try await played.names(.pod) == [])
        try await played.patch(.virtualMachine, "vm", [.replace(running, true)])
        _ = try await played.settle()
        #expect(try await status(played) == "Running")
    }

    /// What becomes of a VMI that ends, by strategy: whether there is one, and whether it is a new one.
    @Test(arguments: [
        ("Always", InstancePhase.succeeded, true, true), ("Always", .failed, true, true),
        ("RerunOnFailure", .succeeded, true, false), ("RerunOnFailure", .failed, true, true),
        ("Once", .failed, true, false),
    ])
    func `starts an ended VMI again or not`(
        strategy: String, phase: InstancePhase, isThere: Bool, isNew: Bool
    ) async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["runStrategy": .string(strategy)])
        _ = try await played.settle()
        var ended = try await played.instance("vm")
        ended.setPhase(phase, now: PlayedCluster.now)
        _ = try await played.cluster.update(
            .virtualMachineInstance, namespace: "default", name: "vm", object: ended.object, options: .init())
        _ = try await played.settle()
        #expect(try await played.names(.virtualMachineInstance).isEmpty == !isThere)
        let instance = try await played.instance("vm")
        #expect((instance.uid != ended.uid) == isNew)
        #expect(instance.phase == (isNew ? .running : phase))
        #expect(try await status(played) == (isNew ? "Running" : "Stopped"))
    }

    // MARK: Starts that fail

    /// Deletes the launcher pod of a VMI that is about to start.
    private func failStart(_ played: PlayedCluster) async throws {
        for _ in 0..<20
        where try await played.list(.virtualMachineInstance).first?[path: "status", "phase"] != "Scheduling" {
            _ = try await played.settle(steps: 1)
        }
        #expect(try await played.instance("vm").phase == .scheduling)
        try await played.delete(.pod, try #require(try await played.names(.pod).first))
        _ = try await played.settle()
    }

    private func failure(_ played: PlayedCluster) async throws -> JSONValue? {
        try await played.get(.virtualMachine, "vm")[path: "status", "startFailure"]
    }

    @Test(arguments: ["Always", "RerunOnFailure"])
    func `a VM whose VMI fails before it runs waits longer each time, and says so`(strategy: String) async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["runStrategy": .string(strategy)])
        for (count, delays) in [(1, Int64(10)...15), (2, 40...60)] {
            try await failStart(played)
            #expect(try await status(played) == "CrashLoopBackOff")
            #expect(try await played.names(.virtualMachineInstance) == [])
            let failure = try #require(try await failure(played))
            #expect(failure["consecutiveFailCount"]?.int == count)
            #expect(failure["lastFailedVMIUID"]?.string?.isEmpty == false)
            let retry = try #require(RFC3339.seconds(failure["retryAfterTimestamp"]?.string ?? ""))
            let now = played.clock.withLock(\.self)
            #expect(delays.contains(retry - now))
            // Not before its time.
            played.clock.withLock { $0 = retry - 1 }
            #expect(try await played.advance(steps: 1000).steps == 0)
            played.clock.withLock { $0 = retry }
        }
        _ = try await played.settle()
        #expect(try await status(played) == "Running")
        #expect(try await failure(played) == nil)
    }

    @Test func `one that is halted meanwhile has nothing to wait for`() async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["running": true])
        try await failStart(played)
        let running = JSONPointer(tokens: ["spec", "running"])
        try await played.patch(.virtualMachine, "vm", [.replace(running, false)])
        _ = try await played.settle()
        #expect(try await status(played) == "Stopped")
        #expect(try await failure(played) == nil)
        try await played.patch(.virtualMachine, "vm", [.replace(running, true)])
        _ = try await played.settle()
        #expect(try await status(played) == "Running")
    }

    @Test(
        arguments: [
            (0, 0, 10), (1, 0, 10), (1, 255, 14), (2, 0, 40), (5, 0, 250), (5, 255, 300), (6, 0, 300),
            (Int.max, 255, 300),
        ] as [(Int, Int64, Int64)])
    func `the wait grows with the square of the failures, to five minutes`(count: Int, share: Int64, delay: Int64) {
        #expect(MachineDecider.StartBackoff.delay(failures: count, share: share) == delay)
    }

    @Test func `says that another's VMI has its name`() async throws {
        let played = try PlayedCluster()
        try await played.create(
            .virtualMachineInstance, "vm", ["spec": Fixture.spec()],
            metadata: [
                "ownerReferences": [
                    ["apiVersion": "v1", "kind": "Other", "name": "o", "uid": "1", "controller": true]
                ]
            ])
        try await played.createMachine("vm", ["running": true])
        let notes = try await played.settle()
        let message = #"virtualmachineinstances.kubevirt.io "vm" already exists"#
        #expect(notes.texts.last == "FailedCreate: Error creating virtual machine instance: \(message)")
        let machine = try await played.get(.virtualMachine, "vm")
        #expect(machine.hasTrueCondition("Failure"))
        #expect(machine.condition("Failure")?["message"]?.string == "Failure while starting VMI: \(message)")
        #expect(machine[path: "status", "printableStatus"] == "Stopped")
        #expect(machine[path: "status", "created"] == nil)
        try await played.delete(.virtualMachineInstance, "vm")
        _ = try await played.settle()
        #expect(try await status(played) == "Running")
        #expect(try await played.get(.virtualMachine, "vm").condition("Failure") == nil)
    }

    @Test(
        arguments: [
            (["runStrategy": "Sometimes"], "unknown runstrategy: Sometimes"),
            (
                ["running": true, "runStrategy": "Always"],
                "Error fetching RunStrategy: running and runstrategy are mutually exclusive"
            ),
        ] as [(JSONObject, String)])
    func `a strategy that is none is a failure`(strategy: JSONObject, message: String) async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", strategy)
        _ = try await played.settle()
        let machine = try await played.get(.virtualMachine, "vm")
        #expect(machine.condition("Failure")?["reason"] == "FailedCreate")
        #expect(machine.condition("Failure")?["message"]?.string == message)
    }

    @Test func `takes its VMI and pod along when it is deleted`() async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["running": true])
        _ = try await played.settle()
        try await played.delete(.virtualMachine, "vm")
        var seen: Set<String> = []
        while try await !played.names(.virtualMachine).isEmpty {
            seen.insert(try await status(played))
            _ = try await played.settle(steps: 1)
        }
        #expect(seen == ["Running", "Terminating"])
        _ = try await played.settle()
        for resource in [Resource.virtualMachine, .virtualMachineInstance, .pod] {
            #expect(try await played.names(resource) == [])
        }
    }

    @Test func `adopts a VMI of its name that nobody controls, and leaves another's alone`() async throws {
        let played = try PlayedCluster()
        try await played.createInstance("vm")
        try await played.create(
            .virtualMachineInstance, "taken", ["spec": Fixture.spec()],
            metadata: [
                "ownerReferences": [
                    ["apiVersion": "v1", "kind": "Other", "name": "o", "uid": "1", "controller": true]
                ]
            ])
        try await played.createMachine("vm", ["running": true])
        try await played.createMachine("taken", ["running": false])
        _ = try await played.settle()
        #expect(try await played.instance("vm").object.isControlled(by: try await played.get(.virtualMachine, "vm")))
        #expect(try await status(played) == "Running")
        #expect(try await played.instance("taken").phase == .running)
    }

    @Test(arguments: [false, true])
    func `a deletion that orphans what the VM owns took its VMI with it`(orphans: Bool) async throws {
        let played = try PlayedCluster()
        try await played.createMachine("vm", ["running": true])
        _ = try await played.settle()
        let uid = try await played.instance("vm").uid
        _ = try await played.cluster.delete(
            .virtualMachine, namespace: "default", name: "vm", options: DeleteOptions(orphansDependents: orphans))
        _ = try await played.settle()
        #expect(try await played.names(.virtualMachine) == [])
        #expect(try await played.names(.virtualMachineInstance) == (orphans ? ["vm"] : []))
        guard orphans else { return }
        let instance = try await played.instance("vm")
        #expect(instance.uid == uid)
        #expect(instance.phase == .running)
        #expect(instance.object.controller == nil)
        // A VM of that name takes it in again.
        try await played.createMachine("vm", ["running": true])
        _ = try await played.settle()
        #expect(try await played.instance("vm").uid == uid)
        #expect(try await played.instance("vm").object.controller?["kind"] == "VirtualMachine")
    }

    @Test(
        arguments: [
            (String(repeating: "a", count: 64), nil, String(repeating: "a", count: 63)), ("a.b", nil, "a"),
            ("a", "guest", "guest"),
        ] as [(String, String?, String)])
    func `the pod of a machine with a long name had a label that none can have`(
        _ name: String, _ hostname: String?, _ expected: String
    ) async throws {
        let played = try PlayedCluster()
        var spec = Fixture.spec()
        if let hostname { spec["hostname"] = .string(hostname) }
        try await played.create(.virtualMachine, name, ["spec": ["running": true, "template": ["spec": spec]]])
        _ = try await played.settle()
        #expect(try await played.instance(name).phase == .running)
        let pod = try #require(try await played.list(.pod).first)
        #expect(pod[path: "spec", "hostname"]?.string == expected)
        #expect(pod[path: "metadata", "labels", "vm.kubevirt.io/name"]?.string == expected)
    }

    // MARK: Interfaces over a restart

    private let template = ["spec", "template", "spec"]

    private func restart(_ played: PlayedCluster) async throws {
        let handler = LifecycleHandler(cluster: played.cluster)
        try await handler.handle(.restart, namespace: "default", name: "vm", body: [], dryRun: [])
        _ = try await played.settle()
    }

    @Test func `a persisted interface is there after a restart, at boot, and one that was not is gone`() async throws {
        let played = try PlayedCluster()
        try await played.createDefinition()
        try await played.createMachine("vm", ["running": true])
        _ = try await played.settle()
        try await played.addInterface("kept", to: "vm", of: .virtualMachine, path: template)
        try await played.addInterface("kept", to: "vm")
        try await played.addInterface("lost", to: "vm")
        // One port is free on q35.
        #expect(try await played.settle().reasons == ["NicHotplug"])
        #expect(
            try await played.interfaces("vm")
                == ["default: domain", "kept: domain, multus-status", "lost: multus-status"])
        let old = try await played.instance("vm").uid

        try await restart(played)
        #expect(try await played.instance("vm").uid != old)
        #expect(try await played.interfaces("vm") == ["default: domain", "kept: domain, multus-status"])
        // There is a free port again.
        try await played.addInterface("more", to: "vm")
        #expect(try await played.settle().texts == [])
        #expect(try await played.interfaces("vm").last == "more: domain, multus-status")
    }

    @Test func `a stopped VM takes the interface of its template when it starts`() async throws {
        let played = try PlayedCluster()
        try await played.createDefinition()
        try await played.createMachine("vm", ["running": false])
        _ = try await played.settle()
        try await played.addInterface("kept", to: "vm", of: .virtualMachine, path: template)
        _ = try await played.settle()
        #expect(try await played.names(.virtualMachineInstance) == [])
        try await LifecycleHandler(cluster: played.cluster).handle(
            .start, namespace: "default", name: "vm", body: [], dryRun: [])
        _ = try await played.settle()
        #expect(try await played.interfaces("vm") == ["default: domain", "kept: domain, multus-status"])
    }

    @Test(arguments: [true, false])
    func `interfaces of the template reach the VMI where KubeVirt copies them`(copies: Bool) async throws {
        let played = try PlayedCluster(EmbeddedKubeVirtConfiguration(copiesInterfaces: copies))
        try await played.createDefinition()
        try await played.createMachine("vm", ["running": true])
        _ = try await played.settle()
        try await played.addInterface("a", to: "vm", of: .virtualMachine, path: template)
        _ = try await played.settle()
        #expect(
            try await played.interfaces("vm")
                == ["default: domain"] + (copies ? ["a: domain, multus-status"] : []))
        try await played.removeInterface(1, from: "vm", of: .virtualMachine, path: template)
        _ = try await played.settle()
        #expect(try await played.interfaces("vm") == ["default: domain"])
        #expect(try await played.instance("vm").attachments.map(\.name) == ["default"])
        let spec = try await played.get(.virtualMachine, "vm")[path: "spec", "template", "spec"]
        #expect(spec?["networks"] == [Fixture.podNetwork])
    }

    @Test(arguments: [true, false]) func `an absent interface leaves the template`(isRunning: Bool) async throws {
        let played = try PlayedCluster()
        try await played.createDefinition()
        try await played.createMachine("vm", ["running": .bool(isRunning)], Fixture.spec(on: "net"))
        _ = try await played.settle()
        try await played.removeInterface(1, from: "vm", of: .virtualMachine, path: template)
        if isRunning {
            _ = try await played.settle()
            // The VMI has it still.
            let spec = try await played.get(.virtualMachine, "vm")[path: "spec", "template", "spec"]
            #expect(spec?["networks"]?.array?.count == 2)
            try await played.removeInterface(1, from: "vm")
        }
        _ = try await played.settle()
        let spec = try await played.get(.virtualMachine, "vm")[path: "spec", "template", "spec"]
        #expect(spec?["networks"] == [Fixture.podNetwork])
        #expect(spec?[path: "domain", "devices", "interfaces"] == [Fixture.podInterface])
    }
}
