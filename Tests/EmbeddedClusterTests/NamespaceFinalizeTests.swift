import KubeModel
import Testing

@testable import EmbeddedCluster

struct NamespaceFinalizeTests {
    private let finalize = WriteOptions(subresource: "finalize")

    /// A namespace `n` that waits for what finalizers hold in it.
    private func terminating(_ test: TestCluster, own: [JSONValue] = []) async throws -> JSONValue {
        _ = try await test.cluster.create(
            .namespace, namespace: nil, object: manifest(.namespace, "n", ["finalizers": .array(own)], body: [:]),
            options: WriteOptions())
        _ = try await test.cluster.create(
            .virtualMachineInstance, namespace: "n",
            object: manifest(.virtualMachineInstance, "held", ["finalizers": ["x.io/hold"]]), options: WriteOptions())
        _ = try await test.cluster.delete(.namespace, namespace: nil, name: "n", options: DeleteOptions())
        return try #require(try await find(test))
    }

    private func find(_ test: TestCluster) async throws -> JSONValue? {
        try await test.cluster.find(.namespace, namespace: nil, name: "n")
    }

    @discardableResult
    private func put(_ object: JSONValue, _ test: TestCluster, dryRun: Bool = false) async throws -> JSONValue {
        var options = finalize
        options.dryRun = dryRun
        let stored = try await test.cluster.update(
            .namespace, namespace: nil, name: "n", object: object, options: options)
        return try stored.json()
    }

    private func patchFinalizers(_ resource: Resource, _ namespace: String?, _ name: String, _ test: TestCluster)
        async throws
    {
        _ = try await test.cluster.patch(
            resource, namespace: namespace, name: name, patch: .merge(["metadata": ["finalizers": .null]]),
            options: WriteOptions())
    }

    @Test func `a namespace whose content was held could not be let go`() async throws {
        let test = try TestCluster()
        var namespace = try await terminating(test)
        namespace["spec"] = ["finalizers": []]
        let shown = try await put(namespace, test, dryRun: true)
        #expect(shown["spec"] == [:])
        #expect(try await find(test) != nil)
        let last = try await put(namespace, test)
        #expect(last["spec"] == [:])
        #expect(last[path: "status", "phase"] == "Terminating")
        #expect(try await find(test) == nil)
        // What is left can still go, and nothing new come.
        let left = try await test.cluster.list(.virtualMachineInstance, namespace: "n").items
        #expect(left.count == 1)
        try await patchFinalizers(.virtualMachineInstance, "n", "held", test)
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: "n").items.isEmpty)
    }

    @Test func `takes nothing but the finalizers of the spec`() async throws {
        let test = try TestCluster()
        let namespace = try await terminating(test)
        var sent = namespace
        sent["metadata"]?["labels"] = ["a": "b"]
        sent["metadata"]?["finalizers"] = ["x.io/y"]
        sent["status"] = ["phase": "Active"]
        sent["spec"] = ["finalizers": ["kubernetes", "x.io/z"], "other": 1]
        let shown = try await put(sent, test)
        var expected = namespace
        expected["spec"] = ["finalizers": ["kubernetes", "x.io/z"]]
        expected["metadata"]?["resourceVersion"] = shown[path: "metadata", "resourceVersion"]
        #expect(shown == expected)
        // The content's own goes with it; that of somebody else stays.
        try await patchFinalizers(.virtualMachineInstance, "n", "held", test)
        let left = try #require(try await find(test))
        #expect(left["spec"] == ["finalizers": ["x.io/z"]])
        #expect(left.condition("NamespaceContentRemaining")?["status"] == "False")
        var free = left
        free["spec"] = nil
        try await put(free, test)
        #expect(try await find(test) == nil)
    }

    @Test func `one that finalizers in its metadata hold goes with the last of those`() async throws {
        let test = try TestCluster()
        var namespace = try await terminating(test, own: ["x.io/own"])
        namespace["spec"] = [:]
        try await put(namespace, test)
        #expect(try await find(test)?["spec"] == [:])
        try await patchFinalizers(.namespace, nil, "n", test)
        #expect(try await find(test) == nil)
    }

    @Test func `keeps one that is not being deleted`() async throws {
        let test = try TestCluster()
        let created = try await test.json(
            test.cluster.create(
                .namespace, namespace: nil, object: manifest(.namespace, "n", body: [:]), options: WriteOptions()))
        var sent = created
        sent["spec"] = [:]
        try await put(sent, test)
        #expect(try await find(test)?[path: "status", "phase"] == "Active")
    }

    @Test func `looks at the version where one is given`() async throws {
        let test = try TestCluster()
        var namespace = try await terminating(test)
        namespace["spec"] = [:]
        namespace["metadata"]?["resourceVersion"] = "1"
        let stale = await #expect(throws: Status.self) { try await put(namespace, test) }
        #expect(stale?.code == 409)
        namespace["metadata"]?["resourceVersion"] = nil
        try await put(namespace, test)
        #expect(try await find(test) == nil)
    }

    @Test(
        arguments: [
            (["finalizers": ["x"]], 422, "name is neither a standard finalizer name nor is it fully qualified"),
            (["finalizers": "kubernetes"], 400, "spec.finalizers must be an array of strings"),
            (["finalizers": [1]], 400, "spec.finalizers must be an array of strings"),
            ("x", 400, "spec must be an object"),
        ] as [(JSONValue, Int, String)]) func `refuses finalizers that are none`(
            spec: JSONValue, code: Int, message: String
        ) async throws
    {
        let test = try TestCluster()
        var namespace = try await terminating(test)
        namespace["spec"] = spec
        let status = await #expect(throws: Status.self) { try await put(namespace, test) }
        #expect(status?.code == code)
        #expect(status?.message.hasSuffix(message) == true)
    }

    @Test func `there is no finalize of other resources, and no patch of it`() async throws {
        let test = try TestCluster()
        let created = try await test.create(.virtualMachine, "vm")
        await #expect(throws: Status.pathNotFound) {
            try await test.update(created, .virtualMachine, options: finalize)
        }
        await #expect(throws: Status.pathNotFound) { try await test.merge([:], .namespace, "n", options: finalize) }
    }
}
