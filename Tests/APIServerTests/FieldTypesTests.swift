import KubeModel
import Testing

@testable import APIServer

@Suite struct FieldTypesTests {
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
            (.virtualMachineInstanceMigration, ["vmiName": 5], "spec.vmiName", "string", "integer"),
            (.networkAttachmentDefinition, ["config": [:]], "spec.config", "string", "object"),
        ] as [(Resource, JSONValue, String, String, String)])
    func `a value of another type than its field's was stored`(
        _ resource: Resource, _ spec: JSONValue, _ field: String, _ expected: String, _ found: String
    ) {
        let object: JSONValue = ["metadata": ["name": "x"], "spec": spec]
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

    @Test func `takes what is right, null, unknown or on its way out, and what was so before`() throws {
        let wrong: JSONValue = ["spec": ["running": "yes"]]
        for object in [
            ["spec": ["running": true, "template": .null, "bogus": 5]], ["status": 5],
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
            #expect(FieldTypes.causes(in: ["spec": ["networks": networks]], of: .virtualMachineInstance).count == told)
        }
    }
}
