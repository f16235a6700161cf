import HotplugAPI
import KubeModel
import Testing

@Suite struct HotplugHandlerTests {
    private static let instance = Fixture.instance()
    private static let machine = Fixture.machine()
    private static let owned = Fixture.instance("vm-fedora", ownedBy: "vm-fedora")

    private func cluster(_ objects: JSONValue...) -> FakeCluster {
        FakeCluster([Fixture.kubeVirt(), Fixture.definition()] + objects)
    }

    @Test func `costs one get and one patch beside the looks at the cluster`() async throws {
        let cluster = cluster(Self.instance)
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        #expect(
            await cluster.calls == [
                "list kubevirts/*", "get virtualmachineinstances/vmi-fedora",
                "get network-attachment-definitions/new-fancy-net", "patch virtualmachineinstances/vmi-fedora",
            ])
    }

    @Test func `passes the field manager on`() async throws {
        var request = HotplugRequest.add(.virtualMachineInstance, "vmi-fedora")
        request.fieldManager = String(repeating: "m", count: 129)
        let handler = HotplugHandler(cluster(Self.instance))
        let error = await #expect(throws: Status.self) { try await handler.handle(request) }
        #expect(error?.code == 400)
        request.fieldManager = String(repeating: "m", count: 128)
        _ = try await handler.handle(request)
    }

    @Test func `checks the query after the gate and before the body`() async throws {
        var request = HotplugRequest.add(.virtualMachineInstance, "vmi-fedora", "}{")
        request.dryRun = ["All", ""]
        let open = HotplugHandler(cluster(Self.instance))
        let dryRunError = await #expect(throws: Status.self) { try await open.handle(request) }
        #expect(dryRunError?.message == #"dryRun: Unsupported value: "": supported values: "All""#)
        request.dryRun = []
        request.fieldValidation = "strict"
        let validationError = await #expect(throws: Status.self) { try await open.handle(request) }
        #expect(validationError?.message.hasPrefix(#"fieldValidation: Unsupported value: "strict""#) == true)
        let closed = HotplugHandler(FakeCluster([Fixture.kubeVirt(gates: [])]))
        let gateError = await #expect(throws: Status.self) { try await closed.handle(request) }
        #expect(gateError?.message.hasPrefix("Unable to Add Interface") == true)
    }

    // MARK: Conflicts

    /// Another writer adds a network of a new name.
    private static let interference = FakeCluster.Upset.edit { object in
        let count = object[path: "spec", "networks"]?.array?.count ?? 0
        object = object.adding("rival\(count)", "n")
    }

    @Test func `wins after five lost races`() async throws {
        let cluster = cluster(Self.instance)
        await cluster.upset("patch virtualmachineinstances/vmi-fedora", times: 5, Self.interference)
        let pauses = PauseRecorder()
        _ = try await HotplugHandler(cluster, pauses: pauses).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        #expect(pauses.milliseconds.count == 5)
        for (retry, pause) in pauses.milliseconds.enumerated() { #expect((1...(10 << retry)).contains(pause)) }
        let names = await cluster.object(.virtualMachineInstance, "vmi-fedora")?[path: "spec", "networks"]?.array
        #expect(
            names?.compactMap { $0["name"]?.string } == [
                "defaultnetwork", "rival1", "rival2", "rival3", "rival4", "rival5", "dyniface1",
            ])
        #expect(await cluster.calls.count { $0.hasPrefix("get network-attachment-definitions") } == 1)
    }

    @Test func `gives up after the sixth with a conflict`() async throws {
        let cluster = cluster(Self.instance)
        await cluster.upset("patch virtualmachineinstances/vmi-fedora", times: 6, Self.interference)
        let pauses = PauseRecorder()
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster, pauses: pauses).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        }
        #expect((error?.code, error?.reason) == (409, "Conflict"))
        #expect(error?.message.contains("the object has been modified") == true)
        #expect(pauses.milliseconds.count == 5)
    }

    @Test func `takes a 409 of the cluster for a lost race`() async throws {
        let cluster = cluster(Self.instance)
        let conflict = Status.conflict(group: "kubevirt.io", kind: "virtualmachineinstances", name: "vmi-fedora", "x")
        await cluster.upset("patch virtualmachineinstances/vmi-fedora", .fail(conflict))
        _ = try await HotplugHandler(cluster).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        #expect(
            await cluster.object(.virtualMachineInstance, "vmi-fedora")
                == Self.instance.adding("dyniface1", "new-fancy-net"))
    }

    @Test func `decides anew after a lost race`() async throws {
        let cluster = cluster(Self.instance)
        await cluster.upset(
            "patch virtualmachineinstances/vmi-fedora", .edit { $0 = $0.adding("dyniface1", "other") })
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        }
        #expect(error?.message.contains(#"network attachment definition "other""#) == true)
    }

    @Test func `does not write to an object that took the place of the one it read`() async throws {
        let cluster = cluster(Self.instance)
        await cluster.upset(
            "patch virtualmachineinstances/vmi-fedora",
            .edit {
                $0[member: "metadata"]["uid"] = "another"
                $0[member: "status"]["phase"] = "Pending"
            })
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        }
        #expect(error?.message.contains("VMI is not running") == true)
    }

    @Test(arguments: [
        Status(
            code: 422, reason: "Invalid",
            message: #"admission webhook "virtualmachineinstances-update-validator.kubevirt.io" denied the request: "#
                + "update of VMI object is restricted"),
        Status.invalid(
            group: "kubevirt.io", kind: "VirtualMachineInstance", name: "vmi-fedora",
            causes: [Status.Cause(reason: "FieldValueInvalid", message: "no", field: "spec")]),
        // As a ValidatingAdmissionPolicy refuses by default (apiserver `policy/validating/dispatcher.go`).
        Status(
            code: 422, reason: "Invalid", message: #"ValidatingAdmissionPolicy "nics" denied request: too many NICs"#,
            details: Status.Details(causes: [
                Status.Cause(reason: "", message: "too many NICs", field: "")
            ])),
        Status.forbidden("no"),
        Status.tooManyRequests(retryAfterSeconds: 1),
    ])
    func `passes a refusal on without trying again`(_ refusal: Status) async throws {
        let cluster = cluster(Self.instance)
        await cluster.upset("patch virtualmachineinstances/vmi-fedora", .fail(refusal))
        let pauses = PauseRecorder()
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster, pauses: pauses).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        }
        #expect(error == refusal)
        #expect(pauses.milliseconds == [])
    }

    @Test func `names the field of an object that turned out malformed`() async throws {
        let cluster = cluster(Self.instance)
        await cluster.upset("get virtualmachineinstances/vmi-fedora", .edit { $0["spec"] = "none" })
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        }
        #expect(error?.details?.causes.map(\.field) == ["spec"])
    }

    // MARK: The NAD

    @Test(arguments: NADCheck.allCases)
    func `checks the NAD as told`(_ check: NADCheck) async throws {
        let cluster = FakeCluster([Fixture.kubeVirt(), Self.instance])
        let handler = HotplugHandler(cluster, HotplugConfiguration(nadCheck: check))
        do throws(Status) {
            let warnings = try await handler.handle(.add(.virtualMachineInstance, "vmi-fedora")).warnings
            #expect(check != .enforce)
            #expect(warnings.count == (check == .warn ? 1 : 0))
        } catch {
            #expect(check == .enforce)
            #expect(error.details?.causes.map(\.field) == ["networkAttachmentDefinitionName"])
            #expect(await cluster.object(.virtualMachineInstance, "vmi-fedora") == Self.instance)
        }
        let looks = await cluster.calls.count { $0 == "get network-attachment-definitions/new-fancy-net" }
        #expect(looks == (check == .off ? 0 : 1))
    }

    @Test(arguments: [
        (NADCheck.warn, Status.forbidden("not for you"), 202), (.enforce, .forbidden("not for you"), 503),
        (.warn, .serviceUnavailable("away"), 202), (.enforce, .serviceUnavailable("away", retryAfterSeconds: 3), 503),
        (.enforce, .internalError("broken"), 500),
    ])
    func `says when it cannot check the NAD`(_ check: NADCheck, _ cause: Status, _ code: Int) async throws {
        let cluster = cluster(Self.instance)
        await cluster.upset("get network-attachment-definitions/new-fancy-net", .fail(cause))
        let handler = HotplugHandler(cluster, HotplugConfiguration(nadCheck: check))
        do throws(Status) {
            let warnings = try await handler.handle(.add(.virtualMachineInstance, "vmi-fedora")).warnings
            #expect(code == 202)
            #expect(warnings.first?.hasPrefix("cannot tell whether") == true)
        } catch {
            #expect(error.code == code)
            #expect(error.message.contains("cannot tell whether"))
            #expect(error.details?.retryAfterSeconds ?? 0 == cause.details?.retryAfterSeconds ?? 0)
        }
    }

    // MARK: Advice

    @Test func `says that a change waits for a migration`() async throws {
        let configuration = HotplugConfiguration(attachmentNeedsMigration: true)
        let result = try await HotplugHandler(cluster(Self.instance), configuration)
            .handle(.add(.virtualMachineInstance, "vmi-fedora"))
        #expect(result.warnings.count == 1)
        #expect(result.warnings.first?.contains("has migrated") == true)
    }

    @Test func `a guest gives up an interface without a migration`() async throws {
        let configuration = HotplugConfiguration(attachmentNeedsMigration: true)
        let result = try await HotplugHandler(cluster(Self.instance.adding("dyniface1", "n")), configuration)
            .handle(.remove(.virtualMachineInstance, "vmi-fedora"))
        #expect(result.warnings == [])
    }

    @Test func `says so too when KubeVirt does`() async throws {
        let pending = Self.instance.with {
            $0[member: "status"]["conditions"] = [["type": "MigrationRequired", "status": "True"]]
        }
        let result = try await HotplugHandler(cluster(pending)).handle(.add(.virtualMachineInstance, "vmi-fedora"))
        #expect(result.warnings.count == 1)
    }

    @Test(arguments: [HotplugTarget.virtualMachineInstance, .virtualMachine])
    func `a warning of the cluster's about the writes was lost, and is told once`(_ target: HotplugTarget) async throws
    {
        let cluster = cluster(Self.machine, Self.owned)
        await cluster.warn("no more than 4 NICs, please")
        let result = try await HotplugHandler(cluster).handle(.add(target, "vm-fedora"))
        #expect(result.warnings == ["no more than 4 NICs, please"])
    }

    // MARK: removeinterface

    @Test func `does not claim a removal that the cluster's schema dropped`() async throws {
        let plugged = Self.instance.adding("dyniface1", "n")
        let cluster = FakeCluster([Fixture.kubeVirt(), plugged]) { $0 = $0.withoutStates() }
        let error = await #expect(throws: Status.self) {
            try await HotplugHandler(cluster).handle(.remove(.virtualMachineInstance, "vmi-fedora"))
        }
        #expect(error?.code == 422)
        #expect(error?.message.contains("v1.0.0-rc.0 or later") == true)
    }
}

extension JSONValue {
    /// As the CRD of KubeVirt v1.0.0-beta.0 leaves it.
    fileprivate func withoutStates() -> JSONValue {
        with { object in
            object.editSpec { spec in
                let interfaces = spec[path: "domain", "devices", "interfaces"]?.array ?? []
                spec[member: "domain"][member: "devices"]["interfaces"] = .array(
                    interfaces.map { interface in interface.with { $0["state"] = nil } })
            }
        }
    }
}
