import EmbeddedCluster
import HotplugAPI
import KubeModel
import Synchronization
import Testing

@testable import EmbeddedKubeVirt

/// What users do at the wrong moment.
@Suite struct EdgeTests {
    /// The pod interfaces that Multus is asked for, as the annotation of the VMI's pod says.
    private func asked(_ played: PlayedCluster, _ name: String = "vmi") async throws -> [String] {
        let pod = try await played.get(.pod, played.instance(name).podName)
        let networks = try JSONValue(parsing: Array((pod.annotation("k8s.v1.cni.cncf.io/networks") ?? "[]").utf8))
        return (networks.array ?? []).compactMap { $0["name"]?.string }
    }

    /// The interface that is asked for at each step of a migration: it gets to the guest, on whichever node.
    @Test(arguments: [EmbeddedMultus.dynamic, .none], 0..<14)
    func `an interface that is added while a migration runs gets to the guest`(
        multus: EmbeddedMultus, steps: Int
    ) async throws {
        let played = try await PlayedCluster.running(EmbeddedKubeVirtConfiguration(multus: multus))
        try await played.migrate()
        _ = try await played.settle(steps: steps)
        try await played.addInterface("a")
        _ = try await played.settle()
        let migration = try await played.get(.virtualMachineInstanceMigration, "job")
        #expect(migration[path: "status", "phase"] == "Succeeded")
        #expect(try await played.names(.pod).count == 1)
        if try await !played.instance().interfaceStatuses.contains(where: { $0.name == "a" }) {
            // The target pod had been made before: it waits for the next migration, and says so.
            #expect(multus == .none)
            #expect(try await played.instance().object.hasTrueCondition("MigrationRequired"))
            try await played.migrate(by: "next")
            _ = try await played.settle()
        }
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
        #expect(try await asked(played) == ["net"])
        #expect(try await played.instance().object.condition("MigrationRequired") == nil)
    }

    @Test(arguments: [EmbeddedMultus.dynamic, .none], 0..<14)
    func `an interface that is removed while a migration runs leaves guest and pod`(
        multus: EmbeddedMultus, steps: Int
    ) async throws {
        let played = try await PlayedCluster.running(
            EmbeddedKubeVirtConfiguration(multus: multus), spec: Fixture.spec(on: "net"))
        try await played.migrate()
        _ = try await played.settle(steps: steps)
        try await played.removeInterface(1)
        _ = try await played.settle()
        if multus == .none {
            try await played.migrate(by: "next")
            _ = try await played.settle()
        }
        #expect(try await played.interfaces() == ["default: domain"])
        #expect(try await played.instance().attachments.map(\.name) == ["default"])
        #expect(try await asked(played) == [])
        #expect(try await played.names(.pod).count == 1)
    }

