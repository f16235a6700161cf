import KubeModel
import Testing

@testable import EmbeddedCluster

struct UpdateTests {
    @Test func `replaces the object and counts version and generation up`() async throws {
        let test = try TestCluster()
        var object = try await test.createVMI()
        object["spec"] = ["a": 1]
        object["metadata"]?["creationTimestamp"] = "2001-01-01T00:00:00Z"
        object["metadata"]?["generation"] = 99
        object["metadata"]?["managedFields"] = [[:]]
        let updated = try await test.update(object, .virtualMachineInstance)
        #expect(updated["spec"] == ["a": 1])
        #expect(updated.metadataResourceVersion == "2")
        #expect(updated[path: "metadata", "generation"] == 2)
        #expect(updated[path: "metadata", "creationTimestamp"] == .string(TestCluster.startText))
        #expect(updated[path: "metadata", "managedFields"] == nil)
        #expect(try await test.get(.virtualMachineInstance, "vmi") == updated)
    }

    @Test func `the same again changes nothing`() async throws {
        let test = try TestCluster()
        let object = try await test.createVMI()
        var same = object
        for member in ["uid", "generation", "creationTimestamp", "namespace"] { same["metadata"]?[member] = nil }
        same["metadata"]?["labels"] = [:]
        #expect(try await test.update(same, .virtualMachineInstance) == object)
        #expect(try await test.merge(["spec": [:]]) == object)
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: nil).resourceVersion == 1)
    }

    struct Generation: Sendable, CustomTestStringConvertible {
        let resource: Resource
        let patch: JSONValue
        let expected: Int
        var testDescription: String { "\(resource.kind) \(String(decoding: patch.serialized(), as: UTF8.self))" }
    }

    static let generations = [
        Generation(resource: .virtualMachineInstance, patch: ["spec": ["a": 1]], expected: 2),
        Generation(resource: .virtualMachineInstance, patch: ["status": ["a": 1]], expected: 2),
        Generation(resource: .virtualMachineInstance, patch: ["metadata": ["labels": ["a": "b"]]], expected: 1),
        Generation(resource: .virtualMachine, patch: ["spec": ["a": 1]], expected: 2),
        Generation(resource: .virtualMachine, patch: ["extra": 1], expected: 2),
        Generation(resource: .virtualMachine, patch: ["metadata": ["annotations": ["a": "b"]]], expected: 1),
        Generation(resource: .kubeVirt, patch: ["spec": ["a": 1]], expected: 2),
        Generation(resource: .networkAttachmentDefinition, patch: ["spec": ["config": "{}"]], expected: 2),
    ]

    @Test(arguments: generations) func `generation counts`(_ row: Generation) async throws {
        let test = try TestCluster()
        try await test.create(row.resource, "x")
        let patched = try await test.merge(row.patch, row.resource, "x")
        #expect(patched.metadataResourceVersion == "2")
        #expect(patched[path: "metadata", "generation"] == .number(JSONNumber(row.expected)))
    }

    @Test func `refuses an object made from another version`() async throws {
        let test = try TestCluster()
        var stale = try await test.createVMI()
        _ = try await test.merge(["spec": ["a": 1]])
        stale["spec"] = ["a": 2]
        let status = await #expect(throws: Status.self) { try await test.update(stale, .virtualMachineInstance) }
        #expect(status?.code == 409)
        #expect(status?.reason == "Conflict")
        #expect(
            status?.message
                == "Operation cannot be fulfilled on virtualmachineinstances.kubevirt.io \"vmi\": the object has been "
                + "modified; please apply your changes to the latest version and try again")
    }

    @Test(arguments: [nil, "", "0"] as [String?]) func `refuses an update without a version`(version: String?)
        async throws
    {
        let test = try TestCluster()
        var object = try await test.createVMI()
        object["metadata"]?["resourceVersion"] = version.map { .string($0) }
        let status = await #expect(throws: Status.self) { try await test.update(object, .virtualMachineInstance) }
        #expect(status?.code == 422)
        #expect(
            status?.message
                == "VirtualMachineInstance.kubevirt.io \"vmi\" is invalid: metadata.resourceVersion: Invalid value: "
                + "0x0: must be specified for an update")
    }

    @Test func `refuses an object with another uid`() async throws {
        let test = try TestCluster()
        var object = try await test.createVMI()
        let uid = try #require(object.metadataUID)
        object["metadata"]?["uid"] = "other"
        let status = await #expect(throws: Status.self) { try await test.update(object, .virtualMachineInstance) }
        #expect(status?.code == 409)
        #expect(
            status?.message
                == "Operation cannot be fulfilled on virtualmachineinstances.kubevirt.io \"vmi\": Precondition failed: "
                + "UID in precondition: other, UID in object meta: \(uid)")
    }

    @Test func `names and namespaces are those of the path`() async throws {
        let test = try TestCluster()
        let object = try await test.createVMI()
        func refusal(_ object: JSONValue, name: String = "vmi") async -> String? {
            await #expect(throws: Status.self) {
                try await test.cluster.update(
                    .virtualMachineInstance, namespace: "default", name: name, object: object,
                    options: WriteOptions())
            }?.message
        }
        #expect(
            await refusal(object, name: "x") == "the name of the object (vmi) does not match the name on the URL (x)")
        var other = object
        other["metadata"]?["namespace"] = "other"
        #expect(
            await refusal(other)
                == "the namespace of the object (other) does not match the namespace on the request (default)")
        other = object
        other["metadata"]?["name"] = nil
        #expect(
            await refusal(other)
                == "the name of the object (vmi based on URL) was undeterminable: name must be provided")
    }

    @Test func `a missing object is not found`() async throws {
        let test = try TestCluster()
        let object = manifest(.virtualMachineInstance, "vmi", ["resourceVersion": "1"])
        let update = await #expect(throws: Status.self) { try await test.update(object, .virtualMachineInstance) }
        #expect(update?.code == 404)
        #expect(update?.message == #"virtualmachineinstances.kubevirt.io "vmi" not found"#)
        #expect(update?.details == Status.Details(name: "vmi", group: "kubevirt.io", kind: "virtualmachineinstances"))
        let patch = await #expect(throws: Status.self) { try await test.merge([:]) }
        #expect(patch == update)
        let get = await #expect(throws: Status.self) { try await test.get(.virtualMachineInstance, "vmi") }
        #expect(get == update)
    }

    @Test func `a dry run shows the change and stores nothing`() async throws {
        let test = try TestCluster()
        let object = try await test.createVMI()
        let shown = try await test.merge(["spec": ["a": 1]], options: WriteOptions(dryRun: true))
        #expect(shown[path: "spec", "a"] == 1)
        #expect(shown[path: "metadata", "generation"] == 2)
        #expect(shown.metadataResourceVersion == "1")
        #expect(try await test.get(.virtualMachineInstance, "vmi") == object)
        let status = await #expect(throws: Status.self) {
            try await test.merge(["metadata": ["uid": "x"]], options: WriteOptions(dryRun: true))
        }
        #expect(status?.code == 422)
    }

    @Test func `annotations may have 256 KiB and no byte more`() async throws {
        let test = try TestCluster()
        try await test.createVMI()
        func annotate(_ bytes: Int) async throws -> JSONValue {
            let value = JSONValue.string(String(repeating: "x", count: bytes - 1))
            return try await test.merge(["metadata": ["annotations": ["a": value]]])
        }
        _ = try await annotate(StoreLimits.annotationsBytesMax)
        let status = await #expect(throws: Status.self) { try await annotate(StoreLimits.annotationsBytesMax + 1) }
        #expect(status?.code == 422)
        #expect(status?.details?.causes.first?.field == "metadata.annotations")
        #expect(status?.details?.causes.first?.reason == "FieldValueTooLong")
    }
}
