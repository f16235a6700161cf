import EmbeddedCluster
import KubeModel
import Testing

@testable import EmbeddedKubeVirt

/// A VMI from its creation to its end.
@Suite struct InstanceTests {
    @Test func `goes through its phases, each stored`() async throws {
        let played = try PlayedCluster()
        try await played.createInstance()
        #expect(try await played.instance().phase == .pending)
        var phases: [String] = []
        for _ in 0..<20 {
            let phase = try await played.instance().phase.rawValue
            if phases.last != phase { phases.append(phase) }
            _ = try await played.settle(steps: 1)
        }
        #expect(phases == ["Pending", "Scheduling", "Scheduled", "Running"])
        let object = try await played.instance().object
        #expect(
            object[path: "status", "phaseTransitionTimestamps"]?.array?.compactMap { $0["phase"]?.string } == phases)
        #expect(object.hasTrueCondition("Ready"))
        #expect(object.hasTrueCondition("LiveMigratable"))
        #expect(object[path: "status", "nodeName"] == "node01")
        #expect(object[path: "metadata", "labels", "kubevirt.io/nodeName"] == "node01")
        #expect(object.finalizers == ["foregroundDeleteVirtualMachine"])
    }

    @Test func `has its launcher pod, and says so`() async throws {
        let played = try PlayedCluster()
        try await played.createDefinition()
        try await played.createInstance("vmi", Fixture.spec(on: "net"))
        let notes = try await played.settle()
        let instance = try await played.instance()
        let pods = try await played.list(.pod)
        #expect(pods.count == 1)
        let pod = try #require(pods.first)
        #expect(pod.metadataName?.wholeMatch(of: /virt-launcher-vmi-[a-z0-9]{5}/) != nil)
        #expect(pod[path: "metadata", "labels", "kubevirt.io"] == "virt-launcher")
        #expect(pod[path: "metadata", "labels", "kubevirt.io/created-by"]?.string == instance.uid)
        #expect(pod.isControlled(by: instance.object))
        #expect(
            pod.annotation("k8s.v1.cni.cncf.io/networks")
                == #"[{"interface":"\#(podName("net0"))","name":"net","namespace":"default"}]"#)
        #expect(pod[path: "status", "phase"] == "Running")
        #expect(instance.object[path: "status", "activePods", pod.metadataUID ?? ""] == "node01")
        #expect(
            notes.texts == [
                "SuccessfulCreate: Created virtual machine pod \(pod.metadataName ?? "")",
                "Created: VirtualMachineInstance defined.", "Started: VirtualMachineInstance started.",
            ])
        let statuses = instance.interfaceStatuses
        #expect(statuses.map(\.name) == ["default", "net0"])
        #expect(statuses[0].value["ipAddress"] == pod[path: "status", "podIP"])
        #expect(statuses[1].value["ipAddress"] == nil)
        #expect(statuses[1].value["podInterfaceName"]?.string == podName("net0"))
        #expect(try await played.interfaces() == ["default: domain", "net0: domain, multus-status"])
    }

    private func podName(_ network: String) -> String {
        Attachment(
            network: ["name": .string(network), "multus": ["networkName": "n"]], interface: [:], name: network,
            namespace: "default"
        ).podInterfaceName
    }

    // `printf %s NAME | sha256sum`, of which KubeVirt takes 11 digits.
    @Test(arguments: [("dyniface1", "pod9a6a0c3b4d8"), ("new-fancy-net", "podfb8cc32f7d9")])
    func `pod interfaces have KubeVirt's hashed names`(network: String, name: String) {
        #expect(podName(network) == name)
    }

    @Test func `gets an interface on the pod network when it has none`() async throws {
        let played = try PlayedCluster()
        try await played.createInstance("bare", ["domain": ["devices": [:]]])
        try await played.createInstance("none", ["domain": ["devices": ["autoattachPodInterface": false]]])
        _ = try await played.settle()
        let spec = try await played.instance("bare").object["spec"]
        #expect(spec?["networks"] == [["name": "default", "pod": [:]]])
        #expect(spec?[path: "domain", "devices", "interfaces"] == [["name": "default", "bridge": [:]]])
        #expect(try await played.interfaces("bare") == ["default: domain"])
        #expect(try await played.interfaces("none") == [])
        // KubeVirt moves no VMI that is bridged to its pod's network.
        let condition = try #require(try await played.instance("bare").object.condition("LiveMigratable"))
        #expect(condition["status"] == "False")
        #expect(condition["reason"] == "InterfaceNotLiveMigratable")
    }

    @Test(
        arguments: [
            (#"{"defaultNetworkInterface":"masquerade"}"#, "masquerade"),
            (#"{"defaultNetworkInterface":""}"#, "bridge"), (#"{"defaultNetworkInterface":"unknown"}"#, "bridge"),
            (#"{"defaultNetworkInterface":"slirp","permitSlirpInterface":true}"#, "slirp"),
            (#"{"defaultNetworkInterface":"slirp"}"#, "Slirp interface is not enabled in kubevirt-config"),
            (
                #"{"permitBridgeInterfaceOnPodNetwork":false}"#,
                "Bridge interface is not enabled in kubevirt-config"
            ),
        ]) func `gets the interface that the configuration says`(network: String, outcome: String) async throws
    {
        let played = try PlayedCluster()
        let settings = try JSONValue(parsing: Array(network.utf8))
        try await played.create(.kubeVirt, "kubevirt", ["spec": ["configuration": ["network": settings]]])
        do {
            try await played.createInstance("bare", ["domain": ["devices": [:]]])
            let spec = try await played.instance("bare").object["spec"]
            #expect(spec?[path: "domain", "devices", "interfaces"] == [["name": "default", "\(outcome)": [:]]])
        } catch let status as Status {
            #expect(status.code == 400)
            #expect(
                status.message
                    == #"admission webhook "virtualmachineinstances-mutator.kubevirt.io" denied the request: "#
                    + outcome)
        }
        // One that says what it wants is not asked.
        try await played.createInstance("vmi")
    }

    @Test func `keeps nothing of the status that a client sends`() async throws {
        let played = try PlayedCluster()
        try await played.create(
            .virtualMachineInstance, "vmi",
            ["spec": Fixture.spec(), "status": ["phase": "Running", "nodeName": "elsewhere", "interfaces": []]])
        let object = try await played.instance().object
        #expect(object[path: "status", "phase"] == "Pending")
        #expect(object[path: "status", "nodeName"] == nil)
    }

    @Test func `starts paused when its spec says so`() async throws {
        let played = try PlayedCluster()
        var spec = Fixture.spec()
        spec["startStrategy"] = "Paused"
        try await played.createInstance("vmi", spec)
        _ = try await played.settle()
        #expect(try await played.instance().object.hasTrueCondition("Paused"))
    }

    @Test func `waits for a network-attachment-definition, and names it`() async throws {
        let played = try PlayedCluster()
        try await played.createInstance("vmi", Fixture.spec(on: "other/net", "net"))
        let message =
            "failed to render launch manifest: Failed to locate network attachment definition other/net"
        #expect(try await played.settle().texts == ["FailedCreate: \(message)"])
        let waiting = try await played.instance()
        #expect(waiting.phase == .pending)
        #expect(waiting.object.condition("Synchronized")?["message"]?.string == message)
        #expect(try await played.names(.pod) == [])

        var metadata: JSONValue = ["name": "net"]
        metadata["namespace"] = "other"
        _ = try? await played.cluster.create(
            .namespace, namespace: nil,
            object: ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "other"]], options: .init())
        _ = try await played.cluster.create(
            .networkAttachmentDefinition, namespace: "other",
            object: [
                "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition", "metadata": metadata,
            ], options: .init())
        #expect(try await played.settle().texts.allSatisfy { $0.hasSuffix("definition default/net") })
        try await played.createDefinition()
        _ = try await played.settle()
        let running = try await played.instance()
        #expect(running.phase == .running)
        #expect(running.object.condition("Synchronized") == nil)
    }

    @Test func `goes with its pod when it is deleted`() async throws {
        let played = try PlayedCluster()
        try await played.createInstance()
        _ = try await played.settle()
        try await played.delete(.virtualMachineInstance, "vmi")
        // The finalizer holds it until the pod is gone.
        #expect(try await played.instance().object.isBeingDeleted)
        let notes = try await played.settle()
        #expect(notes.reasons == ["Stopped", "SuccessfulDelete"])
        #expect(try await played.names(.virtualMachineInstance) == [])
        #expect(try await played.names(.pod) == [])
    }

    @Test(arguments: 0..<8) func `goes whenever it is deleted`(steps: Int) async throws {
        let played = try PlayedCluster()
        try await played.createInstance()
        _ = try await played.settle(steps: steps)
        try await played.delete(.virtualMachineInstance, "vmi")
        _ = try await played.settle()
        #expect(try await played.names(.virtualMachineInstance) == [])
        #expect(try await played.names(.pod) == [])
    }

    @Test(arguments: [(2, InstancePhase.failed), (4, .failed), (20, .succeeded)])
    func `ends when its pod is deleted`(steps: Int, phase: InstancePhase) async throws {
        let played = try PlayedCluster()
        try await played.createInstance()
        _ = try await played.settle(steps: steps)
        try await played.delete(.pod, try #require(try await played.names(.pod).first))
        _ = try await played.settle()
        #expect(try await played.instance().phase == phase)
        #expect(try await played.names(.pod) == [])
    }
}
