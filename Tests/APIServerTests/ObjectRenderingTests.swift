import KubeModel
import Testing

@testable import APIServer

@Suite struct ObjectRenderingTests {
    private static let object: JSONValue = [
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": ["name": "x"], "spec": ["a": 1],
    ]

    private let stored = StoredObject(bytes: object.serialized(), resourceVersion: 7)

    private func rendering(_ version: String) -> ObjectRendering {
        ObjectRendering(resource: .virtualMachine, version: version)
    }

    private func list(_ rendering: ObjectRendering, _ objects: [StoredObject]) throws -> JSONValue {
        let items = try objects.map { try rendering.object($0) }.joined(separator: [UInt8(ascii: ",")])
        return try JSONValue(
            parsing: rendering.listStart(ListMetadata(resourceVersion: 9)) + Array(items) + rendering.listEnd)
    }

    private func old(_ object: JSONValue = object) -> JSONValue {
        var object = object
        object["apiVersion"] = "kubevirt.io/v1alpha3"
        return object
    }

    @Test func `shows an object as it is stored`() throws {
        #expect(try rendering("v1").object(stored) == stored.bytes)
    }

    @Test func `shows an object under another version, and nothing else of it changes`() throws {
        #expect(try rendering("v1alpha3").object(stored) == old().serialized())
    }

    @Test(arguments: ["v1", "v1alpha3"]) func `lists objects under the version of the URL`(version: String) throws {
        let list = try list(rendering(version), [stored, stored])
        #expect(list["apiVersion"] == .string("kubevirt.io/\(version)"))
        #expect(list["kind"] == "VirtualMachineList")
        #expect(list["metadata"] == ["resourceVersion": "9"])
        #expect(list["items"]?.array?.map { $0["apiVersion"] } == [list["apiVersion"], list["apiVersion"]])
        #expect(try self.list(rendering(version), [])["items"] == [])
    }

    @Test func `stores what came under another version as its own`() throws {
        #expect(try rendering("v1alpha3").stored(old()) == Self.object)
        #expect(try rendering("v1").stored(Self.object) == Self.object)
        guard case .merge(let patch) = try rendering("v1alpha3").stored(.merge(["apiVersion": "kubevirt.io/v1alpha3"]))
        else {
            Issue.record("another patch")
            return
        }
        #expect(patch == ["apiVersion": "kubevirt.io/v1"])
        // What says nothing of a version is checked where it is stored.
        #expect(try rendering("v1alpha3").stored(["a": 1] as JSONValue) == ["a": 1])
    }

    @Test func `refuses an object of another version than the URL's`() {
        let status = #expect(throws: Status.self) { try rendering("v1alpha3").stored(Self.object) }
        #expect(status?.code == 400)
        #expect(status?.message.contains("(kubevirt.io/v1) does not match") == true)
    }

    private func table(_ rowObject: ObjectForm.RowObject = .metadata, _ version: String = "v1") -> ObjectRendering {
        var rendering = rendering("v1alpha3")
        rendering.form = .table(version: version, rowObject: rowObject)
        rendering.now = { 1_700_000_094 }
        return rendering
    }

    private static let machine: JSONValue = [
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
        "metadata": ["name": "x", "namespace": "n", "creationTimestamp": "2023-11-14T22:13:20Z"],
        "status": [
            "printableStatus": "Running",
            "conditions": [["type": "Paused", "status": "False"], ["type": "Ready", "status": "True"]],
        ],
    ]
    private let running = StoredObject(bytes: machine.serialized(), resourceVersion: 7)

    @Test(arguments: ["v1", "v1beta1"]) func `shows a list as a Table`(version: String) throws {
        let list = try list(table(.metadata, version), [running, stored])
        #expect(list["kind"] == "Table")
        #expect(list["apiVersion"] == .string("meta.k8s.io/\(version)"))
        #expect(list["metadata"] == ["resourceVersion": "9"])
        #expect(
            list["columnDefinitions"]?.array?.map { $0["name"]?.string } == ["Name", "Age", "Status", "Ready"])
        #expect(list["items"] == nil)
        let rows = try #require(list["rows"]?.array)
        #expect(rows.map { $0["cells"] } == [["x", "94s", "Running", "True"], ["x", "<unknown>", .null, .null]])
        // kubectl reads the namespace there for `-A`.
        #expect(
            rows[0]["object"] == [
                "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
                "metadata": Self.machine["metadata"] ?? .null,
            ])
    }

    @Test func `puts into a row what is asked for`() throws {
        #expect(try JSONValue(parsing: table(.none).object(running))["object"] == .null)
        let whole = try JSONValue(parsing: table(.object).object(running))["object"]
        #expect(whole?["status"] == Self.machine["status"])
        #expect(whole?["apiVersion"] == "kubevirt.io/v1alpha3")
    }

    @Test func `shows one object as a Table of one row, under its own version`() throws {
        let one = try JSONValue(parsing: table().answer(running))
        #expect(one["kind"] == "Table")
        #expect(one["metadata"] == ["resourceVersion": "7"])
        #expect(one["rows"]?.array?.count == 1)
        #expect(try rendering("v1").answer(running) == running.bytes + Array("\n".utf8))
    }

    @Test func `a watch's Tables have column definitions once`() throws {
        let first = try JSONValue(parsing: table().watched(running, isFirst: true))
        #expect(first["columnDefinitions"]?.array?.count == 4)
        let second = try JSONValue(parsing: table().watched(running, isFirst: false))
        #expect(second["columnDefinitions"] == .null)
        #expect(second["rows"]?.array?.count == 1)
        let bookmark = try JSONValue(parsing: table().bookmark(resourceVersion: 9, annotations: [:]))
        #expect(bookmark["kind"] == "Table")
        #expect(bookmark["rows"] == [])
        #expect(try rendering("v1").watched(running, isFirst: true) == running.bytes)
    }

    @Test func `shows no more than metadata to who asks for that`() throws {
        var rendering = rendering("v1")
        rendering.form = .metadata(version: "v1")
        #expect(
            try JSONValue(parsing: rendering.answer(running)) == [
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                "metadata": Self.machine["metadata"] ?? .null,
            ])
        let list = try list(rendering, [running])
        #expect(list["kind"] == "PartialObjectMetadataList")
        #expect(list["items"]?.array?.first?["kind"] == "PartialObjectMetadata")
        let bookmark = try JSONValue(parsing: rendering.bookmark(resourceVersion: 9, annotations: ["a": "b"]))
        #expect(bookmark["kind"] == "PartialObjectMetadata")
        #expect(bookmark[path: "metadata", "annotations"] == ["a": "b"])
    }

    /// Python's client does so.
    @Test func `refused a namespace that does not say that it is one`() throws {
        let namespaces = ObjectRendering(resource: .namespace, version: "v1")
        #expect(
            try namespaces.stored(["metadata": ["name": "x"]] as JSONValue)
                == ["metadata": ["name": "x"], "apiVersion": "v1", "kind": "Namespace"])
        let pod: JSONValue = ["apiVersion": "v1", "kind": "Pod"]
        #expect(try namespaces.stored(pod) == pod)
        #expect(try rendering("v1").stored(["a": 1] as JSONValue) == ["a": 1])
    }
}
