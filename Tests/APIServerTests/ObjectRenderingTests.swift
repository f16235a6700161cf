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
        let rendering = rendering(version)
        let list = try JSONValue(
            parsing: rendering.listStart(ListMetadata(resourceVersion: 9)) + rendering.object(stored)
                + rendering.listEnd)
        #expect(list["apiVersion"] == .string("kubevirt.io/\(version)"))
        #expect(list["kind"] == "VirtualMachineList")
        #expect(list["metadata"] == ["resourceVersion": "9"])
        #expect(list["items"]?.array?.map { $0["apiVersion"] } == [list["apiVersion"]])
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
}
