import HotplugAPI
import KubeModel
import Testing

/// A VM and its VMI change together.
@Suite struct PersistTests {
    private static let machine = Fixture.machine()
    private static let instance = Fixture.instance("vm-fedora", ownedBy: "vm-fedora")
    private static let patchedMachine = machine.adding("dyniface1", "new-fancy-net")
    private static let patchedInstance = instance.adding("dyniface1", "new-fancy-net")
    private static let patchMachine = "patch virtualmachines/vm-fedora"
    private static let patchInstance = "patch virtualmachineinstances/vm-fedora"

    private func cluster(_ objects: JSONValue..., version: String? = "v1.0.0-rc.0") -> FakeCluster {
        FakeCluster([Fixture.kubeVirt(version: version), Fixture.definition()] + objects)
    }

    private func patches(_ cluster: FakeCluster) async -> [String] {
        await cluster.calls.filter { $0.hasPrefix("patch") }
    }

    private func expect(_ cluster: FakeCluster, _ machine: JSONValue?, _ instance: JSONValue?) async {
        #expect(await cluster.object(.virtualMachine, "vm-fedora") == machine)
        #expect(await cluster.object(.virtualMachineInstance, "vm-fedora") == instance)
    }

    @Test func `tries both patches before the first is for good`() async throws {
        let cluster = cluster(Self.machine, Self.instance)
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        #expect(
            await patches(cluster) == [
                Self.patchMachine + " dryRun", Self.patchInstance + " dryRun", Self.patchMachine, Self.patchInstance,
            ])
    }

    @Test func `changes nothing when the VMI's patch is refused in the trial`() async throws {
        let cluster = cluster(Self.machine, Self.instance)
        await cluster.upset(Self.patchInstance + " dryRun", .fail(.forbidden("restricted")))
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        }
        #expect(error == .forbidden("restricted"))
        await expect(cluster, Self.machine, Self.instance)
    }

    @Test func `changes nothing when the VMI has another interface of that name`() async throws {
        let other = Self.instance.adding("dyniface1", "other")
        let cluster = cluster(Self.machine, other)
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        }
        #expect(error?.message.contains(#"virtualmachineinstance.kubevirt.io "vm-fedora""#) == true)
        await expect(cluster, Self.machine, other)
    }

    @Test func `says what a half-done request did, and completes it when repeated`() async throws {
        let cluster = cluster(Self.machine, Self.instance)
        await cluster.upset(Self.patchInstance, .fail(.serviceUnavailable("connection refused")))
        let handler = HotplugHandler(cluster)
        let error = await #expect(throws: Status.self) { try await handler.handle(.add(.virtualMachine, "vm-fedora")) }
        #expect(error?.code == 503)
        #expect(
            error?.message
                == #"VirtualMachine "vm-fedora" was changed (interface "dyniface1" in its template), but its running "#
                + "VirtualMachineInstance was not: connection refused; repeat the request to complete it")
        await expect(cluster, Self.patchedMachine, Self.instance)
        await cluster.clearCalls()
        _ = try await handler.handle(.add(.virtualMachine, "vm-fedora"))
        await expect(cluster, Self.patchedMachine, Self.patchedInstance)
        #expect(await patches(cluster) == [Self.patchInstance])
    }

    @Test func `completes a VMI's interface by persisting it`() async throws {
        let cluster = cluster(Self.machine, Self.patchedInstance)
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        await expect(cluster, Self.patchedMachine, Self.patchedInstance)
        #expect(await patches(cluster) == [Self.patchMachine])
    }

    @Test func `warnings about the VM were lost with a race for the VMI`() async throws {
        let template = Fixture.spec(interfaces: nil, networks: nil, autoattachPodInterface: false)
        for spec in [Fixture.spec(), template] {
            let cluster = cluster(Fixture.machine(spec: spec), Self.instance)
            await cluster.warn("no more than 4 NICs, please")
            await cluster.upset(Self.patchInstance, .edit { $0 = $0.adding("rival", "n") })
            let lossless = self.cluster(Fixture.machine(spec: spec), Self.instance)
            await lossless.warn("no more than 4 NICs, please")
            let request = HotplugRequest.add(.virtualMachine, "vm-fedora")
            let expected = try await HotplugHandler(lossless).handle(request).warnings
            #expect(try await HotplugHandler(cluster).handle(request).warnings.sorted() == expected.sorted())
        }
    }

    @Test func `completes the VMI after races lost once the VM was changed`() async throws {
        let cluster = cluster(Self.machine, Self.instance)
        await cluster.upset(
            Self.patchInstance, times: 2,
            .edit { object in
                let count = object[path: "spec", "networks"]?.array?.count ?? 0
                object = object.adding("rival\(count)", "n")
            })
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        await expect(
            cluster, Self.patchedMachine,
            Self.instance.adding("rival1", "n").adding("rival2", "n").adding("dyniface1", "new-fancy-net"))
    }

    @Test func `says that the VM was changed when it gives up on the VMI`() async throws {
        let cluster = cluster(Self.machine, Self.instance)
        let conflict = Status.conflict(group: "kubevirt.io", kind: "virtualmachineinstances", name: "vm-fedora", "x")
        await cluster.upset(Self.patchInstance, times: 6, .fail(conflict))
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        }
        #expect(error?.code == 409)
        #expect(error?.message.hasPrefix(#"VirtualMachine "vm-fedora" was changed"#) == true)
        await expect(cluster, Self.patchedMachine, Self.instance)
    }

    @Test(arguments: [patchInstance + " dryRun", patchInstance])
    func `is content with the template when the VMI goes away`(_ call: String) async throws {
        let cluster = cluster(Self.machine, Self.instance)
        await cluster.upset(call, .delete)
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        await expect(cluster, Self.patchedMachine, nil)
    }

    @Test func `changes nothing for dryRun=All`() async throws {
        let cluster = cluster(Self.machine, Self.instance)
        var request = HotplugRequest.add(.virtualMachine, "vm-fedora")
        request.dryRun = ["All"]
        _ = try await HotplugHandler(cluster).handle(request)
        await expect(cluster, Self.machine, Self.instance)
        #expect(await patches(cluster) == [Self.patchMachine + " dryRun", Self.patchInstance + " dryRun"])
    }

    @Test(arguments: ["Succeeded", "Failed"])
    func `leaves a VMI alone that has ended`(_ phase: String) async throws {
        let ended = Fixture.instance("vm-fedora", phase: phase, ownedBy: "vm-fedora")
        let cluster = cluster(Self.machine, ended)
        #expect(try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora")).warnings == [])
        await expect(cluster, Self.patchedMachine, ended)
    }

    @Test func `leaves a VMI alone that another VM controls`() async throws {
        let stranger = Fixture.instance("vm-fedora", ownedBy: "another")
        let cluster = cluster(Self.machine, stranger)
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        await expect(cluster, Self.patchedMachine, stranger)
    }

    @Test func `changes a VMI that the VM will adopt`() async throws {
        let orphan = Fixture.instance("vm-fedora")
        let cluster = cluster(Self.machine, orphan)
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        await expect(cluster, Self.patchedMachine, orphan.adding("dyniface1", "new-fancy-net"))
    }

    // MARK: The pod interface

    private static let bare = Fixture.machine(spec: Fixture.spec(interfaces: nil, networks: nil))

    @Test func `keeps the attached interface as it is, unknown fields too`() async throws {
        let interface: JSONValue = ["future": 1, "name": "default", "bridge": [:], "model": "e1000"]
        let network: JSONValue = ["pod": ["vmNetworkCIDR": "10.0.2.0/24"], "name": "default"]
        let instance = Fixture.instance(
            "vm-fedora", spec: Fixture.spec(interfaces: [interface], networks: [network]), ownedBy: "vm-fedora")
        let cluster = cluster(Self.bare, instance)
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        await expect(
            cluster,
            Fixture.machine(spec: Fixture.spec(interfaces: [interface], networks: [network]))
                .adding("dyniface1", "new-fancy-net"),
            instance.adding("dyniface1", "new-fancy-net"))
    }

    @Test func `adds none where the VM wants none`() async throws {
        let spec = Fixture.spec(interfaces: nil, networks: nil, autoattachPodInterface: false)
        let cluster = cluster(Fixture.machine(spec: spec), Fixture.instance("vm-fedora", ownedBy: "vm-fedora"))
        let result = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        #expect(result.warnings == [])
        #expect(
            await cluster.object(.virtualMachine, "vm-fedora")
                == Fixture.machine(spec: spec).adding("dyniface1", "new-fancy-net"))
    }

    @Test func `warns a stopped VM that it loses it`() async throws {
        let cluster = cluster(Self.bare)
        let result = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        #expect(result.warnings.count == 1)
        #expect(result.warnings.first?.contains("listed no interfaces") == true)
    }

    @Test func `does not take its name for the new one`() async throws {
        let cluster = cluster(Self.bare, Self.instance)
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster).handle(
                .add(
                    .virtualMachine, "vm-fedora",
                    #"{"networkAttachmentDefinitionName":"new-fancy-net","name":"defaultnetwork"}"#))
        }
        #expect(error?.code == 409)
        await expect(cluster, Self.bare, Self.instance)
    }

    // MARK: --vmi-propagation

    private static let byKubeVirt = HotplugConfiguration(propagation: .kubevirt)

    @Test func `leaves the VMI to KubeVirt`() async throws {
        let cluster = cluster(Self.machine, Self.instance)
        #expect(
            try await HotplugHandler(cluster, Self.byKubeVirt).handle(.add(.virtualMachine, "vm-fedora")).warnings
                == [])
        await expect(cluster, Self.patchedMachine, Self.instance)
        #expect(await patches(cluster) == [Self.patchMachine])
    }

    @Test func `changes the VM that owns the VMI, and says that it persists`() async throws {
        let cluster = cluster(Self.machine, Self.instance)
        let result = try await HotplugHandler(cluster, Self.byKubeVirt)
            .handle(.add(.virtualMachineInstance, "vm-fedora"))
        #expect(result.warnings.count == 1)
        #expect(result.warnings.first?.contains("persists over restarts") == true)
        await expect(cluster, Self.patchedMachine, Self.instance)
    }

    @Test(arguments: [
        Fixture.instance("vm-fedora"),
        Fixture.instance("vm-fedora", ownedBy: "vm-fedora").with {
            $0[member: "metadata"]["ownerReferences"] = [
                ["kind": "VirtualMachineInstanceReplicaSet", "name": "rs", "controller": true]
            ]
        },
        Fixture.instance("vm-fedora", ownedBy: "vm-fedora").with {
            $0[member: "metadata"]["ownerReferences"] = [
                [
                    "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "vm-fedora",
                    "uid": "of an earlier VM", "controller": true,
                ]
            ]
        },
        Fixture.instance("vm-fedora", ownedBy: "vm-fedora").with {
            $0[member: "metadata"]["ownerReferences"] = [
                [
                    "apiVersion": "example.com/v1", "kind": "VirtualMachine", "name": "vm-fedora",
                    "uid": "uid-of-vm-vm-fedora", "controller": true,
                ]
            ]
        },
    ])
    func `refuses a VMI that no VM owns`(_ instance: JSONValue) async throws {
        let cluster = cluster(Self.machine, instance)
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster, Self.byKubeVirt).handle(.add(.virtualMachineInstance, "vm-fedora"))
        }
        #expect(error?.code == 422)
        #expect(error?.details?.causes.map(\.field) == ["metadata.ownerReferences"])
        await expect(cluster, Self.machine, instance)
    }

    @Test func `an owner that a user wrote into the VMI led to another VM's template`() async throws {
        let victim = Fixture.machine("victim")
        let cluster = cluster(victim, Fixture.instance("vm-fedora", ownedBy: "victim"))
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster, Self.byKubeVirt).handle(.add(.virtualMachineInstance, "vm-fedora"))
        }
        #expect(error?.details?.causes.map(\.field) == ["metadata.ownerReferences"])
        #expect(await patches(cluster).isEmpty)
    }

    @Test func `answers for a VMI without owner that has the interface already`() async throws {
        let cluster = cluster(Fixture.instance("vm-fedora").adding("dyniface1", "new-fancy-net"))
        _ = try await HotplugHandler(cluster, Self.byKubeVirt).handle(.add(.virtualMachineInstance, "vm-fedora"))
        #expect(await patches(cluster) == [])
    }

    @Test func `removes from the owner's template too`() async throws {
        let cluster = cluster(Self.patchedMachine, Self.patchedInstance)
        _ = try await HotplugHandler(cluster, Self.byKubeVirt).handle(.remove(.virtualMachineInstance, "vm-fedora"))
        await expect(cluster, Self.patchedMachine.removing("dyniface1"), Self.patchedInstance)
    }

    @Test(arguments: [
        ("v1.0.1", true), ("v1.1.0-alpha.0", false), ("v1.1.0", false), ("v1.9.0", false), (nil, true),
    ])
    func `tells by the version who writes the VMI`(_ version: String?, _ isDirect: Bool) async throws {
        let cluster = cluster(Self.machine, Self.instance, version: version)
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachine, "vm-fedora"))
        await expect(cluster, Self.patchedMachine, isDirect ? Self.patchedInstance : Self.instance)
    }

    @Test func `writes the VMI when told so whatever the version`() async throws {
        let cluster = cluster(Self.machine, Self.instance, version: "v1.9.0")
        _ = try await HotplugHandler(cluster, HotplugConfiguration(propagation: .direct))
            .handle(.add(.virtualMachineInstance, "vm-fedora"))
        await expect(cluster, Self.machine, Self.patchedInstance)
    }
}
