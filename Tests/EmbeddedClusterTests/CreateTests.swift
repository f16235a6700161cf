import KubeModel
import Synchronization
import Testing

@testable import EmbeddedCluster

struct CreateTests {
    @Test func `sets the system's fields whatever the client sent in them`() async throws {
        let test = try TestCluster()
        let created = try await test.createVMI(
            "vmi",
            [
                "uid": "mine", "creationTimestamp": .null, "generation": 7, "selfLink": "/x", "resourceVersion": "",
                "deletionTimestamp": "2020-01-01T00:00:00Z", "deletionGracePeriodSeconds": 3,
                "managedFields": [["manager": "kubectl"]], "labels": ["a": "b"], "annotations": [:],
            ])
        let expected: JSONValue = [
            "name": "vmi", "namespace": "default", "uid": "00000000-0000-4001-8000-000000000002",
            "creationTimestamp": .string(TestCluster.startText), "generation": 1, "resourceVersion": "1",
            "labels": ["a": "b"],
        ]
        #expect(created["metadata"] == expected)
        #expect(try await test.get(.virtualMachineInstance, "vmi") == created)
    }

    @Test func `keeps unknown members, number literals and their order`() async throws {
        let test = try TestCluster()
        let spec = Array(#"{"z":1.0,"a":1e3,"unknown":{"deep":[null,"é"]}}"#.utf8)
        let body: JSONObject = ["spec": try JSONValue(parsing: spec)]
        try await test.create(.networkAttachmentDefinition, "nad", body: body)
        #expect(try await test.get(.networkAttachmentDefinition, "nad")["spec"]?.serialized() == spec)
    }

    @Test func `the resourceVersion is one for all resources`() async throws {
        let test = try TestCluster()
        for (number, resource) in EmbeddedCluster.resources.enumerated() {
            let created = try await test.create(resource, "x")
            #expect(created.metadataResourceVersion == "\(number + 1)")
        }
        let list = try await test.cluster.list(.kubeVirt, namespace: nil)
        #expect(list.items.count == 1)
        #expect(list.resourceVersion == UInt64(EmbeddedCluster.resources.count))
    }

    @Test func `refuses a name that is taken`() async throws {
        let test = try TestCluster()
        try await test.createVMI()
        let status = await #expect(throws: Status.self) { try await test.createVMI() }
        #expect(status?.code == 409)
        #expect(status?.reason == "AlreadyExists")
        #expect(status?.message == #"virtualmachineinstances.kubevirt.io "vmi" already exists"#)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let object: JSONValue
        let code: Int
        let message: String
        var testDescription: String { message }
    }

    static let refusals = [
        Refusal(
            object: manifest(.virtualMachineInstance, "vmi", ["resourceVersion": "1"]), code: 400,
            message: "resourceVersion should not be set on objects to be created"),
        Refusal(
            object: manifest(.virtualMachineInstance, "vmi", ["namespace": "other"]), code: 400,
            message: "the namespace of the provided object does not match the namespace sent on the request"),
        Refusal(
            object: manifest(.virtualMachineInstance, ""), code: 422,
            message: "VirtualMachineInstance.kubevirt.io \"\" is invalid: metadata.name: Required value: name or "
                + "generateName is required"),
        Refusal(
            object: manifest(.virtualMachineInstance, "VMI"), code: 422,
            message: "VirtualMachineInstance.kubevirt.io \"VMI\" is invalid: metadata.name: Invalid value: \"VMI\": "
                + DNS1123.subdomainMessage),
        Refusal(
            object: manifest(.virtualMachine, "vmi"), code: 422,
            message: "VirtualMachineInstance.kubevirt.io \"vmi\" is invalid: kind: Invalid value: "
                + "\"VirtualMachine\": must be VirtualMachineInstance"),
        Refusal(
            object: ["apiVersion": "kubevirt.io/v2", "kind": "VirtualMachineInstance"], code: 400,
            message: "the API version in the data (kubevirt.io/v2) does not match the expected API version "
                + "(kubevirt.io/v1)"),
        Refusal(
            object: ["kind": "VirtualMachineInstance"], code: 400,
            message: "Object 'apiVersion' is missing: set it to kubevirt.io/v1"),
        Refusal(
            object: ["apiVersion": "kubevirt.io/v1"], code: 400,
            message: "Object 'Kind' is missing: set it to VirtualMachineInstance"),
        Refusal(
            object: manifest(.virtualMachineInstance, "vmi", ["labels": ["a": 1]]), code: 400,
            message: "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"),
        Refusal(
            object: manifest(.virtualMachineInstance, "vmi", ["finalizers": "x"]), code: 400,
            message: "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.finalizers of type "
                + "[]string"),
        Refusal(
            object: manifest(.virtualMachineInstance, "vmi", ["uid": 1]), code: 400,
            message: "metadata.uid must be a string"),
        Refusal(
            object: [
                "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": "vmi",
            ], code: 400, message: "metadata must be an object"),
    ]

    @Test(arguments: refusals) func `refuses`(refusal: Refusal) async throws {
        let test = try TestCluster()
        let status = await #expect(throws: Status.self) {
            try await test.cluster.create(
                .virtualMachineInstance, namespace: "default", object: refusal.object, options: WriteOptions())
        }
        #expect(status?.code == refusal.code)
        #expect(status?.message == refusal.message)
    }

