import HotplugAPI
import KubeModel

private let instance = Fixture.instance()
private let plugged = instance.adding("dyniface1", "new-fancy-net")
private let machine = Fixture.machine().adding("dyniface1", "new-fancy-net")

private func remove(_ name: String = "dyniface1") -> HotplugRequest {
    .remove(.virtualMachineInstance, "vmi-fedora", JSONValue.object(["name": .string(name)]).text)
}

private func removeFromMachine(_ name: String = "dyniface1") -> HotplugRequest {
    .remove(.virtualMachine, "vm-fedora", JSONValue.object(["name": .string(name)]).text)
}

extension Vector {
    static let removals: [Vector] = [
        Vector(67, "bridge", remove(), before: [plugged], .accepted(), after: [plugged.removing("dyniface1")]),
        Vector(68, "repeats", remove(), before: [plugged.removing("dyniface1")], .accepted()),
        Vector(69, "unknown name", remove("nobody"), before: [instance], .accepted()),
        Vector(
            70, "default network", remove("defaultnetwork"), before: [instance],
            .refused(
                422, "Invalid",
                [
                    #""defaultnetwork" interface's state "absent" is supported only for bridge binding"#,
                    #""defaultnetwork" interface's state "absent" is not supported on default networks"#,
                ])),
        Vector(
            71, "default network of a VM", removeFromMachine("defaultnetwork"), before: [machine],
            .refused(422, "Invalid", ["spec.template.spec.domain.devices.interfaces[0].state", "default networks"]),
            deviation: "early rules: no request that sticks in a queue"),
        Vector(
            72, "without name", .remove(.virtualMachineInstance, "vmi-fedora", "{}"), before: [plugged],
            .refused(400, "BadRequest", ["RemoveInterfaceOptions requires `name` to be set"])),
        Vector(
            73, "gate off", remove(), before: [plugged],
            .refused(
                400, "BadRequest",
                [#"Unable to Add Interface because the "HotplugNICs" feature gate is not enabled."#]),
            kubeVirts: [Fixture.kubeVirt(gates: [])]),
        Vector(
            74, "left-over addition of the name", removeFromMachine("x"),
            before: [
                Fixture.machine(status: [
                    "interfaceRequests": [
                        ["addInterfaceOptions": ["networkAttachmentDefinitionName": "n", "name": "x"]]
                    ]
                ])
            ], .accepted()),
        Vector(
            75, "stopped VM", removeFromMachine(), before: [machine], .accepted(),
            after: [machine.removing("dyniface1")]),
        Vector(
            75, "running VM", removeFromMachine(),
            before: [
                machine, Fixture.instance("vm-fedora", ownedBy: "vm-fedora").adding("dyniface1", "new-fancy-net"),
            ],
            .accepted(),
            after: [
                machine.removing("dyniface1"),
                Fixture.instance("vm-fedora", ownedBy: "vm-fedora").adding("dyniface1", "new-fancy-net")
                    .removing("dyniface1"),
            ]),
    ]
}
