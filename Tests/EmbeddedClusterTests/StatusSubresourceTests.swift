import KubeModel
import Testing

@testable import EmbeddedCluster

struct StatusSubresourceTests {
    private let status = WriteOptions(subresource: "status")

    @Test func `a new VM has an empty status, whatever the client sent`() async throws {
        let test = try TestCluster()
        let created = try await test.create(.virtualMachine, "vm", body: ["status": ["ready": true]])
        #expect(created["status"] == [:])
    }

    @Test func `a new KubeVirt is deployed, in the version that the cluster is told`() async throws {
        let test = try TestCluster()
        let created = try await test.create(.kubeVirt, "kv", body: ["status": ["phase": "x"]])
        #expect(created["status"] == ["phase": "Deployed", "observedKubeVirtVersion": "v1.0.0"])
        let later = try TestCluster { $0.observedKubeVirtVersion = "v1.4.0" }
        let object = try await later.create(.kubeVirt, "kv")
        #expect(object[path: "status", "observedKubeVirtVersion"] == "v1.4.0")
    }

    @Test func `writes to a VM leave its status alone`() async throws {
        let test = try TestCluster()
        try await test.create(.virtualMachine, "vm")
        let patched = try await test.merge(
            ["spec": ["a": 1], "status": ["ready": true]], .virtualMachine, "vm")
        #expect(patched[path: "spec", "a"] == 1)
        #expect(patched["status"] == [:])
        var replaced = patched
        replaced["status"] = nil
        #expect(try await test.update(replaced, .virtualMachine) == patched)
    }

    @Test func `writes to the status of a VM change nothing else`() async throws {
        let test = try TestCluster()
        let created = try await test.create(.virtualMachine, "vm")
        let patched = try await test.merge(
            ["spec": ["a": 1], "metadata": ["labels": ["a": "b"]], "status": ["ready": true]], .virtualMachine, "vm",
            options: status)
        var expected = created
        expected["status"] = ["ready": true]
        expected["metadata"]?["resourceVersion"] = "2"
        #expect(patched == expected)
        expected["status"] = ["ready": false]
        let updated = try await test.update(expected, .virtualMachine, options: status)
        #expect(updated[path: "status", "ready"] == false)
        #expect(updated[path: "metadata", "generation"] == 1)
        let stale = await #expect(throws: Status.self) {
            try await test.update(expected, .virtualMachine, options: status)
        }
        #expect(stale?.reason == "Conflict")
    }

    @Test(arguments: [
        (Resource.virtualMachineInstance, "status"), (.networkAttachmentDefinition, "status"),
        (.virtualMachine, "scale"),
    ]) func `other subresources lead nowhere`(resource: Resource, subresource: String) async throws {
        let test = try TestCluster()
        try await test.create(resource, "x")
        await #expect(throws: Status.pathNotFound) {
            try await test.merge([:], resource, "x", options: WriteOptions(subresource: subresource))
        }
    }
}
