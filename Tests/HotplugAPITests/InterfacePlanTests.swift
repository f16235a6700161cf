import HotplugAPI
import KubeModel
import Testing

@Suite struct InterfacePlanTests {
    private static let addition = InterfaceChange.add(
        AddInterfaceOptions(networkAttachmentDefinitionName: "new-fancy-net", name: "dyniface1"))
    private static let removal = InterfaceChange.remove(RemoveInterfaceOptions(name: "dyniface1"))

    @Test(arguments: [Fixture.instance(), Fixture.machine(), Fixture.instance().with { $0["status"] = nil }])
    func `shows the patch and the object after it`(_ object: JSONValue) throws {
        let plan = try InterfacePlan(Self.addition, on: object)
        #expect(plan.after == object.adding("dyniface1", "new-fancy-net"))
        #expect(try plan.patch.applied(to: object) == plan.after)
        #expect(plan.warnings == [])
        let removal = try InterfacePlan(Self.removal, on: plan.after)
        #expect(removal.after == plan.after.removing("dyniface1"))
    }

    @Test func `has nothing to do for an object that is as wanted`() throws {
        let object = Fixture.machine().adding("dyniface1", "new-fancy-net")
        let plan = try InterfacePlan(Self.addition, on: object)
        #expect(plan.patch.operations == [])
        #expect(plan.after == object)
    }

    private static let refused: [(JSONValue, Int, String)] = [
        (Fixture.instance(phase: "Scheduled"), 409, "VMI is not running"),
        (Fixture.instance().adding("dyniface1", "other"), 409, #""other""#),
        (Fixture.kubeVirt(), 400, #"kind "KubeVirt""#),
        (["kind": "VirtualMachine", "apiVersion": "apps/v1", "metadata": ["name": "x"]], 400, #""apps/v1""#),
        (Fixture.machine().with { $0["metadata"] = [:] }, 400, "metadata.name"),
        (1, 400, "no interfaces to change"),
        (Fixture.instance().with { $0["spec"] = 1 }, 422, "must be an object"),
    ]

    @Test(arguments: refused)
    func `refuses as the server would`(_ object: JSONValue, _ code: Int, _ text: String) {
        let error = #expect(throws: Status.self) { try InterfacePlan(Self.addition, on: object) }
        #expect(error?.code == code)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }

    @Test func `refuses a bad name`() {
        let change = InterfaceChange.remove(RemoveInterfaceOptions(name: "a.b"))
        let error = #expect(throws: Status.self) { try InterfacePlan(change, on: Fixture.instance()) }
        #expect(error?.code == 422)
    }

    @Test func `warns of the pod interface that a template loses`() throws {
        let bare = Fixture.machine(spec: Fixture.spec(interfaces: [], networks: []))
        #expect(try InterfacePlan(Self.addition, on: bare).warnings.count == 1)
    }
}
