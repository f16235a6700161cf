import HotplugAPI
import KubeModel
import Testing

@Suite struct ObjectRulesTests {
    private let facts = ClusterFacts(isInterfaceHotplugEnabled: true)

    private func check(_ new: JSONValue, old: JSONValue? = nil, of resource: Resource, isKubeVirt: Bool = false)
        -> Status?
    {
        do throws(Status) {
            try ObjectRules.check(new, old: old, of: resource, facts: facts, isKubeVirt: isKubeVirt)
            return nil
        } catch {
            return error
        }
    }

    private static let broken: JSONValue = [
        "domain": ["devices": ["interfaces": [["name": "a", "bridge": [:]]]]], "networks": [["name": "b", "pod": [:]]],
    ]
    private static let sound: JSONValue = [
        "domain": ["devices": ["interfaces": [["name": "a", "bridge": [:]]]]],
        "networks": [["name": "a", "multus": ["networkName": "n"]]],
    ]

    private func object(_ spec: JSONValue) -> JSONValue {
        ["metadata": ["name": "x", "namespace": "n"], "spec": spec]
    }

    @Test func `refuses a VMI whose interfaces and networks do not fit, in the words of the webhook`() {
        #expect(check(object(Self.sound), of: .virtualMachineInstance) == nil)
        let status = check(object(Self.broken), of: .virtualMachineInstance)
        #expect(status?.code == 422)
        #expect(
            status?.message
                == #"admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: "#
                + "spec.networks[0].name 'b' not found., spec.domain.devices.interfaces[0].name 'a' not found.")
        #expect(
            status?.details?.causes.map(\.field) == [
                "spec.networks[0].name", "spec.domain.devices.interfaces[0].name",
            ])
    }

    @Test func `lets nobody but KubeVirt change the spec of a VMI`() {
        let old = object(Self.sound)
        var new = object(Self.broken)
        let status = check(new, old: old, of: .virtualMachineInstance)
        #expect(status?.message.hasSuffix("denied the request: update of VMI object is restricted") == true)
        #expect(check(new, old: old, of: .virtualMachineInstance, isKubeVirt: true) == nil)
        new["spec"] = old["spec"]
        new["metadata"]?["labels"] = ["a": "b"]
        #expect(check(new, old: old, of: .virtualMachineInstance) == nil)
    }

    @Test(arguments: [
        ("system:serviceaccount:kubevirt:kubevirt-controller", true),
        ("system:serviceaccount:kubevirt:kubevirt-handler", true),
        ("system:serviceaccount:other:kubevirt-controller", false), ("kubevirt-controller", false), ("", false),
        ("system:serviceaccount:kubevirt:kubevirt-controller:x", false),
    ]) func `knows KubeVirt by the name of its accounts`(user: String, isKubeVirt: Bool) {
        #expect(ObjectRules.isKubeVirt(user: user) == isKubeVirt)
    }

    @Test(
        arguments: [
            ([:], "missing virtual machine template."),
            (["template": ["spec": [:]]], "One of Running or RunStrategy must be specified"),
            (
                ["template": ["spec": [:]], "running": true, "runStrategy": "Always"],
                "Running and RunStrategy are mutually exclusive"
            ),
            (["template": ["spec": [:]], "runStrategy": "Now"], "Invalid RunStrategy (Now)"),
            (["template": ["spec": sound], "runStrategy": "Always"], nil),
            (["template": ["spec": sound], "running": false], nil),
            (
                ["template": ["spec": broken], "running": false],
                "spec.template.spec.networks[0].name 'b' not found., "
                    + "spec.template.spec.domain.devices.interfaces[0].name 'a' not found."
            ),
        ] as [(JSONValue, String?)]) func `checks a VM when it is new or its spec changes`(
            spec: JSONValue, message: String?
        )
    {
        let prefix = #"admission webhook "virtualmachine-validator.kubevirt.io" denied the request: "#
        #expect(check(object(spec), of: .virtualMachine)?.message == message.map { prefix + $0 })
        #expect(
            check(object(spec), old: object([:]), of: .virtualMachine)?.message
                == (spec == [:] ? nil : message.map { prefix + $0 }))
        // What was stored before there were rules can still be labelled.
        #expect(check(object(spec), old: object(spec), of: .virtualMachine) == nil)
    }

    @Test func `lets go what is being deleted`() {
        var new = object(Self.broken)
        new["metadata"]?["deletionTimestamp"] = "2023-11-14T22:13:20Z"
        #expect(check(new, old: object(Self.sound), of: .virtualMachineInstance) == nil)
    }

    @Test func `wants the VMI of a migration, and no other one later`() {
        #expect(check(object(["vmiName": "a"]), of: .virtualMachineInstanceMigration) == nil)
        #expect(
            check(object([:]), of: .virtualMachineInstanceMigration)?.message.hasSuffix("vmiName is missing") == true)
        let changed = check(
            object(["vmiName": "b"]), old: object(["vmiName": "a"]), of: .virtualMachineInstanceMigration)
        #expect(changed?.message.hasSuffix("update of Migration object's spec is restricted") == true)
    }

    @Test(
        arguments: [
            (#"{"cniVersion":"0.3.1"}"#, true), ("", true), ("not JSON", false), ("[]", false), (.null, true),
            (1, false),
        ] as [(JSONValue, Bool)]) func `wants JSON in a NetworkAttachmentDefinition`(config: JSONValue, isValid: Bool)
    {
        let status = check(object(["config": config]), of: .networkAttachmentDefinition)
        #expect((status == nil) == isValid)
        if let status {
            #expect(status.code == 422)
            #expect(status.details?.causes.first?.field == "spec.config")
        }
    }
}