    @Test func `a name is refused while its interface goes, and free when it has gone`() async throws {
        let played = try await PlayedCluster.running()
        try await played.addInterface("a")
        _ = try await played.settle()
        try await played.removeInterface(1)
        let change = InterfaceChange.add(AddInterfaceOptions(networkAttachmentDefinitionName: "net", name: "a"))
        let status = await #expect(throws: Status.self) {
            try InterfacePlan(change, on: try await played.instance().object)
        }
        #expect(status?.code == 409)
        #expect(status?.message.contains("is being removed (its state is absent)") == true)
        _ = try await played.settle()
        #expect(try InterfacePlan(change, on: try await played.instance().object).warnings == [])
        try await played.addInterface("a")
        _ = try await played.settle()
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
    }

    @Test func `one whose definition goes while it is plugged is detached all the same`() async throws {
        let played = try await PlayedCluster.running()
        try await played.addInterface("a")
        _ = try await played.settle()
        try await played.delete(.networkAttachmentDefinition, "net")
        #expect(try await played.settle().texts == [])
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
        try await played.removeInterface(1)
        #expect(try await played.settle().texts == [])
        #expect(try await played.interfaces() == ["default: domain"])
        #expect(try await asked(played) == [])
    }

    @Test func `the gate is asked for new requests, and what was accepted is plugged without it`() async throws {
        let played = try await PlayedCluster.running()
        let kubeVirt: JSONObject = [
            "spec": ["configuration": ["developerConfiguration": ["featureGates": ["HotplugNICs"]]]]
        ]
        try await played.create(.kubeVirt, "kubevirt", kubeVirt)
        let handler = HotplugHandler(
            cluster: played.cluster, facts: KubeVirtFactsSource(cluster: played.cluster),
            configuration: HotplugConfiguration(propagation: .direct), pause: { _ in })
        func add(_ name: String) async throws {
            _ = try await handler.handle(
                HotplugRequest(
                    .add, of: HotplugSubject(.virtualMachineInstance, namespace: "default", name: "vmi"),
                    body: Array(#"{"networkAttachmentDefinitionName":"net","name":"\#(name)"}"#.utf8)))
        }
        try await add("a")
        try await played.patch(
            .kubeVirt, "kubevirt",
            [
                .replace(
                    JSONPointer(tokens: ["spec", "configuration", "developerConfiguration", "featureGates"]), [])
            ])
        let status = await #expect(throws: Status.self) { try await add("b") }
        #expect(status?.message.contains(#"the "HotplugNICs" feature gate is not enabled"#) == true)
        _ = try await played.settle()
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
    }

    @Test func `VMIs of one name in two namespaces are two`() async throws {
        let played = try await PlayedCluster.running()
        _ = try await played.cluster.create(
            .namespace, namespace: nil,
            object: ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "other"]], options: .init())
        _ = try await played.cluster.create(
            .virtualMachineInstance, namespace: "other",
            object: [
                "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": ["name": "vmi"],
                "spec": Fixture.spec(),
            ], options: .init())
        try await played.addInterface("a")
        _ = try await played.settle()
        #expect(try await played.interfaces() == ["default: domain", "a: domain, multus-status"])
        let reconciler = Reconciler(cluster: played.cluster, configuration: played.configuration) { PlayedCluster.now }
        let item = WorkItem(.instance, namespace: "other", name: "vmi")
        while case let steps = try await reconciler.decide(item).steps, steps.contains(where: \.changesObjects) {
            for step in steps { try await reconciler.perform(step) }
        }
        let stored = try await played.cluster.get(.virtualMachineInstance, namespace: "other", name: "vmi")
        let other = Instance(object: try stored.json())
        #expect(other.phase == .running)
        #expect(other.interfaceStatuses.map(\.name) == ["default"])
        // Other machines, other addresses.
        let one = try await played.instance()
        #expect(one.interfaceStatuses[0].value["mac"] != other.interfaceStatuses[0].value["mac"])
        #expect(one.interfaceStatuses[0].value["ipAddress"] != other.interfaceStatuses[0].value["ipAddress"])
    }

    @Test(arguments: 0..<5) func `a VMI that is deleted while an interface is plugged takes all along`(
        steps: Int
    ) async throws {
        let played = try await PlayedCluster.running()
        try await played.addInterface("a")
        _ = try await played.settle(steps: steps)
        try await played.delete(.virtualMachineInstance, "vmi")
        _ = try await played.settle()
        #expect(try await played.names(.virtualMachineInstance) == [])
        #expect(try await played.names(.pod) == [])
    }

    @Test func `addresses that are made up differ, and stay`() async throws {
        let configuration = EmbeddedKubeVirtConfiguration(reservedPorts: 8)
        let played = try await PlayedCluster.running(configuration)
        for index in 0..<8 { try await played.addInterface("i\(index)") }
        _ = try await played.settle()
        func addresses() async throws -> [String] {
            try await played.instance().interfaceStatuses.compactMap { $0.value["mac"]?.string }
        }
        let first = try await addresses()
        #expect(first.count == 9)
        #expect(Set(first).count == 9)
        try await played.migrate()
        _ = try await played.settle()
        #expect(try await addresses() == first)
    }

    /// KubeVirt looks for no duplicates; KubeMacPool does.
    @Test func `an address that is given twice is taken twice`() async throws {
        var spec = Fixture.spec(on: "net", "net")
        for index in [1, 2] {
            var interfaces = spec[path: "domain", "devices", "interfaces"]?.array ?? []
            interfaces[index]["macAddress"] = "de:ad:00:00:be:ef"
            spec["domain"]?["devices"]?["interfaces"] = .array(interfaces)
        }
        let played = try await PlayedCluster.running(spec: spec)
        #expect(
            try await played.instance().interfaceStatuses.dropFirst().map { $0.value["mac"] }
                == ["de:ad:00:00:be:ef", "de:ad:00:00:be:ef"])
    }

    @Test func `what waits is told once, however often it is looked at in an hour`() async throws {
        let played = try await PlayedCluster.running()
        try await played.addInterface("a", on: "missing")
        let recorder = EventRecorder(cluster: played.cluster) { played.clock.withLock(\.self) }
        var versions: Set<String> = []
        for _ in 0..<360 {
            for note in try await played.settle() { try await recorder.record(note) }
            let events = try await played.list(.event).filter { $0["reason"] == "FailedAttachInterface" }
            #expect(events.count == 1)
            versions.insert(events.first?.metadataResourceVersion ?? "")
            played.clock.withLock { $0 += 10 }
        }
        // Written once a minute, which the count tells.
        #expect(versions.count == 60)
        let event = try #require(try await played.list(.event).first { $0["reason"] == "FailedAttachInterface" })
        #expect(event["count"]?.int == 60)
    }
}
