import KubeModel
import Testing

@testable import EmbeddedCluster

struct OwnerReferencesTests {
    private static let good: JSONValue = [
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "a", "uid": "1",
    ]

    private static func owner(_ change: (inout JSONValue) -> Void) -> JSONValue {
        var owner = good
        change(&owner)
        return owner
    }

    private func refused(
        _ references: JSONValue, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Status? {
        let test = try TestCluster()
        return await #expect(throws: Status.self, sourceLocation: sourceLocation) {
            try await test.createVMI("x", ["ownerReferences": references])
        }
    }

    @Test func `owners without an apiVersion, a kind and a uid were taken`() async throws {
        let status = try await refused([["name": "x"]])
        #expect(status?.code == 422)
        let fields = ["apiVersion", "kind", "uid"].map { "metadata.ownerReferences.\($0)" }
        #expect(status?.details?.causes.map(\.field) == fields)
        #expect(
            status?.message
                == #"VirtualMachineInstance.kubevirt.io "x" is invalid: ["#
                + #"metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty, "#
                + #"metadata.ownerReferences.kind: Invalid value: "": kind must not be empty, "#
                + #"metadata.ownerReferences.uid: Invalid value: "": uid must not be empty]"#)
    }

    @Test(arguments: ["/", "a/", "a/b/c", "/v1/"]) func `an apiVersion of an owner without a version was taken`(
        apiVersion: String
    ) async throws {
        let status = try await refused([Self.owner { $0["apiVersion"] = .string(apiVersion) }])
        #expect(
            status?.details?.causes.map(\.message) == ["Invalid value: \"\(apiVersion)\": version must not be empty"])
    }

    @Test func `two controllers were taken`() async throws {
        let references: JSONValue = [
            Self.owner { $0["controller"] = true },
            Self.owner { owner in
                owner["name"] = "b"
                owner["controller"] = true
            },
        ]
        let status = try await refused(references)
        #expect(status?.code == 422)
        #expect(status?.details?.causes.map(\.field) == ["metadata.ownerReferences"])
        #expect(
            status?.message.hasSuffix(
                #"Only one reference can have Controller set to true. Found "true" in references for VirtualMachine/a "#
                    + "and VirtualMachine/b") == true)
    }

    @Test func `an event was taken as an owner`() async throws {
        let status = try await refused([["apiVersion": "v1", "kind": "Event", "name": "e", "uid": "1"]])
        #expect(status?.code == 422)
        #expect(status?.message.hasSuffix("/v1, Kind=Event is disallowed from being an owner") == true)
    }

    @Test(
        arguments: [
            ("x", "metadata.ownerReferences must be an array of objects"),
            ([good, "x"], "metadata.ownerReferences[1] must be an object"),
            ([owner { $0["name"] = 1 }], "metadata.ownerReferences[0].name must be a string"),
            ([owner { $0["controller"] = "true" }], "metadata.ownerReferences[0].controller must be a boolean"),
        ] as [(JSONValue, String)]) func `owners of other types were taken`(
            references: JSONValue, message: String
        ) async throws
    {
        let status = try await refused(references)
        #expect(status?.code == 400)
        #expect(status?.message == message)
    }

    @Test func `owners that were wrong were taken by an update`() async throws {
        let test = try TestCluster()
        try await test.createVMI("vmi", ["ownerReferences": [Self.good]])
        let status = await #expect(throws: Status.self) {
            try await test.merge(["metadata": ["ownerReferences": [["name": "x"]]]])
        }
        #expect(status?.code == 422)
        // A patch may take them away, and leave them.
        _ = try await test.merge(["metadata": ["labels": ["a": "b"]]])
        let freed = try await test.merge(["metadata": ["ownerReferences": .null]])
        #expect(freed[path: "metadata", "ownerReferences"] == nil)
    }

    @Test func `an object that was stored with wrong owners can be changed, and go`() async throws {
        let test = try TestCluster()
        try await test.createVMI("vmi", ["finalizers": ["a/b"]])
        let key = ObjectKey(
            resource: Resource.virtualMachineInstance.groupResource, namespace: "default", name: "vmi")
        _ = try await test.cluster.write(key, dryRun: false) { current throws(Status) in
            guard var object = try current?.json() else { throw .pathNotFound }
            object["metadata"]?["ownerReferences"] = "x"
            return .put(object)
        }
        let labelled = try await test.merge(["metadata": ["labels": ["a": "b"]]])
        #expect(labelled[path: "metadata", "ownerReferences"] == "x")
        _ = try await test.cluster.delete(
            .virtualMachineInstance, namespace: "default", name: "vmi", options: DeleteOptions())
        _ = try await test.merge(["metadata": ["finalizers": .null]])
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: nil).items.isEmpty)
    }

    @Test func `many controllers are told of no more often than the limit`() async throws {
        let reference = Self.owner { $0["controller"] = true }
        let status = try await refused(.array(Array(repeating: reference, count: StoreLimits.causesMax + 2)))
        #expect(status?.details?.causes.count == StoreLimits.causesMax)
    }
}
