import EmbeddedCluster
import HotplugAPI
import KubeModel
import Testing

@testable import EmbeddedKubeVirt

/// Interfaces that come and go while the guest runs.
@Suite struct HotplugTests {
    @Test func `a condition told of each of hundreds of interfaces without a slot, and held up the start`() {
        let max = InstanceDecider.obstaclesToldMax
        let messages = (1...max + 1).map { "\($0)" }
        #expect(InstanceDecider.summary(Array(messages.prefix(max))) == "1; 2; 3; 4; 5; 6; 7; 8")
        #expect(InstanceDecider.summary(messages) == "1; 2; 3; 4; 5; 6; 7; 8; and 1 more")
    }

    @Test func `an interface is in the pod first, then in the guest`() async throws {
        let played = try await PlayedCluster.running()
        try await played.addInterface("dyniface1")
        var seen: [[String]] = []
        for _ in 0..<8 {
            _ = try await played.settle(steps: 1)
            let interfaces = try await played.interfaces()
            if seen.last != interfaces { seen.append(interfaces) }
        }
        #expect(
            seen == [
                ["default: domain"], ["default: domain", "dyniface1: multus-status"],
                ["default: domain", "dyniface1: domain, multus-status"],
            ])
        let status = try #require(try await played.instance().interfaceStatuses.last?.value)
        #expect(status["podInterfaceName"] == "pod9a6a0c3b4d8")
        #expect(status["mac"]?.string?.wholeMatch(of: /02(:[0-9a-f]{2}){5}/) != nil)
        #expect(status["queueCount"] == 1)
        #expect(status["ipAddress"] == nil)
        let pod = try #require(try await played.list(.pod).first)
        #expect(
            pod.annotation("k8s.v1.cni.cncf.io/networks")
                == #"[{"interface":"pod9a6a0c3b4d8","name":"net","namespace":"default"}]"#)
        #expect(pod.annotation("k8s.v1.cni.cncf.io/network-status")?.contains("pod9a6a0c3b4d8") == true)
    }

    @Test func `the MAC address that the user gives is taken`() async throws {
        let played = try await PlayedCluster.running()
        try await played.patch(
            .virtualMachineInstance, "vmi",
            [
                .add(JSONPointer(tokens: ["spec", "networks", "-"]), ["name": "x", "multus": ["networkName": "net"]]),
                .add(
                    JSONPointer(tokens: ["spec", "domain", "devices", "interfaces", "-"]),
                    ["name": "x", "bridge": [:], "macAddress": "de:ad:00:00:be:ef"]),
            ])
        _ = try await played.settle()
        #expect(try await played.instance().interfaceStatuses.last?.value["mac"] == "de:ad:00:00:be:ef")
        let pod = try #require(try await played.list(.pod).first)
        #expect(pod.annotation("k8s.v1.cni.cncf.io/networks")?.contains(#""mac":"de:ad:00:00:be:ef""#) == true)
    }

    @Test func `an interface waits for its network-attachment-definition, which an event names`() async throws {
        let played = try await PlayedCluster.running()
        try await played.addInterface("a", on: "later")
        let notes = try await played.settle()
        #expect(
            notes.texts == [
                #"FailedAttachInterface: interface "a" waits for network-attachment-definition "default/later", "#
                    + "which does not exist: create it"
            ])
        #expect(notes.first?.kind == .warning)
        #expect(try await played.interfaces() == ["default: domain"])
        // Told for as long as it is so, when the event has gone.
        let condition = try await played.instance().object.condition("Synchronized")
        #expect(condition?["reason"] == "FailedAttachInterface")
        #expect(condition?["message"]?.string == notes.first?.message)
        try await played.createDefinition("later")
        #expect(try await played.settle().texts == [])
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
        #expect(try await played.instance().object.condition("Synchronized") == nil)
        // What is attached stays when its definition goes.
        try await played.delete(.networkAttachmentDefinition, "later")
        #expect(try await played.settle().texts == [])
        #expect(try await played.interfaces().count == 2)
    }

    @Test func `a removed interface leaves the guest, the pod, and then the spec`() async throws {
        let played = try await PlayedCluster.running()
        try await played.addInterface("a")
        _ = try await played.settle()
        try await played.removeInterface(1)
        _ = try await played.settle(steps: 1)
        #expect(try await played.interfaces() == ["default: domain", "a: multus-status"])
        _ = try await played.settle()
        #expect(try await played.interfaces() == ["default: domain"])
        #expect(try await played.instance().attachments.map(\.name) == ["default"])
        let pod = try #require(try await played.list(.pod).first)
        #expect(pod.annotation("k8s.v1.cni.cncf.io/networks") == "[]")
        // The name is free again.
        try await played.addInterface("a")
        _ = try await played.settle()
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
    }

    @Test func `one that is removed before it was there leaves the spec`() async throws {
        let played = try await PlayedCluster.running()
        try await played.addInterface("a", on: "missing")
        _ = try await played.settle()
        try await played.removeInterface(1)
        #expect(try await played.settle().texts == [])
        #expect(try await played.instance().attachments.map(\.name) == ["default"])
    }

    // MARK: PCI slots

    struct Slots: Sendable {
        var machine: String?
        var reserved = 0
        /// How many of 32 that are plugged in one after the other the guest takes.
        let taken: Int
    }

    /// The advice and the guest agree, whatever the topology.
    @Test(arguments: [
        Slots(taken: 1), Slots(machine: "q35", reserved: 1, taken: 1), Slots(machine: "q35", reserved: 4, taken: 4),
        Slots(machine: "pc-q35-rhel9.2.0", reserved: 32, taken: 23), Slots(machine: "pc", taken: 23),
        Slots(machine: "s390-ccw-virtio", taken: 32),
    ])
    func `the guest takes as many as it has slots for, and addinterface warns of the next`(_ slots: Slots) async throws
    {
        let configuration = EmbeddedKubeVirtConfiguration(reservedPorts: slots.reserved)
        let played = try await PlayedCluster.running(configuration, spec: Fixture.spec(machine: slots.machine))
        for index in 0..<32 {
            let change = InterfaceChange.add(
                AddInterfaceOptions(networkAttachmentDefinitionName: "net", name: "i\(index)"))
            let plan = try InterfacePlan(change, on: try await played.instance().object)
            #expect(plan.warnings.isEmpty == (index < slots.taken), "\(index): \(plan.warnings)")
            try await played.addInterface("i\(index)")
            let notes = try await played.settle()
            let status = try #require(try await played.instance().interfaceStatuses.last)
            #expect(status.name == "i\(index)")
            #expect(status.isInGuest == (index < slots.taken))
            if index == slots.taken {
                #expect(notes.reasons == ["NicHotplug"])
                let message =
                    "failed to hotplug interface \"i\(index)\": internal error: No more available PCI slots; remove "
                    + "another one, or create the VirtualMachineInstance anew with it in its spec"
                #expect(notes[0].message == message)
                let condition = try await played.instance().object.condition("Synchronized")
                #expect(condition?["status"] == "False")
                #expect(condition?["reason"] == "Synchronizing with the Domain failed.")
                #expect(condition?["message"]?.string == message)
            }
        }
    }

    @Test(arguments: ["-1", "-9223372036854775808", "x"])
    func `a number of slots that a user wrote ended the server`(_ slots: String) async throws {
        let played = try await PlayedCluster.running()
        _ = try await played.cluster.patch(
            .virtualMachineInstance, namespace: "default", name: "vmi",
            patch: .merge(["metadata": ["annotations": ["hotplug-apiserver/interface-slots": .string(slots)]]]),
            options: WriteOptions())
        try await played.addInterface("a")
        _ = try await played.settle()
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
    }

    @Test func `a slot that comes free goes to the next in line`() async throws {
        let played = try await PlayedCluster.running()
        for name in ["a", "b"] { try await played.addInterface(name) }
        #expect(try await played.settle().reasons == ["NicHotplug"])
        #expect(
            try await played.interfaces()
                == ["default: domain", "a: domain, multus-status", "b: multus-status"])
        try await played.removeInterface(1)
        #expect(try await played.settle().texts == [])
        #expect(try await played.interfaces() == ["default: domain", "b: domain, multus-status"])
    }

    @Test func `nothing is plugged into the root complex`() async throws {
        let played = try PlayedCluster()
        try await played.createDefinition()
        try await played.create(
            .virtualMachineInstance, "vmi", ["spec": Fixture.spec()],
            metadata: ["annotations": ["kubevirt.io/placePCIDevicesOnRootComplex": "true"]])
        _ = try await played.settle()
        try await played.addInterface("a")
        #expect(try await played.settle().reasons == ["NicHotplug"])
    }
}
