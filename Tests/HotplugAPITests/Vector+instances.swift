import HotplugAPI
import KubeModel

private let gate = #"Unable to Add Interface because the "HotplugNICs" feature gate is not enabled."#
private let networkNameMissing = "AddInterfaceOptions requires `networkAttachmentDefinitionName` to be set"
private let nameMissing = "AddInterfaceOptions requires `name` to be set"
private let undecodable = "cannot unmarshal Request body to struct, error: "

private let instance = Fixture.instance()
private let plugged = instance.adding("dyniface1", "new-fancy-net")

private func add(_ body: String = Fixture.body, to name: String = "vmi-fedora") -> HotplugRequest {
    .add(.virtualMachineInstance, name, body)
}

private func named(_ name: String, _ networkName: String = "new-fancy-net") -> HotplugRequest {
    add(JSONValue.object(["networkAttachmentDefinitionName": .string(networkName), "name": .string(name)]).text)
}

private func bad(_ text: String) -> Vector.Answer { .refused(400, "BadRequest", [text]) }

private func dryRun(_ value: String) -> HotplugRequest {
    var request = add()
    request.dryRun = [value]
    return request
}

/// With as many interfaces in all, the pod's included.
func instance(interfaces count: Int) -> JSONValue {
    let names = (1..<count).map { "nic\($0)" }
    return Fixture.instance(
        spec: Fixture.spec(
            interfaces: [Fixture.podInterface] + names.map { ["name": .string($0), "bridge": [:]] },
            networks: [Fixture.podNetwork]
                + names.map { ["name": .string($0), "multus": ["networkName": "new-fancy-net"]] }))
}

extension Vector {
    static let instanceAdditions: [Vector] =
        additions + gateRows + bodyRows + phaseRows + ruleRows + clusterRows

