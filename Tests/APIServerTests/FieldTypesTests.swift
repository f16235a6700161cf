import KubeModel
import Testing

@testable import APIServer

@Suite struct FieldTypesTests {
    /// With all that must be there.
    private func object(_ spec: JSONValue, of resource: Resource) -> JSONValue {
        let instance: JSONValue = ["domain": ["devices": [:]]]
        let least: JSONValue =
            switch resource {
            case .virtualMachine: ["template": ["spec": instance]]
            case .virtualMachineInstance: instance
            default: [:]
            }
        return ["metadata": ["name": "x"], "spec": least.mergePatched(with: spec)]
    }

    /// Each is stored as it comes, and was: the controllers then met it.
    @Test(
        arguments: [
            (Resource.virtualMachine, ["running": "yes"], "spec.running", "boolean", "string"),
            (.virtualMachine, ["running": 1], "spec.running", "boolean", "integer"),
            (.virtualMachine, ["runStrategy": 7], "spec.runStrategy", "string", "integer"),
            (.virtualMachine, ["dataVolumeTemplates": "x"], "spec.dataVolumeTemplates", "array", "string"),
            (
                .virtualMachine, ["template": ["metadata": ["annotations": ["q": 5]]]],
                "spec.template.metadata.annotations.q", "string", "integer"
            ),
            (
                .virtualMachine, ["template": ["spec": ["networks": [["name": "a"], ["name": true]]]]],
                "spec.template.spec.networks[1].name", "string", "boolean"
            ),
            (.virtualMachineInstance, ["networks": "x"], "spec.networks", "array", "string"),
            (
                .virtualMachineInstance, ["domain": ["devices": ["interfaces": [:]]]], "spec.domain.devices.interfaces",
                "array", "object"
            ),
            (
                .virtualMachineInstance, ["domain": ["devices": ["interfaces": [["name": "a", "bridge": "x"]]]]],
                "spec.domain.devices.interfaces[0].bridge", "object", "string"
            ),
            (.virtualMachineInstance, ["domain": ["devices": []]], "spec.domain.devices", "object", "array"),
            (.virtualMachineInstance, ["nodeSelector": []], "spec.nodeSelector", "object", "array"),
            (
                .virtualMachineInstance, ["domain": ["cpu": ["cores": "lots"]]], "spec.domain.cpu.cores", "integer",
                "string"
            ),
            (
                .virtualMachineInstance, ["domain": ["machine": ["type": 5]]], "spec.domain.machine.type", "string",
                "integer"
            ),
            (
                .virtualMachineInstance, ["domain": ["memory": ["guest": true]]], "spec.domain.memory.guest",
                "integer,string", "boolean"
            ),
            (
                .virtualMachineInstance, ["domain": ["resources": ["requests": ["cpu": [:]]]]],
                "spec.domain.resources.requests.cpu", "integer,string", "object"
            ),
            (
                .virtualMachineInstance, ["domain": ["features": ["hyperv": ["synic": true]]]],
                "spec.domain.features.hyperv.synic", "object", "boolean"
            ),
            (
                .virtualMachineInstance, ["domain": ["clock": ["timer": ["rtc": ["present": "yes"]]]]],
                "spec.domain.clock.timer.rtc.present", "boolean", "string"
            ),
            (
                .virtualMachineInstance, ["domain": ["firmware": ["bootloader": ["efi": ["secureBoot": 1]]]]],
                "spec.domain.firmware.bootloader.efi.secureBoot", "boolean", "integer"
            ),
            (
                .kubeVirt, ["configuration": ["developerConfiguration": ["useEmulation": "true"]]],
                "spec.configuration.developerConfiguration.useEmulation", "boolean", "string"
            ),
            (.virtualMachineInstanceMigration, ["vmiName": 5], "spec.vmiName", "string", "integer"),
            (.networkAttachmentDefinition, ["config": [:]], "spec.config", "string", "object"),
        ] as [(Resource, JSONValue, String, String, String)])
    func `a value of another type than its field's was stored`(
        _ resource: Resource, _ spec: JSONValue, _ field: String, _ expected: String, _ found: String
    ) {
        let object = object(spec, of: resource)
        let error = #expect(throws: Status.self) { try FieldTypes.check(object, of: resource) }
        #expect((error?.code, error?.reason) == (422, "Invalid"))
        #expect(
            error?.details?.causes == [
                Status.Cause(
                    reason: "FieldValueTypeInvalid",
                    message:
                        #"Invalid value: "\#(found)": \#(field) in body must be of type \#(expected): "\#(found)""#,
                    field: field)
            ])
    }

    @Test(
        arguments: [
            ("x", "spec", "object"), (["containers": [:]], "spec.containers", "array"),
            (["containers": ["a"]], "spec.containers[0]", "object"),
            (["containers": [["name": 1]]], "spec.containers[0].name", "string"),
            (
                ["initContainers": [["ports": [["hostPort": "80"]]]]], "spec.initContainers[0].ports[0].hostPort",
                "integer"
            ),
            (["containers": [["env": [["value": 5]]]]], "spec.containers[0].env[0].value", "string"),
            (["restartPolicy": 1], "spec.restartPolicy", "string"),
            (["activeDeadlineSeconds": "1"], "spec.activeDeadlineSeconds", "integer"),
        ] as [(JSONValue, String, String)]) func `pods that Go cannot decode were taken`(
            spec: JSONValue, field: String, type: String
        )
    {
        let error = #expect(throws: Status.self) { try FieldTypes.check(["spec": spec], of: .pod) }
        #expect((error?.code, error?.reason) == (400, "BadRequest"))
        #expect(
            error?.message.hasPrefix(#"Pod in version "v1" cannot be handled as a Pod: "#) == true
                && error?.message.contains("\(field) in body must be of type \(type)") == true)
    }

    @Test func `a hundred containers without names hid one that Go cannot decode`() {
        let containers = JSONValue.array(Array(repeating: [:], count: 101) + ["a"])
        let causes = FieldTypes.causes(in: ["spec": ["containers": containers]], of: .pod)
        #expect(causes.map(\.field) == ["spec.containers[101]"])
    }

    /// Each with what is missing.
    @Test(
        arguments: [
            (Resource.virtualMachineInstance, [:], ["spec"]), (.virtualMachineInstance, ["spec": .null], ["spec"]),
            (.virtualMachineInstance, ["spec": [:]], ["spec.domain"]),
            (.virtualMachineInstance, ["spec": ["domain": [:]]], ["spec.domain.devices"]),
            (.virtualMachineInstance, ["spec": ["domain": ["devices": .null]]], ["spec.domain.devices"]),
            (.virtualMachine, ["spec": ["running": true]], ["spec.template"]),
            (.virtualMachine, ["spec": ["template": [:]]], []),
            (.virtualMachine, ["spec": ["template": ["spec": [:]]]], ["spec.template.spec.domain"]),
            (
                .virtualMachine, ["spec": ["template": ["spec": ["domain": [:]]]]],
                ["spec.template.spec.domain.devices"]
            ), (.virtualMachineInstanceMigration, [:], ["spec"]), (.kubeVirt, [:], ["spec"]),
            (.kubeVirt, ["spec": [:]], []),
            (
                .kubeVirt, ["spec": ["configuration": ["developerConfiguration": ["diskVerification": [:]]]]],
                ["spec.configuration.developerConfiguration.diskVerification.memoryLimit"]
            ),
            (.networkAttachmentDefinition, [:], []), (.namespace, [:], []),
            // Built-in kinds have rules of their own for that.
            (.pod, [:], []), (.pod, ["spec": ["containers": [["ports": [[:]]]]]], []),
        ] as [(Resource, JSONValue, [String])])
    func `a machine without its domain, or a domain without devices, ran`(
        _ resource: Resource, _ object: JSONValue, _ missing: [String]
    ) {
        let causes = missing.map {
            Status.Cause(reason: "FieldValueRequired", message: "Required value", field: $0)
        }
        #expect(FieldTypes.causes(in: object, of: resource) == causes)
    }

    /// KubeVirt v1.0.0-beta.0 and v1.9.0 `virtualmachineinstances.kubevirt.io.yaml`: what both require.
    @Test(
        arguments: [
            ("disks", [[:], ["name": "a"]], ["disks[0].name"]),
            ("filesystems", [["name": "a"]], ["filesystems[0].virtiofs"]), ("gpus", [[:]], ["gpus[0].name"]),
            ("hostDevices", [[:]], ["hostDevices[0].name"]),
            ("inputs", [[:]], ["inputs[0].name", "inputs[0].type"]), ("sound", [:], ["sound.name"]),
            ("watchdog", [:], ["watchdog.name"]),
            ("interfaces", [["ports": [[:]]]], ["interfaces[0].name", "interfaces[0].ports[0].port"]),
        ] as [(String, JSONValue, [String])])
    func `a device without a name was stored`(_ devices: String, _ value: JSONValue, _ missing: [String]) {
        let object: JSONValue = ["spec": ["domain": ["devices": ["\(devices)": value]]]]
        let causes = FieldTypes.causes(in: object, of: .virtualMachineInstance)
        #expect(causes.map(\.field) == missing.map { "spec.domain.devices.\($0)" })
        #expect(causes.allSatisfy { $0.message == "Required value" })
    }

    @Test(
        arguments: [
            (["networks": [["multus": [:]]]], ["networks[0].name", "networks[0].multus.networkName"]),
            (["volumes": [["containerDisk": ["image": "i"]]]], ["volumes[0].name"]),
            (["domain": ["devices": [:], "cpu": ["features": [[:]]]]], ["domain.cpu.features[0].name"]),
            (
                ["domain": ["devices": [:], "firmware": ["kernelBoot": ["container": [:]]]]],
                ["domain.firmware.kernelBoot.container.image"]
            ),
            (
                ["topologySpreadConstraints": [["maxSkew": 1]]],
                ["topologySpreadConstraints[0].topologyKey", "topologySpreadConstraints[0].whenUnsatisfiable"]
            ),
        ] as [(JSONValue, [String])])
    func `a network, a volume or a part of the domain without what it needs was stored`(
        _ spec: JSONValue, _ missing: [String]
    ) {
        let causes = FieldTypes.causes(in: object(spec, of: .virtualMachineInstance), of: .virtualMachineInstance)
        #expect(causes.map(\.field) == missing.map { "spec.\($0)" })
    }

    @Test(
        arguments: [
            ("64Mi", true), ("1024M", true), ("0.5", true), (".5", true), ("5.", true), ("100m", true), ("1e3", true),
            ("1E3", true), ("1E", true), ("1e-.5", true), ("+1Ki", true), ("-1", true), (1024, true), (0, true),
            ("", false), ("lots", false), ("1Gib", false), ("1 Gi", false), (".", false), ("1e", false), ("1ei", false),
            ("1K", false), ("1mi", false), ("--1", false), ("1e3Mi", false), ("1Mi\n", false), ("١", false),
            (.number(JSONNumber(validated: "1.5")), false), (true, false), ([], false),
        ] as [(JSONValue, Bool)])
    func `memory that is no quantity was stored`(_ value: JSONValue, _ isOne: Bool) throws {
        for domain: JSONValue in [
            ["memory": ["guest": value]], ["memory": ["maxGuest": value]],
            ["resources": ["requests": ["memory": value]]],
            ["resources": ["limits": ["memory": value]]],
        ] {
            let object = object(["domain": domain], of: .virtualMachineInstance)
            #expect(FieldTypes.causes(in: object, of: .virtualMachineInstance).isEmpty == isOne)
        }
    }

    @Test func `says what a quantity should be`() throws {
        let object = object(["domain": ["memory": ["guest": "1Gib"]]], of: .virtualMachineInstance)
        let cause = try #require(FieldTypes.causes(in: object, of: .virtualMachineInstance).first)
        #expect(cause.reason == "FieldValueInvalid")
        #expect(
            cause.message == #"Invalid value: "1Gib": \#(cause.field) in body should match '\#(Quantity.pattern)'"#)
        #expect(Quantity.pattern.wholeMatch(of: /\^.+\$/) != nil)
    }

    @Test func `a fault that an object had before stood in the way of other changes`() throws {
        let old: JSONValue = ["spec": ["running": false, "template": ["spec": [:]]]]
        let started: JSONValue = ["spec": ["running": true, "template": ["spec": [:]]]]
        try FieldTypes.check(started, old: old, of: .virtualMachine)
        let worse: JSONValue = ["spec": ["running": "yes", "template": ["spec": [:]]]]
        let error = #expect(throws: Status.self) { try FieldTypes.check(worse, old: old, of: .virtualMachine) }
        #expect(error?.details?.causes.map(\.field) == ["spec.running"])
    }

    @Test func `takes what is right, null, unknown or on its way out, and what was so before`() throws {
        let wrong: JSONValue = ["spec": ["running": "yes"]]
        for object in [
            object(["running": true, "runStrategy": .null, "bogus": 5], of: .virtualMachine),
            object([:], of: .virtualMachine).mergePatched(with: ["status": 5]),
            ["metadata": ["deletionTimestamp": "now"], "spec": ["running": "yes"]],
        ] as [JSONValue] {
            try FieldTypes.check(object, of: .virtualMachine)
        }
        try FieldTypes.check(wrong, old: wrong, of: .virtualMachine)
        #expect(throws: Status.self) {
            try FieldTypes.check(wrong, old: ["spec": ["running": true]], of: .virtualMachine)
        }
    }

    @Test func `tells of a hundred fields`() {
        for (count, told) in [(FieldTypes.causesMax, FieldTypes.causesMax), (FieldTypes.causesMax + 1, 100)] {
            let networks = JSONValue.array(Array(repeating: "x", count: count))
            let object = object(["networks": networks], of: .virtualMachineInstance)
            #expect(FieldTypes.causes(in: object, of: .virtualMachineInstance).count == told)
        }
    }
}
