import GRDB
import KubeModel
import Testing

@testable import EmbeddedCluster

struct NamespaceConditionsTests {
    private static let other = "2023-11-14T22:14:20Z"

    /// A namespace `n` with VMIs that finalizers hold, told to go.
    private func terminating(_ held: [String: [JSONValue]], in test: TestCluster) async throws -> JSONValue {
        _ = try await test.cluster.create(
            .namespace, namespace: nil, object: manifest(.namespace, "n", body: [:]), options: WriteOptions())
        for (name, finalizers) in held.sorted(by: { $0.key < $1.key }) {
            _ = try await test.cluster.create(
                .virtualMachineInstance, namespace: "n",
                object: manifest(.virtualMachineInstance, name, ["finalizers": .array(finalizers)]),
                options: WriteOptions())
        }
        let deletion = try await test.cluster.delete(.namespace, namespace: nil, name: "n", options: DeleteOptions())
        guard case .pending(let object) = deletion else { throw Status.internalError("the namespace is gone") }
        let answered = try test.json(object)
        #expect(try await namespace(test) == answered)
        return answered
    }

    private func namespace(_ test: TestCluster) async throws -> JSONValue {
        try await test.json(test.cluster.get(.namespace, namespace: nil, name: "n"))
    }

    private func setFinalizers(_ finalizers: JSONValue, of name: String, in test: TestCluster) async throws {
        _ = try await test.cluster.patch(
            .virtualMachineInstance, namespace: "n", name: name,
            patch: .merge(["metadata": ["finalizers": finalizers]]), options: WriteOptions())
    }

    private func message(_ type: String, _ namespace: JSONValue) -> String? {
        namespace.condition(type)?["message"]?.string
    }

    @Test func `a namespace that was stuck in Terminating said nothing of why`() async throws {
        let test = try TestCluster()
        let shown = try await terminating(["a": ["x.io/hold"]], in: test)
        #expect(shown[path: "status", "phase"] == "Terminating")
        func condition(_ type: JSONValue, _ status: JSONValue, _ reason: JSONValue, _ message: JSONValue) -> JSONValue {
            [
                "type": type, "status": status, "lastTransitionTime": .string(TestCluster.startText),
                "reason": reason, "message": message,
            ]
        }
        #expect(
            shown[path: "status", "conditions"] == [
                condition(
                    "NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered",
                    "All resources successfully discovered"),
                condition(
                    "NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
                    "All legacy kube types successfully parsed"),
                condition(
                    "NamespaceDeletionContentFailure", "False", "ContentDeleted",
                    "All content successfully deleted, may be waiting on finalization"),
                condition(
                    "NamespaceContentRemaining", "True", "SomeResourcesRemain",
                    "Some resources are remaining: virtualmachineinstances.kubevirt.io has 1 resource instances"),
                condition(
                    "NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                    "Some content in the namespace has finalizers remaining: x.io/hold in 1 resource instances"),
            ])
    }

    @Test func `tells of what is left as the content goes`() async throws {
        let test = try TestCluster()
        let shown = try await terminating(["a": ["x.io/a", "x.io/b"], "b": ["x.io/b"], "free": []], in: test)
        #expect(
            message("NamespaceContentRemaining", shown)
                == "Some resources are remaining: virtualmachineinstances.kubevirt.io has 2 resource instances")
        #expect(
            message("NamespaceFinalizersRemaining", shown)
                == "Some content in the namespace has finalizers remaining: x.io/a in 1 resource instances, "
                + "x.io/b in 2 resource instances")
        test.clock.seconds += 60
        try await setFinalizers(["x.io/b"], of: "a", in: test)
        #expect(
            message("NamespaceFinalizersRemaining", try await namespace(test))
                == "Some content in the namespace has finalizers remaining: x.io/b in 2 resource instances")
        try await setFinalizers(.null, of: "b", in: test)
        let left = try await namespace(test)
        #expect(
            message("NamespaceContentRemaining", left)
                == "Some resources are remaining: virtualmachineinstances.kubevirt.io has 1 resource instances")
        #expect(left.condition("NamespaceContentRemaining")?["lastTransitionTime"]?.string == TestCluster.startText)
        try await setFinalizers(.null, of: "a", in: test)
        #expect(try await test.cluster.find(.namespace, namespace: nil, name: "n") == nil)
    }

    @Test func `says that nothing is left in one that its own finalizers hold`() async throws {
        let test = try TestCluster()
        _ = try await terminating(["a": ["x.io/a"]], in: test)
        test.clock.seconds += 60
        _ = try await test.cluster.write(NamespaceLifecycle.key("n"), dryRun: false) { current throws(Status) in
            guard var object = try current?.json() else { throw .pathNotFound }
            object["metadata"]?["finalizers"] = ["x.io/own"]
            return .put(object)
        }
        try await setFinalizers(.null, of: "a", in: test)
        let shown = try await namespace(test)
        for (type, reason) in [
            ("NamespaceContentRemaining", "ContentRemoved"), ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers"),
        ] {
            #expect(shown.condition(type)?["status"] == "False")
            #expect(shown.condition(type)?["reason"]?.string == reason)
            #expect(shown.condition(type)?["lastTransitionTime"]?.string == Self.other)
        }
    }

    @Test func `tells of it after a restart of a file that did not`() async throws {
        let test = try TestCluster()
        _ = try await terminating(["a": ["x.io/hold"]], in: test)
        test.cluster.close()
        let queue = try StoreFile.writer(path: test.file)
        try await queue.write { db in
            let key = NamespaceLifecycle.key("n")
            guard var object = try ObjectTable.fetch(key, db)?.json() else { return }
            object["status"] = ["phase": "Terminating"]
            let version = try ObjectTable.resourceVersion(db)
            try ObjectTable.put(
                StoredObject(bytes: object.serialized(), resourceVersion: version), uid: object.metadataUID ?? "",
                key: key, db)
        }
        try queue.close()
        let again = try EmbeddedCluster(directory: test.directory, configuration: test.cluster.configuration)
        defer { again.close() }
        let shown = try await test.json(again.get(.namespace, namespace: nil, name: "n"))
        #expect(shown.hasTrueCondition("NamespaceContentRemaining"))
    }

    @Test(arguments: [0, 1]) func `looks into no more objects than the limit, and says so`(past: Int) async throws {
        let test = try TestCluster()
        var held: [String: [JSONValue]] = [:]
        for number in 0..<StoreLimits.namespaceContentMax + past { held["v\(number)"] = ["x.io/hold"] }
        let shown = try await terminating(held, in: test)
        #expect(
            message("NamespaceContentRemaining", shown)
                == "Some resources are remaining: virtualmachineinstances.kubevirt.io has \(held.count) "
                + "resource instances")
        let count = "\(past > 0 ? "at least " : "")\(StoreLimits.namespaceContentMax)"
        #expect(
            message("NamespaceFinalizersRemaining", shown)
                == "Some content in the namespace has finalizers remaining: x.io/hold in \(count) resource instances")
    }

    @Test(arguments: [0, 1]) func `names no more finalizers than the limit`(past: Int) {
        var content = NamespaceContent()
        for number in 0..<StoreLimits.finalizersToldMax + past { content.finalizers["x.io/\(number)"] = 1 }
        let told = NamespaceConditions.updated(["status": [:]], content, now: TestCluster.startText)
        let names = message("NamespaceFinalizersRemaining", told)?.split(separator: ", ") ?? []
        #expect(names.count == StoreLimits.finalizersToldMax + past)
        #expect(names.last?.hasSuffix(past > 0 ? "1 more" : "1 resource instances") == true)
    }
}
