import KubeModel
import Testing

@testable import HotplugAPI

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
        // KubeVirt's own changes must fit.
        let unfit = check(new, old: old, of: .virtualMachineInstance, isKubeVirt: true)
        #expect(unfit?.message.contains("spec.networks[0].name 'b' not found.") == true)
        let moved = object(Self.sound.replacing(state: "absent"))
        #expect(check(moved, old: old, of: .virtualMachineInstance, isKubeVirt: true) == nil)
        new["spec"] = old["spec"]
        new["metadata"]?["labels"] = ["a": "b"]
        #expect(check(new, old: old, of: .virtualMachineInstance) == nil)
    }

    @Test(arguments: [
        "created-by", "migrationJobUID", "nodeName", "migrationTargetNodeName", "schedulable", "install-strategy",
    ]) func `leaves the labels by which KubeVirt finds its objects to KubeVirt`(label: String) {
        let bare = object(Self.sound)
        var labelled = bare
        labelled["metadata"]?["labels"] = ["kubevirt.io/\(label)": "x"]
        let suffix = " of the following reserved kubevirt.io/ labels on a VMI object is prohibited"
        for (new, old, what) in [
            (labelled, nil, "creation"), (labelled, bare, "modification"), (bare, labelled, "modification"),
        ] {
            let status = check(new, old: old, of: .virtualMachineInstance)
            #expect(status?.code == 422)
            #expect(status?.message.hasSuffix("denied the request: \(what)\(suffix)") == true, "\(what)")
            #expect(check(new, old: old, of: .virtualMachineInstance, isKubeVirt: true) == nil)
        }
        #expect(check(labelled, old: labelled, of: .virtualMachineInstance) == nil)
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
            (
                ["template": ["spec": sound], "running": true, "instancetype": ["name": "u1.small"]],
                #"Failure to find instancetype: virtualmachineclusterinstancetypes.instancetype.kubevirt.io "u1.small" "#
                    + "not found"
            ),
            (
                [
                    "template": ["spec": sound], "running": true,
                    "preference": ["name": "p", "kind": "VirtualMachinePreference"],
                ], #"Failure to find preference: virtualmachinepreferences.instancetype.kubevirt.io "p" not found"#
            ),
            (["template": ["spec": sound], "running": true, "instancetype": .null], nil),
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

    @Test func `keeps the label of a migration under way`() {
        var old = object(["vmiName": "a"])
        old["metadata"]?["labels"] = ["kubevirt.io/vmi-name": "a"]
        var new = old
        new["metadata"]?["labels"] = ["kubevirt.io/vmi-name": "b"]
        let resource = Resource.virtualMachineInstanceMigration
        #expect(
            check(new, old: old, of: resource)?.message.hasSuffix(
                "selector label can't be modified on an in-flight migration") == true)
        new["metadata"]?["labels"] = nil
        #expect(
            check(new, old: old, of: resource)?.message.hasSuffix(
                "selector label can't be removed from an in-flight migration") == true)
        new["status"] = ["phase": "Failed"]
        #expect(check(new, old: old, of: resource) == nil)
        // One that never had it.
        #expect(check(old, old: object(["vmiName": "a"]), of: resource) == nil)
    }

    struct Place: Sendable {
        var instance: JSONValue?
        var migrations: [JSONValue] = []
        var message: String?
    }

    private static let running: JSONValue = ["metadata": ["name": "a"], "status": ["phase": "Running"]]

    private static func migration(_ phase: String, of vmi: String = "a") -> JSONValue {
        [
            "metadata": ["name": "m", "namespace": "n", "uid": "u1"], "spec": ["vmiName": .string(vmi)],
            "status": ["phase": .string(phase)],
        ]
    }

    /// KubeVirt v1.0.1 `migration-create-admitter.go`.
    @Test(arguments: [
        Place(message: #"the VMI "n/a" does not exist"#), Place(instance: running),
        Place(instance: ["status": ["phase": "Succeeded"]], message: "Cannot migrate VMI in finalized state."),
        Place(instance: ["status": ["phase": "Failed"]], message: "Cannot migrate VMI in finalized state."),
        Place(instance: ["status": ["phase": "Scheduling"]]),
        Place(
            instance: [
                "status": [
                    "phase": "Running",
                    "conditions": [["type": "LiveMigratable", "status": "False", "reason": "R", "message": "M"]],
                ]
            ], message: "Cannot migrate VMI, Reason: R, Message: M"),
        Place(
            instance: running, migrations: [migration("Scheduling")],
            message: "in-flight migration detected. Active migration job (u1) is currently already in progress for VMI "
                + "a."),
        Place(
            instance: running, migrations: [migration("")],
            message: "in-flight migration detected. Active migration job (u1) is currently already in progress for VMI "
                + "a."),
        Place(
            instance: running,
            migrations: [migration("Succeeded"), migration("Failed"), migration("Running", of: "other")]),
    ]) func `wants a VMI that can migrate and does not`(place: Place) {
        var status: Status?
        do throws(Status) {
            try MigrationRules.checkPlace(
                vmiName: "a", namespace: "n", instance: place.instance, migrations: place.migrations)
        } catch {
            status = error
        }
        let prefix = #"admission webhook "migration-create-validator.kubevirt.io" denied the request: "#
        #expect(status?.message == place.message.map { prefix + $0 })
        if let status { #expect((status.code, status.reason) == (400, "BadRequest")) }
    }

    @Test(
        arguments: [
            ("{}", []), (#"{"configuration":null}"#, []),
            (#"{"configuration":{"developerConfiguration":{"featureGates":["HotplugNICs"]}}}"#, []),
            (
                #"{"configuration":{"network":{"defaultNetworkInterface":"masquerade","permitSlirpInterface":true}}}"#,
                []
            ),
            ("[]", [#"spec: Invalid value: "array": spec in body must be of type object: "array""#]),
            (
                #"{"configuration":{"developerConfiguration":{"featureGates":"HotplugNICs"}}}"#,
                [
                    #"spec.configuration.developerConfiguration.featureGates: Invalid value: "string": "#
                        + "spec.configuration.developerConfiguration.featureGates in body must be of type array: "
                        + #""string""#
                ]
            ),
            (
                #"{"configuration":{"developerConfiguration":{"featureGates":["a",1]}}}"#,
                [
                    #"spec.configuration.developerConfiguration.featureGates[1]: Invalid value: "integer": "#
                        + "spec.configuration.developerConfiguration.featureGates[1] in body must be of type string: "
                        + #""integer""#
                ]
            ),
            (
                #"{"configuration":{"network":{"permitBridgeInterfaceOnPodNetwork":"no","defaultNetworkInterface":"x"}}}"#,
                [
                    #"spec.configuration.network.permitBridgeInterfaceOnPodNetwork: Invalid value: "string": "#
                        + "spec.configuration.network.permitBridgeInterfaceOnPodNetwork in body must be of type "
                        + #"boolean: "string""#,
                    #"spec.configuration.network.defaultNetworkInterface: Unsupported value: "x": supported values: "#
                        + #""bridge", "masquerade", "slirp""#,
                ]
            ),
        ] as [(String, [String])]) func `reads the configuration of a KubeVirt that somebody writes`(
            spec: String, causes: [String]
        ) throws
    {
        let kubeVirt = object(try JSONValue(parsing: Array(spec.utf8)))
        let status = check(kubeVirt, of: .kubeVirt)
        #expect(status?.details?.causes.map { "\($0.field): \($0.message)" } ?? [] == causes)
        if let status {
            #expect((status.code, status.reason) == (422, "Invalid"))
            #expect(status.message.hasPrefix(#"KubeVirt.kubevirt.io "x" is invalid: "#))
        }
        // What was stored before there were rules can still be labelled.
        #expect(check(kubeVirt, old: kubeVirt, of: .kubeVirt) == nil)
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

extension JSONValue {
    /// The spec with that state of its only interface.
    fileprivate func replacing(state: String) -> JSONValue {
        var spec = self
        spec["domain"]?["devices"]?["interfaces"] = [["name": "a", "bridge": [:], "state": .string(state)]]
        return spec
    }
}