    private static let additions: [Vector] = [
        Vector(1, "adds the interface", add(), before: [instance], .accepted(), after: [plugged]),
        Vector(2, "repeats", add(), before: [plugged], .accepted()),
        Vector(
            3, "name with another NAD", named("dyniface1", "other"), before: [plugged],
            .refused(
                409, "Conflict",
                [
                    #"Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "vmi-fedora""#,
                    #""new-fancy-net""#,
                ]),
            deviation: "409 on mismatch: a request that has no effect must not look as if it had"),
        Vector(
            4, "second interface on one NAD", named("dyniface2"), before: [plugged],
            .accepted(),
            after: [plugged.adding("dyniface2", "new-fancy-net")]),
        Vector(
            5, "NAD of another namespace", named("dyniface1", "other-ns/net1"),
            before: [instance, Fixture.definition("net1", namespace: "other-ns")], .accepted(),
            after: [instance.adding("dyniface1", "other-ns/net1")]),
        Vector(
            6, "NAD that does not exist", named("dyniface1", "nowhere"), before: [instance],
            .accepted(warnings: [#"network-attachment-definition "default/nowhere" does not exist"#]),
            after: [instance.adding("dyniface1", "nowhere")]),
        Vector(
            7, "NAD of three parts", named("dyniface1", "a/b/c"), before: [instance],
            .refused(422, "Invalid", ["networkAttachmentDefinitionName: Invalid value: \"a/b/c\""]),
            deviation: "early name and NAD rules"),
        Vector(
            7, "NAD with a space", named("dyniface1", "bad name!"), before: [instance],
            .refused(422, "Invalid", ["networkAttachmentDefinitionName: Invalid value: \"bad name!\""]),
            deviation: "early name and NAD rules"),
        Vector(
            8, "name of the pod's interface", named("defaultnetwork"), before: [instance],
            .refused(409, "Conflict", ["is on the pod network"]),
            deviation: "409 on mismatch"),
        Vector(
            9, "without lists", add(),
            before: [
                Fixture.instance(spec: Fixture.spec(interfaces: nil, networks: nil, autoattachPodInterface: false))
            ],
            .accepted(),
            after: [
                Fixture.instance(
                    spec: Fixture.spec(interfaces: nil, networks: nil, autoattachPodInterface: false)
                ).adding("dyniface1", "new-fancy-net")
            ]),
        Vector(
            35, "dryRun=All", dryRun("All"), before: [instance], .accepted(), deviation: "honoured dryRun"),
        Vector(
            35, "unknown dryRun", dryRun("Some"), before: [instance], bad("dryRun: Unsupported value: \"Some\""),
            deviation: "unknown dryRun values are refused"),
    ]

    private static let gateRows: [Vector] = [
        Vector(10, "gate off", add(), before: [instance], bad(gate), kubeVirts: [Fixture.kubeVirt(gates: [])]),
        Vector(
            11, "gate before body", add("}{"), before: [instance], bad(gate), kubeVirts: [Fixture.kubeVirt(gates: [])]),
        Vector(12, "gate before object", add(), before: [], bad(gate), kubeVirts: [Fixture.kubeVirt(gates: [])]),
        Vector(
            13, "gate in lower case", add(), before: [instance], bad(gate),
            kubeVirts: [Fixture.kubeVirt(gates: ["hotplugnics"])]),
        Vector(14, "no KubeVirt", add(), before: [instance], bad(gate), kubeVirts: []),
        Vector(
            14, "KubeVirt without phase", add(), before: [instance], bad(gate),
            kubeVirts: [Fixture.kubeVirt(phase: nil)]),
        Vector(
            14, "KubeVirt with an empty phase", add(), before: [instance], bad(gate),
            kubeVirts: [Fixture.kubeVirt(phase: "")]),
    ]

    private static let bodyRows: [Vector] = [
        Vector(15, "empty body", add(""), before: [instance], bad(networkNameMissing)),
        Vector(16, "empty object", add("{}"), before: [instance], bad(networkNameMissing)),
        Vector(16, "null", add("null"), before: [instance], bad(networkNameMissing)),
        Vector(16, "whitespace", add(" \n\t "), before: [instance], bad(networkNameMissing)),
        Vector(17, "only name", add(#"{"name":"x"}"#), before: [instance], bad(networkNameMissing)),
        Vector(18, "only NAD", add(#"{"networkAttachmentDefinitionName":"n"}"#), before: [instance], bad(nameMissing)),
        Vector(19, "both empty", named("", ""), before: [instance], bad(networkNameMissing)),
        Vector(20, "body before object", add(#"{"name":"x"}"#), before: [], bad(networkNameMissing)),
        Vector(
            21, "number in JSON", add(#"{"name":1,"networkAttachmentDefinitionName":"n"}"#), before: [instance],
            bad(
                undecodable + "json: cannot unmarshal number into Go struct field AddInterfaceOptions.name of type "
                    + "string")),
        Vector(
            22, "number in YAML", add("name: 1\nnetworkAttachmentDefinitionName: new-fancy-net\n"), before: [instance],
            .accepted(), after: [instance.adding("1", "new-fancy-net")]),
        Vector(
            23, "YAML", add("networkAttachmentDefinitionName: new-fancy-net\nname: dyniface1\n"), before: [instance],
            .accepted(), after: [plugged]),
        Vector(
            24, "two YAML documents",
            add(
                "---\nnetworkAttachmentDefinitionName: new-fancy-net\nname: dyniface1\n---\nname: other\n"),
            before: [instance], .accepted(), after: [plugged]),
        Vector(
            25, "empty first YAML document",
            add("---\n---\nnetworkAttachmentDefinitionName: new-fancy-net\nname: dyniface1\n"), before: [instance],
            bad(networkNameMissing)),
        Vector(
            26, "two JSON objects", add(Fixture.body + #"{"name":"other"}"#), before: [instance], .accepted(),
            after: [plugged]),
        Vector(
            26, "JSON and garbage", add(Fixture.body + "garbage"), before: [instance], .accepted(), after: [plugged]),
        Vector(
            27, "unknown fields",
            add(
                #"{"networkAttachmentDefinitionName":"new-fancy-net","name":"dyniface1","persist":true,"#
                    + #""model":"e1000","macAddress":"02:00:00:00:00:01","apiVersion":"v1","kind":"K"}"#),
            before: [instance],
            .accepted(
                warnings: ["persist", "model", "macAddress", "apiVersion", "kind"].map { "unknown field \"\($0)\"" }),
            after: [plugged], deviation: "a Warning for each field that has no effect"),
        Vector(
            28, "other case", add(#"{"NAME":"dyniface1","NetworkAttachmentDefinitionName":"new-fancy-net"}"#),
            before: [instance], .accepted(), after: [plugged]),
        Vector(
            29, "duplicate field",
            add(#"{"name":"first","networkAttachmentDefinitionName":"new-fancy-net","name":"dyniface1"}"#),
            before: [instance], .accepted(warnings: ["duplicate field \"name\""]), after: [plugged],
            deviation: "a Warning for the value that has no effect"),
        Vector(
            30, "truncated JSON", add(#"{"name":"dyni"#), before: [instance], bad(undecodable + "unexpected EOF")),
        Vector(31, "array", add("[]"), before: [instance], bad(undecodable + wrongType("array"))),
        Vector(31, "string", add(#""x""#), before: [instance], bad(undecodable + wrongType("string"))),
        Vector(31, "number", add("42"), before: [instance], bad(undecodable + wrongType("number"))),
        Vector(
            32, "fields of before the first release", add(#"{"networkName":"n","interfaceName":"i"}"#),
            before: [instance], bad(networkNameMissing)),
    ]

    private static func wrongType(_ type: String) -> String {
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal \(type) into Go value of type "
            + "v1.AddInterfaceOptions"
    }

    private static let phaseRows: [Vector] =
        ["Pending", "Scheduling", "Scheduled", "Succeeded", "Failed", "Unknown"].map { phase in
            Vector(
                37, phase, add(), before: [Fixture.instance(phase: phase)],
                .refused(
                    409, "Conflict",
                    [
                        "Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io \"vmi-fedora\": "
                            + "VMI is not running"
                    ]))
        } + [
            Vector(
                38, "phase before name", add(),
                before: [Fixture.instance(phase: "Scheduled").adding("dyniface1", "new-fancy-net")],
                .refused(409, "Conflict", ["VMI is not running"])),
            Vector(
                39, "being deleted", add(),
                before: [instance.with { $0[member: "metadata"]["deletionTimestamp"] = "2023-05-15T00:00:00Z" }],
                .refused(409, "Conflict", ["VMI is not running"]),
                deviation: "a VMI that is being deleted is not running"),
            Vector(
                40, "paused", add(), before: [paused], .accepted(),
                after: [paused.adding("dyniface1", "new-fancy-net")]),
        ]

    private static let paused = instance.with {
        $0[member: "status"]["conditions"] = [["type": "Paused", "status": "True"]]
    }

    private static let ruleRows: [Vector] =
        ["bad.name", "a b", "ñandú"].map { name in
            Vector(
                41, name, named(name), before: [instance],
                .refused(422, "Invalid", ["Network interface name can only contain alphabetical characters"]))
        } + [
            Vector(
                42, "long name", named(String(repeating: "n", count: 300)), before: [instance], .accepted(),
                after: [instance.adding(String(repeating: "n", count: 300), "new-fancy-net")]),
            Vector(
                43, "the 256th interface", add(), before: [instance(interfaces: 255)],
                .accepted(warnings: ["PCI slots"]),
                after: [instance(interfaces: 255).adding("dyniface1", "new-fancy-net")]),
            Vector(
                43, "the 257th interface", add(), before: [instance(interfaces: 256)],
                .refused(
                    422, "Invalid",
                    [
                        "spec.domain.devices.interfaces list exceeds the 256 element limit in length",
                        "spec.networks list",
                    ])
            ),
            Vector(
                44, "single passt", add(),
                before: [Fixture.instance(spec: Fixture.spec(interfaces: [["name": "defaultnetwork", "passt": [:]]]))],
                .refused(422, "Invalid", ["Passt interface is only supported as the single interface of the VMI"])),
            Vector(
                45, "virtiofs", add(), before: [virtiofs], .accepted(),
                after: [virtiofs.adding("dyniface1", "new-fancy-net")],
                deviation: "no network rule; a cluster that refuses it does so itself, and its Status passes"),
            Vector(
                50, "state absent", add(), before: [plugged.removing("dyniface1")],
                .refused(409, "Conflict", ["is being removed", "new-fancy-net"]), deviation: "409 on mismatch"),
        ]

    private static let virtiofs = Fixture.instance(
        spec: Fixture.spec().with { spec in
            spec[member: "domain"][member: "devices"]["disks"] = [["name": "containerdisk", "disk": [:]]]
            spec[member: "domain"][member: "devices"]["filesystems"] = [["name": "shared", "virtiofs": [:]]]
        })

    private static let patchCall = "patch virtualmachineinstances/vmi-fedora"

    private static let clusterRows: [Vector] = [
        Vector(
            36, "no such VMI", add(to: "x"), before: [],
            .refused(404, "NotFound", [#"virtualmachineinstance.kubevirt.io "x" not found"#])),
        Vector(
            46, "networks change meanwhile", add(), before: [instance], .accepted(),
            after: [instance.adding("faster", "new-fancy-net").adding("dyniface1", "new-fancy-net")],
            upset: (patchCall, .edit { $0 = $0.adding("faster", "new-fancy-net") }), deviation: "conflict retry"),
        Vector(
            47, "VMI is deleted meanwhile", add(), before: [instance],
            .refused(404, "NotFound", [#"virtualmachineinstances.kubevirt.io "vmi-fedora" not found"#]),
            upset: (patchCall, .delete)),
        Vector(
            48, "get fails", add(), before: [instance],
            .refused(500, "InternalError", ["Internal error occurred: unable to retrieve vmi [vmi-fedora]: "]),
            upset: ("get virtualmachineinstances/vmi-fedora", .fail(.internalError("etcd is broken")))),
        Vector(
            48, "get is refused", add(), before: [instance],
            .refused(503, "ServiceUnavailable", ["unable to retrieve vmi [vmi-fedora]: not for you"]),
            upset: ("get virtualmachineinstances/vmi-fedora", .fail(.forbidden("not for you"))),
            deviation: "it is this server that is refused, and not its client"),
        Vector(
            48, "get fails for a while", add(), before: [instance],
            .refused(503, "ServiceUnavailable", ["unable to retrieve vmi [vmi-fedora]: etcd is away"]),
            upset: ("get virtualmachineinstances/vmi-fedora", .fail(.serviceUnavailable("etcd is away"))),
            deviation: "what may pass keeps the code that says so"),
        Vector(
            49, "patch fails", add(), before: [instance],
            .refused(503, "ServiceUnavailable", ["connection refused"]),
            upset: (patchCall, .fail(.serviceUnavailable("connection refused"))),
            deviation: "the cluster's Status passes as it is, with what it says about trying again"),
    ]
}
