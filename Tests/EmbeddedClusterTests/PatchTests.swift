import KubeModel
import Testing

@testable import EmbeddedCluster

struct PatchTests {
    private func patch(
        _ operations: [JSONPatch.Operation], _ test: TestCluster, _ resource: Resource = .virtualMachineInstance
    ) async throws -> JSONValue {
        try await test.json(
            test.cluster.patch(
                resource, namespace: "default", name: "vmi", patch: .json(JSONPatch(operations)),
                options: WriteOptions()))
    }

    @Test func `applies guarded operations`() async throws {
        let test = try TestCluster()
        try await test.createVMI()
        let patched = try await patch(
            [
                .test(try JSONPointer("/spec/networks"), .null),
                .add(try JSONPointer("/spec/networks"), [["name": "n"]]),
            ], test)
        #expect(patched[path: "spec", "networks"] == [["name": "n"]])
    }

    @Test func `a test that fails is Invalid and changes nothing`() async throws {
        let test = try TestCluster()
        let object = try await test.createVMI()
        let status = await #expect(throws: Status.self) {
            try await patch(
                [
                    .add(try JSONPointer("/spec/networks"), []),
                    .test(try JSONPointer("/metadata/name"), "other"),
                ], test)
        }
        #expect(status?.code == 422)
        #expect(status?.reason == "Invalid")
        #expect(status?.message == "the server rejected our request due to an error in our request")
        #expect(status?.details?.causes == [], "kube-apiserver gives none, and kubectl would print them")
        #expect(try await test.get(.virtualMachineInstance, "vmi") == object)
    }

    @Test(arguments: [
        ("name", 400, "the name of the object (x) does not match the name on the URL (vmi)"),
        (
            "namespace", 400,
            "the namespace of the object (x) does not match the namespace on the request (default)"
        ),
        (
            "uid", 422,
            "VirtualMachineInstance.kubevirt.io \"vmi\" is invalid: metadata.uid: Invalid value: \"x\": field is "
                + "immutable"
        ),
        (
            "deletionTimestamp", 422,
            "VirtualMachineInstance.kubevirt.io \"vmi\" is invalid: metadata.deletionTimestamp: Invalid value: \"x\": "
                + "field is immutable"
        ),
        (
            "resourceVersion", 409,
            "Operation cannot be fulfilled on virtualmachineinstances.kubevirt.io \"vmi\": the object has been "
                + "modified; please apply your changes to the latest version and try again"
        ),
    ]) func `refuses to change`(member: String, code: Int, message: String) async throws {
        let test = try TestCluster()
        try await test.createVMI()
        let status = await #expect(throws: Status.self) {
            try await patch([.add(JSONPointer(tokens: ["metadata", member]), "x")], test)
        }
        #expect(status?.code == code)
        #expect(status?.message == message)
    }

    @Test func `refuses another kind`() async throws {
        let test = try TestCluster()
        try await test.createVMI()
        let status = await #expect(throws: Status.self) { try await test.merge(["kind": "Pod"]) }
        #expect(status?.details?.causes.first?.field == "kind")
    }

    @Test func `the version in a merge patch is a precondition`() async throws {
        let test = try TestCluster()
        try await test.createVMI()
        let patched = try await test.merge(["metadata": ["resourceVersion": "1"], "spec": ["a": 1]])
        #expect(patched.metadataResourceVersion == "2")
        let status = await #expect(throws: Status.self) {
            try await test.merge(["metadata": ["resourceVersion": "1"], "spec": ["a": 2]])
        }
        #expect(status?.reason == "Conflict")
    }

    @Test func `a merge patch that is no object is a bad request`() async throws {
        let test = try TestCluster()
        try await test.createVMI()
        let status = await #expect(throws: Status.self) { try await test.merge("x") }
        #expect(status?.code == 400)
    }
}
