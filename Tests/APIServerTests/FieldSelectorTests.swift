import KubeModel
import Testing

@testable import APIServer

@Suite struct FieldSelectorTests {
    private let name = ObjectName(namespace: "n", name: "x")

    private func selector(_ text: String?, _ resource: Resource = .virtualMachine) throws(Status) -> FieldSelector {
        try FieldSelector(text, resource: resource)
    }

    @Test(arguments: [
        (nil, true), ("", true), ("metadata.name=x", true), ("metadata.name==x", true), ("metadata.name=y", false),
        ("metadata.name!=y", true), ("metadata.name!=x", false), ("metadata.namespace=n", true),
        ("metadata.name=x,metadata.namespace=n", true), ("metadata.name=x,metadata.namespace!=n", false),
        ("metadata.name=", false), ("metadata.name!=", true),
    ]) func `selects by name and namespace`(text: String?, expected: Bool) throws {
        let selector = try selector(text)
        #expect(selector.matches(name) == expected)
        #expect(!selector.readsObjects)
    }

    @Test func `a resource of the whole cluster is in the namespace with the empty name`() throws {
        let name = ObjectName(namespace: "", name: "x")
        #expect(try selector("metadata.namespace=").matches(name))
        #expect(try !selector("metadata.namespace=n").matches(name))
    }

    @Test(arguments: [
        ("involvedObject.name=vmi,type=Warning", true), ("involvedObject.name=vmi,type!=Warning", false),
        ("involvedObject.uid=", true), ("metadata.name=other", true),
    ]) func `selects events by what they are about`(text: String, expected: Bool) throws {
        let event: JSONValue = ["involvedObject": ["name": "vmi"], "type": "Warning"]
        #expect(try selector(text, .event).matches(event) == expected)
    }

    @Test(arguments: [
        ("status.phase=Running", "field label not supported: status.phase"),
        ("metadata.name=x,spec.a!=b", "field label not supported: spec.a"),
        ("metadata.name", "invalid field selector; can't understand 'metadata.name'"),
        ("=x", "field label not supported: "),
    ]) func `refuses other fields`(text: String, message: String) {
        #expect(throws: Status.badRequest(message)) { try selector(text) }
    }
}
