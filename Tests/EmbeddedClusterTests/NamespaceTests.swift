import GRDB
import KubeModel
import Testing

@testable import EmbeddedCluster

struct NamespaceTests {
    private func create(_ name: String, in test: TestCluster) async throws -> JSONValue {
        try test.json(
            await test.cluster.create(
                .namespace, namespace: nil, object: manifest(.namespace, name, body: [:]), options: WriteOptions()))
    }

    private func createVMI(
        _ name: String, _ namespace: String, in test: TestCluster, finalizers: [JSONValue] = [],
        options: WriteOptions = WriteOptions()
    ) async throws {
        _ = try await test.cluster.create(
            .virtualMachineInstance, namespace: namespace,
            object: manifest(.virtualMachineInstance, name, ["finalizers": .array(finalizers)]), options: options)
    }

    private func delete(_ name: String, in test: TestCluster, dryRun: Bool = false) async throws -> Deletion {
        try await test.cluster.delete(
            .namespace, namespace: nil, name: name, options: DeleteOptions(dryRun: dryRun))
    }

    private func names(_ test: TestCluster) async throws -> [String?] {
        try await test.cluster.list(.namespace, namespace: nil).items.map { try test.json($0).metadataName }
    }

    @Test func `has those of a new cluster, once`() async throws {
        let test = try TestCluster()
        #expect(try await names(test) == ["default", "kube-system", "kubevirt"])
        let before = try await test.get(.namespace, "default")
        #expect(before["spec"] == ["finalizers": ["kubernetes"]])
        #expect(before["status"] == ["phase": "Active"])
        #expect(before[path: "metadata", "labels"] == ["kubernetes.io/metadata.name": "default"])
        _ = try await delete("kubevirt", in: test)
        test.cluster.close()
        let again = try EmbeddedCluster(directory: test.directory, configuration: test.cluster.configuration)
        defer { again.close() }
        #expect(try await again.list(.namespace, namespace: nil).items.count == 2)
        #expect(try await test.json(again.get(.namespace, namespace: nil, name: "default")) == before)
    }

    /// Files of versions that knew no namespaces.
    @Test func `makes those that the objects of an older store are in`() async throws {
        let test = try TestCluster()
        _ = try await create("old", in: test)
        try await createVMI("x", "old", in: test)
        test.cluster.close()
        let queue = try StoreFile.writer(path: test.file)
        try queue.inDatabase { db in try db.execute(sql: "DELETE FROM objects WHERE resource = 'namespaces'") }
        try queue.close()
        let again = try EmbeddedCluster(directory: test.directory, configuration: test.cluster.configuration)
        defer { again.close() }
        let names = try await again.list(.namespace, namespace: nil).items.map { try test.json($0).metadataName }
        #expect(names == ["default", "kube-system", "kubevirt", "old"])
    }