    @Test(arguments: [nil, ""]) func `refuses an object without a namespace`(namespace: String?) async throws {
        let test = try TestCluster()
        let status = await #expect(throws: Status.self) {
            try await test.cluster.create(
                .virtualMachineInstance, namespace: namespace, object: manifest(.virtualMachineInstance, "vmi"),
                options: WriteOptions())
        }
        #expect(status?.message == "an empty namespace may not be set during creation")
    }

    @Test func `refuses a namespace that is no label`() async throws {
        let test = try TestCluster()
        let status = await #expect(throws: Status.self) {
            try await test.cluster.create(
                .virtualMachineInstance, namespace: "a.b", object: manifest(.virtualMachineInstance, "vmi"),
                options: WriteOptions())
        }
        #expect(status?.code == 422)
        #expect(status?.details?.causes.first?.field == "metadata.namespace")
    }

    @Test func `an unknown resource is a path that leads nowhere`() async throws {
        let test = try TestCluster()
        let nodes = Resource(
            group: "", version: "v1", plural: "nodes", singular: "node", kind: "Node", shortNames: [])
        await #expect(throws: Status.pathNotFound) { try await test.get(nodes, "x") }
        await #expect(throws: Status.pathNotFound) { try await test.cluster.list(nodes, namespace: nil) }
    }

    @Test func `takes an object at the size limit and refuses one past it`() async throws {
        let test = try TestCluster()
        func create(_ name: String, padding: Int) async throws -> StoredObject {
            let body: JSONObject = ["spec": .string(String(repeating: "x", count: padding))]
            return try await test.cluster.create(
                .networkAttachmentDefinition, namespace: "default",
                object: manifest(.networkAttachmentDefinition, name, body: body), options: WriteOptions())
        }
        let frame = try await create("a", padding: 0).bytes.count
        let largest = try await create("b", padding: StoreLimits.objectBytesMax - frame)
        #expect(largest.bytes.count == StoreLimits.objectBytesMax)
        let status = await #expect(throws: Status.self) {
            try await create("c", padding: StoreLimits.objectBytesMax - frame + 1)
        }
        #expect(status == .requestEntityTooLarge(limitBytes: StoreLimits.objectBytesMax))
    }

    @Test func `a dry run answers the object and stores nothing`() async throws {
        let test = try TestCluster()
        let created = try await test.cluster.create(
            .virtualMachineInstance, namespace: "default", object: manifest(.virtualMachineInstance, "vmi"),
            options: WriteOptions(dryRun: true))
        #expect(created.resourceVersion == 0)
        let object = try test.json(created)
        #expect(object.metadataResourceVersion == nil)
        #expect(object[path: "status", "phase"] == "Running")
        await #expect(throws: Status.self) { try await test.get(.virtualMachineInstance, "vmi") }
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: nil).resourceVersion == 0)
    }

    @Test func `generateName tries other names when one is taken`() async throws {
        // For each attempt: the name, then the two halves of the uid.
        let random = Mutex([0, 1, 2, 0, 3, 4, 7, 5, 6].map(UInt64.init))
        let test = try TestCluster { $0.random = { random.withLock { $0.removeFirst() } } }
        let first = try await test.createVMI("", ["generateName": "vmi-"])
        #expect(first.metadataName == "vmi-bbbbb")
        let second = try await test.createVMI("", ["generateName": "vmi-"])
        #expect(second.metadataName == "vmi-kbbbb")
    }

    @Test func `generateName gives up after its last attempt`() async throws {
        let calls = Counter()
        let test = try TestCluster {
            $0.random = {
                _ = calls.next()
                return 0
            }
        }
        try await test.createVMI("", ["generateName": "vmi-"])
        let before = calls.count
        let status = await #expect(throws: Status.self) { try await test.createVMI("", ["generateName": "vmi-"]) }
        #expect(status?.reason == "AlreadyExists")
        #expect(calls.count - before == UInt64(3 * StoreLimits.generatedNameAttemptsMax))
    }

    @Test func `lists by namespace, then name, or one namespace`() async throws {
        let test = try TestCluster()
        for name in ["a", "a-b", "b"] {
            _ = try await test.cluster.create(
                .namespace, namespace: nil, object: manifest(.namespace, name), options: WriteOptions())
        }
        for (namespace, name) in [("b", "x"), ("a", "z"), ("b", "a"), ("a-b", "m")] {
            _ = try await test.cluster.create(
                .virtualMachineInstance, namespace: namespace, object: manifest(.virtualMachineInstance, name),
                options: WriteOptions())
        }
        try await test.create(.virtualMachine, "other")
        func names(_ namespace: String?) async throws -> [String] {
            try await test.cluster.list(.virtualMachineInstance, namespace: namespace).items.map {
                let object = try test.json($0)
                return "\(object.metadataNamespace ?? "")/\(object.metadataName ?? "")"
            }
        }
        #expect(try await names(nil) == ["a/z", "a-b/m", "b/a", "b/x"])
        #expect(try await names("b") == ["b/a", "b/x"])
        #expect(try await names("none") == [])
    }
}
