import KubeModel
import Testing

@testable import APIServer

@Suite struct FieldSelectorTests {
    private let object = StoredObject(
        bytes: Array(#"{"metadata":{"name":"x","namespace":"n"}}"#.utf8), resourceVersion: 1)

    @Test(arguments: [
        (nil, true), ("", true), ("metadata.name=x", true), ("metadata.name==x", true), ("metadata.name=y", false),
        ("metadata.name!=y", true), ("metadata.name!=x", false), ("metadata.namespace=n", true),
        ("metadata.name=x,metadata.namespace=n", true), ("metadata.name=x,metadata.namespace!=n", false),
        ("metadata.name=", false), ("metadata.name!=", true),
    ]) func `selects by name and namespace`(text: String?, expected: Bool) throws {
        #expect(try FieldSelector(text).matches(object) == expected)
    }

    @Test func `takes a missing namespace for an empty one`() throws {
        let object = StoredObject(bytes: Array(#"{"metadata":{"name":"x"}}"#.utf8), resourceVersion: 1)
        #expect(try FieldSelector("metadata.namespace=").matches(object))
        #expect(try !FieldSelector("metadata.namespace=n").matches(object))
    }

    @Test(arguments: [
        ("status.phase=Running", "field label not supported: status.phase"),
        ("metadata.name=x,spec.a!=b", "field label not supported: spec.a"),
        ("metadata.name", "invalid field selector; can't understand 'metadata.name'"),
        ("=x", "field label not supported: "),
    ]) func `refuses other fields`(text: String, message: String) {
        #expect(throws: Status.badRequest(message)) { try FieldSelector(text) }
    }
}