    @Test(arguments: [false, true]) func `refuses an object in a namespace that is not there`(dryRun: Bool) async throws
    {
        let test = try TestCluster()
        let status = await #expect(throws: Status.self) {
            try await createVMI("x", "nowhere", in: test, options: WriteOptions(dryRun: dryRun))
        }
        #expect(status?.code == 404)
        #expect(status?.message == #"namespaces "nowhere" not found"#)
    }

    @Test func `takes a label as name, and nothing longer`() async throws {
        let test = try TestCluster()
        _ = try await create(String(repeating: "n", count: 63), in: test)
        for name in [String(repeating: "n", count: 64), "a.b"] {
            let status = await #expect(throws: Status.self) { try await create(name, in: test) }
            #expect(status?.code == 422)
        }
    }

    @Test func `goes with all that is in it`() async throws {
        let test = try TestCluster()
        _ = try await create("n", in: test)
        // One past what a commit takes.
        for number in 0...StoreLimits.namespaceBatchMax { try await createVMI("x\(number)", "n", in: test) }
        try await createVMI("x", "default", in: test)
        guard case .pending(let shown) = try await delete("n", in: test, dryRun: true) else {
            Issue.record("a dry run deleted")
            return
        }
        #expect(try test.json(shown)[path: "status", "phase"] == "Terminating")
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: "n").items.count > 1)
        guard case .deleted = try await delete("n", in: test) else {
            Issue.record("it is held")
            return
        }
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: nil).items.count == 1)
        #expect(try await names(test).contains("n") == false)
    }

    @Test func `an empty one that was gone was said to be terminating`() async throws {
        let test = try TestCluster()
        _ = try await create("n", in: test)
        guard case .deleted(let shown) = try await delete("n", in: test) else {
            Issue.record("it is held")
            return
        }
        #expect(try test.json(shown).metadataName == "n")
        #expect(try await names(test).contains("n") == false)
    }

    @Test func `stays, and takes nothing new, until the last finalizer in it has gone`() async throws {
        let test = try TestCluster()
        _ = try await create("n", in: test)
        try await createVMI("free", "n", in: test)
        try await createVMI("held", "n", in: test, finalizers: ["a/b"])
        guard case .pending(let shown) = try await delete("n", in: test) else {
            Issue.record("it is gone")
            return
        }
        let namespace = try test.json(shown)
        #expect(namespace.isBeingDeleted)
        #expect(namespace[path: "status", "phase"] == "Terminating")
        let left = try await test.cluster.list(.virtualMachineInstance, namespace: "n").items
        #expect(try left.map { try test.json($0).metadataName } == ["held"])
        let status = await #expect(throws: Status.self) { try await createVMI("new", "n", in: test) }
        #expect(status?.code == 403)
        #expect(
            status?.message
                == #"virtualmachineinstances.kubevirt.io "new" is forbidden: unable to create new content in "#
                + "namespace n because it is being terminated")
        #expect(status?.details?.causes.first?.reason == "NamespaceTerminating")

        _ = try await test.cluster.patch(
            .virtualMachineInstance, namespace: "n", name: "held", patch: .merge(["metadata": ["finalizers": .null]]),
            options: WriteOptions())
        #expect(try await names(test).contains("n") == false)
    }

    @Test func `is held by finalizers of its own`() async throws {
        let test = try TestCluster()
        _ = try await test.cluster.create(
            .namespace, namespace: nil, object: manifest(.namespace, "n", ["finalizers": ["a/b"]], body: [:]),
            options: WriteOptions())
        _ = try await delete("n", in: test)
        #expect(try await names(test).contains("n"))
        _ = try await test.cluster.patch(
            .namespace, namespace: nil, name: "n", patch: .merge(["metadata": ["finalizers": .null]]),
            options: WriteOptions())
        #expect(try await names(test).contains("n") == false)
    }

    /// The process ended between the mark and the deletions.
    @Test func `ends at the next start what the last process began`() async throws {
        let test = try TestCluster()
        _ = try await create("n", in: test)
        try await createVMI("x", "n", in: test)
        _ = try await test.cluster.write(NamespaceLifecycle.key("n"), dryRun: false) { current throws(Status) in
            guard let current else { throw Resource.namespace.notFound("n") }
            return .put(NamespaceLifecycle.terminating(try current.json(), now: TestCluster.startText))
        }
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: "n").items.count == 1)
        test.cluster.close()
        let again = try EmbeddedCluster(directory: test.directory, configuration: test.cluster.configuration)
        defer { again.close() }
        #expect(try await again.list(.virtualMachineInstance, namespace: nil).items.isEmpty)
        #expect(try await again.list(.namespace, namespace: nil).items.count == 3)
    }

    @Test(arguments: ["default", "kube-system"]) func `may not be deleted`(name: String) async throws {
        let test = try TestCluster()
        let status = await #expect(throws: Status.self) { try await delete(name, in: test) }
        #expect(status?.code == 403)
        #expect(status?.message == "namespaces \"\(name)\" is forbidden: this namespace may not be deleted")
    }

    @Test func `keeps its name's label and its spec through an update`() async throws {
        let test = try TestCluster()
        let created = try await create("n", in: test)
        let patched = try await test.merge(
            ["metadata": ["labels": .null, "annotations": ["a": "b"]], "spec": .null, "status": .null], .namespace, "n")
        #expect(patched[path: "metadata", "labels"] == created[path: "metadata", "labels"])
        #expect(patched["spec"] == created["spec"])
        #expect(patched["status"] == created["status"])
        #expect(patched[path: "metadata", "annotations"] == ["a": "b"])
    }
}
