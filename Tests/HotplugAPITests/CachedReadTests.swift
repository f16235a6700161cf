import HotplugAPI
import KubeModel
import Testing

/// A cluster whose cache may show a VMI as it was.
@Suite struct CachedReadTests {
    private static let instance = Fixture.instance()
    private static let wanted = instance.adding("dyniface1", "new-fancy-net")

    private func cluster(_ instance: JSONValue, cached: JSONValue) async -> FakeCluster {
        let cluster = FakeCluster([Fixture.kubeVirt(), Fixture.definition(), instance])
        await cluster.remember(cached)
        return cluster
    }

    private static let add = HotplugRequest.add(.virtualMachineInstance, "vmi-fedora")

    @Test func `costs one look at the cache and one patch`() async throws {
        let cluster = await cluster(Self.instance, cached: Self.instance)
        _ = try await HotplugHandler(cluster).handle(Self.add)
        #expect(await cluster.object(.virtualMachineInstance, "vmi-fedora") == Self.wanted)
        #expect(
            await cluster.calls == [
                "list kubevirts/*", "cached virtualmachineinstances/vmi-fedora",
                "get network-attachment-definitions/new-fancy-net", "patch virtualmachineinstances/vmi-fedora",
            ])
    }

    /// What the cache shows while the VMI is in truth as the request takes it to be.
    @Test(arguments: [
        Fixture.instance(phase: "Scheduled"),
        instance.with { $0[member: "metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z" },
        instance.with { $0[member: "metadata"]["uid"] = "another" },
        instance.with { $0["spec"] = "none" },
        instance.adding("dyniface1", "new-fancy-net"),
        instance.adding("dyniface1", "another-net"),
        instance.adding("gone", "new-fancy-net"),
        Fixture.instance(spec: Fixture.spec(interfaces: nil, networks: nil)),
    ])
    func `an old VMI neither refuses nor contents, and no pause follows`(_ cached: JSONValue) async throws {
        let cluster = await cluster(Self.instance, cached: cached)
        let pauses = PauseRecorder()
        _ = try await HotplugHandler(cluster, pauses: pauses).handle(Self.add)
        #expect(await cluster.object(.virtualMachineInstance, "vmi-fedora") == Self.wanted)
        #expect(await cluster.calls.contains("get virtualmachineinstances/vmi-fedora"))
        #expect(pauses.milliseconds == [])
    }

    /// What the VMI has become since.
    @Test(arguments: [
        (Fixture.instance(phase: "Succeeded"), "VMI is not running"),
        (instance.with { $0[member: "metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z" }, "VMI is not running"),
        (instance.adding("dyniface1", "another-net"), "another-net"),
    ])
    func `a VMI that the cache shows fit is not written when it no longer is`(
        _ current: JSONValue, _ reason: String
    ) async throws {
        let cluster = await cluster(current, cached: Self.instance)
        let error = await #expect(throws: Status.self) { try await HotplugHandler(cluster).handle(Self.add) }
        #expect(error?.code == 409)
        #expect(error?.message.contains(reason) == true)
        #expect(await cluster.object(.virtualMachineInstance, "vmi-fedora") == current)
    }

    @Test func `a VMI that the cache still has is not found`() async throws {
        let cluster = FakeCluster([Fixture.kubeVirt(), Fixture.definition()])
        await cluster.remember(Self.instance)
        let error = await #expect(throws: Status.self) { try await HotplugHandler(cluster).handle(Self.add) }
        #expect(error?.code == 404)
        // It was the plural, of the patch.
        #expect(error?.message == #"virtualmachineinstance.kubevirt.io "vmi-fedora" not found"#)
    }

    @Test func `a VMI that the cache did not show plugged was refused for a NAD that is gone`() async throws {
        let cluster = FakeCluster([Fixture.kubeVirt(), Self.wanted])
        await cluster.remember(Self.instance)
        _ = try await HotplugHandler(cluster, HotplugConfiguration(nadCheck: .enforce)).handle(Self.add)
        #expect(await !cluster.calls.contains { $0.hasPrefix("patch") })
    }

    @Test func `warnings of an attempt by the cache go with it`() async throws {
        let pending = Self.instance.with {
            $0[member: "status"]["conditions"] = [["type": "MigrationRequired", "status": "True"]]
        }
        let cluster = await cluster(Self.instance, cached: pending.adding("gone", "new-fancy-net"))
        let result = try await HotplugHandler(cluster).handle(Self.add)
        #expect(result.warnings == [])
    }

    @Test func `a refusal of the write by the cluster is final`() async throws {
        let cluster = await cluster(Self.instance, cached: Self.instance)
        await cluster.upset("patch virtualmachineinstances/vmi-fedora", .fail(.forbidden("no")))
        let error = await #expect(throws: Status.self) { try await HotplugHandler(cluster).handle(Self.add) }
        #expect(error == .forbidden("no"))
        #expect(await cluster.calls.count { $0.hasPrefix("patch") } == 1)
    }

    @Test func `two writes are not decided by a cache`() async throws {
        let owned = Fixture.instance("vm-fedora", ownedBy: "vm-fedora")
        for (target, propagation) in [
            (HotplugTarget.virtualMachine, VMIPropagation.direct), (.virtualMachineInstance, .kubevirt),
        ] {
            let cluster = FakeCluster([
                Fixture.kubeVirt(), Fixture.definition(), Fixture.machine(), owned,
            ])
            await cluster.remember(owned.adding("old", "new-fancy-net"))
            _ = try await HotplugHandler(cluster, HotplugConfiguration(propagation: propagation))
                .handle(.add(target, "vm-fedora"))
            #expect(await !cluster.calls.contains { $0.hasPrefix("cached") })
            #expect(
                await cluster.object(.virtualMachine, "vm-fedora")
                    == Fixture.machine().adding("dyniface1", "new-fancy-net"))
        }
    }
}
