import KubeModel
import Testing

@testable import EmbeddedCluster

struct DeleteTests {
    private func delete(
        _ test: TestCluster, _ options: DeleteOptions = DeleteOptions()
    ) async throws -> (isGone: Bool, object: JSONValue) {
        switch try await test.cluster.delete(
            .virtualMachineInstance, namespace: "default", name: "vmi", options: options)
        {
        case .deleted(let object): (true, try test.json(object))
        case .pending(let object): (false, try test.json(object))
        }
    }

    @Test func `removes the object and answers its last state`() async throws {
        let test = try TestCluster()
        var created = try await test.createVMI()
        let (isGone, object) = try await delete(test)
        #expect(isGone)
        created["metadata"]?["resourceVersion"] = "2"
        #expect(object == created, "the last state has the version of the deletion")
        let status = await #expect(throws: Status.self) { try await delete(test) }
        #expect(status?.code == 404)
        let again = try await test.createVMI()
        #expect(again.metadataUID != created.metadataUID)
    }

    @Test func `finalizers hold the object until the last is gone`() async throws {
        let test = try TestCluster()
        try await test.createVMI("vmi", ["finalizers": ["example.com/a", "example.com/b"]])
        test.clock.seconds += 60
        let held = try await delete(test)
        #expect(!held.isGone)
        #expect(held.object[path: "metadata", "deletionTimestamp"] == "2023-11-14T22:14:20Z")
        #expect(held.object[path: "metadata", "deletionGracePeriodSeconds"] == 0)
        #expect(held.object[path: "metadata", "generation"] == 2)
        #expect(held.object.metadataResourceVersion == "2")

        test.clock.seconds += 60
        let second = try await delete(test)
        #expect(!second.isGone)
        #expect(second.object == held.object, "the second DELETE changes nothing")

        let added = await #expect(throws: Status.self) {
            try await test.merge(["metadata": ["finalizers": ["example.com/a", "example.com/c"]]])
        }
        #expect(
            added?.message
                == "VirtualMachineInstance.kubevirt.io \"vmi\" is invalid: metadata.finalizers: Forbidden: no new "
                + "finalizers can be added if the object is being deleted, found new finalizers \"example.com/c\"")

        let one = try await test.merge([
            "metadata": ["finalizers": ["example.com/b"], "deletionTimestamp": .null], "spec": ["late": true],
        ])
        #expect(one.isBeingDeleted, "an update cannot take the deletion back")

        let last = try await test.merge(["metadata": ["finalizers": .null]])
        #expect(last.metadataResourceVersion == "4")
        await #expect(throws: Status.self) { try await test.get(.virtualMachineInstance, "vmi") }
    }

    @Test func `preconditions`() async throws {
        let test = try TestCluster()
        let created = try await test.createVMI()
        let uid = try #require(created.metadataUID)
        let wrongUID = await #expect(throws: Status.self) { try await delete(test, DeleteOptions(uid: "x")) }
        #expect(
            wrongUID?.message
                == "Operation cannot be fulfilled on virtualmachineinstances.kubevirt.io \"vmi\": the UID in the "
                + "precondition (x) does not match the UID in record (\(uid)). The object might have been deleted and "
                + "then recreated")
        let wrongVersion = await #expect(throws: Status.self) {
            try await delete(test, DeleteOptions(resourceVersion: "7"))
        }
        #expect(wrongVersion?.code == 409)
        #expect(try await delete(test, DeleteOptions(uid: uid, resourceVersion: "1")).isGone)
    }

    @Test func `a dry run removes nothing`() async throws {
        let test = try TestCluster()
        let created = try await test.createVMI()
        let (isGone, object) = try await delete(test, DeleteOptions(dryRun: true))
        #expect(isGone)
        #expect(object == created)
        #expect(try await test.get(.virtualMachineInstance, "vmi") == created)
    }
}
