import HotplugAPI
import KubeModel

private let gate = #"Unable to Add Interface because the "HotplugNICs" feature gate is not enabled."#
private let templateWritten = "the template is written at once; no queue in the status stands between"

private let machine = Fixture.machine()
private let running = Fixture.instance("vm-fedora", ownedBy: "vm-fedora")
private let patchedMachine = machine.adding("dyniface1", "new-fancy-net")
private let patchedInstance = running.adding("dyniface1", "new-fancy-net")

private func add(_ body: String = Fixture.body, to name: String = "vm-fedora") -> HotplugRequest {
    .add(.virtualMachine, name, body)
}

private func queued(_ request: JSONValue) -> JSONValue {
    Fixture.machine(status: ["interfaceRequests": [request]])
}

extension Vector {
    static let machineAdditions: [Vector] = [
        Vector(
            51, "running", add(), before: [machine, running], .accepted(), after: [patchedMachine, patchedInstance],
            deviation: templateWritten),
        Vector(52, "stopped", add(), before: [machine], .accepted(), after: [patchedMachine]),
        Vector(
            53, "left-over request of the same name", add(), before: [pendingAddition], .accepted(),
            after: [pendingAddition.adding("dyniface1", "new-fancy-net")], deviation: templateWritten),
        Vector(54, "name in the template", add(), before: [patchedMachine], .accepted()),
        Vector(
            54, "name in the template with another NAD",
            add(#"{"networkAttachmentDefinitionName":"other","name":"dyniface1"}"#), before: [patchedMachine],
            .refused(409, "Conflict", [#"virtualmachine.kubevirt.io "vm-fedora""#, #""new-fancy-net""#]),
            deviation: "409 on mismatch"),
        Vector(
            55, "bad name", add(#"{"networkAttachmentDefinitionName":"n","name":"bad.name"}"#), before: [machine],
            .refused(422, "Invalid", ["Network interface name can only contain"]),
            deviation: "early name and NAD rules"),
        Vector(
            56, "no such VM", add(to: "x"), before: [],
            .refused(404, "NotFound", [#"virtualmachine.kubevirt.io "x" not found"#])),
        Vector(
            57, "changed meanwhile", add(), before: [machine], .accepted(),
            after: [machine.adding("faster", "n").adding("dyniface1", "new-fancy-net")],
            upset: ("patch virtualmachines/vm-fedora", .edit { $0 = $0.adding("faster", "n") }),
            deviation: "conflict retry"),
        Vector(
            58, "deleted meanwhile", add(), before: [machine],
            .refused(404, "NotFound", [#"virtualmachines.kubevirt.io "vm-fedora" not found"#]),
            upset: ("patch virtualmachines/vm-fedora", .delete), deviation: "a VM's 403 and 404 pass as they are"),
        Vector(
            59, "without status", add(), before: [Fixture.machine(status: nil)], .accepted(),
            after: [Fixture.machine(status: nil).adding("dyniface1", "new-fancy-net")], deviation: templateWritten),
        Vector(
            60, "empty request in the status", add(), before: [queued([:])], .accepted(),
            after: [queued([:]).adding("dyniface1", "new-fancy-net")], deviation: templateWritten),
        Vector(
            61, "left-over removal of the name", add(), before: [pendingRemoval], .accepted(),
            after: [pendingRemoval.adding("dyniface1", "new-fancy-net")], deviation: templateWritten),
        Vector(
            62, "VMI is starting", add(),
            before: [machine, Fixture.instance("vm-fedora", phase: "Scheduling", ownedBy: "vm-fedora")],
            .accepted(warnings: [
                "is not running yet, so only the template of VirtualMachine \"vm-fedora\" has the change"
            ]),
            after: [patchedMachine, Fixture.instance("vm-fedora", phase: "Scheduling", ownedBy: "vm-fedora")],
            deviation: "a Warning instead of a queue"),
        Vector(
            63, "template without interfaces, VMI with the default one", add(), before: [bare, running], .accepted(),
            after: [bareAfter, patchedInstance], deviation: "as v1.0.1, which no longer loses the default interface"),
        Vector(
            64, "the same in v1.0.1", add(), before: [bare, running], .accepted(), after: [bareAfter, patchedInstance]),
        Vector(
            65, "gate off", add(), before: [machine, running], .refused(400, "BadRequest", [gate]),
            kubeVirts: [Fixture.kubeVirt(gates: [])]),
    ]

    private static let pendingAddition = queued([
        "addInterfaceOptions": ["networkAttachmentDefinitionName": "new-fancy-net", "name": "dyniface1"]
    ])
    private static let pendingRemoval = queued(["removeInterfaceOptions": ["name": "dyniface1"]])
    private static let bare = Fixture.machine(spec: Fixture.spec(interfaces: nil, networks: nil))
    private static let bareAfter = machine.adding("dyniface1", "new-fancy-net")
}
