import KubeModel
import Testing

@testable import EmbeddedCluster

struct ObjectMetaValidationTests {
    private static let resource = Resource(
        group: "g", version: "v1", plural: "things", singular: "thing", kind: "Thing", shortNames: [],
        isNamespaced: false)

    @Test(arguments: [
        ("a", 0), ("A-b_c.d1", 0), ("example.com/a", 0), (String(repeating: "x", count: 63), 0),
        (String(repeating: "x", count: 64), 1), ("", 2), ("-a", 1), ("a-", 1), ("a b", 1), ("é", 1), ("/a", 1),
        ("a/", 2), ("a/b/c", 1), ("Example.com/a", 1),
        (String(repeating: "a.", count: 126) + "a/x", 0), (String(repeating: "a.", count: 126) + "ab/x", 1),
    ]) func `qualified names`(text: String, errors: Int) {
        #expect(QualifiedName.errors(text).count == errors)
    }

    @Test(arguments: [
        ("", 0), ("a", 0), ("A_b.c-1", 0), (String(repeating: "x", count: 63), 0),
        (String(repeating: "x", count: 64), 1), ("a b", 1), (".a", 1), ("a/b", 1),
    ]) func `label values`(text: String, errors: Int) {
        #expect(QualifiedName.labelValueErrors(text).count == errors)
    }

    @Test(
        arguments: [
            (["labels": ["a b": "c"]], "metadata.labels"), (["labels": ["a": "b c"]], "metadata.labels"),
            (["annotations": ["a b": "any thing"]], "metadata.annotations"),
            (["finalizers": ["ok", "not ok"]], "metadata.finalizers[1]"),
        ] as [(JSONObject, String)]) func `names the field that is wrong`(metadata: JSONObject, field: String)
    {
        var metadata = metadata
        metadata["name"] = "x"
        let errors = ObjectMetaValidation.errors(metadata, of: Self.resource)
        #expect(errors.causes.map(\.field) == [field])
    }

    @Test func `keys of annotations may have capital letters in their prefix`() {
        let metadata: JSONObject = ["name": "x", "annotations": ["Example.com/a": ""]]
        #expect(ObjectMetaValidation.errors(metadata, of: Self.resource).isEmpty)
    }

    @Test func `a label that YAML leaves empty was refused, which Go takes for an empty text`() throws {
        let decoded = try ObjectMetaValidation.decoded([
            "metadata": ["labels": ["app": .null, "a": "b"], "annotations": ["c": .null]]
        ])
        #expect(decoded["labels"] == ["app": "", "a": "b"])
        #expect(decoded["annotations"] == ["c": ""])
    }

    @Test(
        arguments: [
            (["labels": []], "array", "map[string]string"), (["annotations": []], "array", "map[string]string"),
            (["annotations": ["a": true]], "bool", "string"), (["finalizers": [:]], "object", "[]string"),
        ] as [(JSONObject, String, String)])
    func `an empty list was taken for no labels, and a patch with it took all away`(
        metadata: JSONObject, found: String, type: String
    ) {
        let error = #expect(throws: Status.self) {
            try ObjectMetaValidation.decoded(["metadata": .object(metadata)])
        }
        #expect(error?.code == 400)
        #expect(
            error?.message
                == "json: cannot unmarshal \(found) into Go struct field ObjectMeta.metadata."
                + "\(metadata.members.first?.name ?? "") of type \(type)")
    }

    @Test(arguments: ["ownerReferences", "name"]) func `something empty was taken for nothing, whatever it was`(
        member: String
    ) {
        let error = #expect(throws: Status.self) {
            try ObjectMetaValidation.decoded(["metadata": .object(JSONObject(uniqueMembers: [(member, [:])]))])
        }
        #expect(error?.code == 400)
    }

    @Test func `lists no more causes than the limit`() {
        var labels = JSONObject()
        for number in 0...StoreLimits.causesMax { labels["-\(number)"] = "" }
        let metadata: JSONObject = ["name": "x", "labels": .object(labels)]
        let errors = ObjectMetaValidation.errors(metadata, of: Self.resource)
        #expect(errors.causes.count == StoreLimits.causesMax)
    }

    @Test func `repeats no more of a wrong value than the limit`() {
        var errors = FieldErrors()
        errors.invalid("f", String(repeating: "x", count: StoreLimits.quotedCharactersMax + 1), "why")
        let shown = String(repeating: "x", count: StoreLimits.quotedCharactersMax)
        #expect(errors.causes.first?.message == "Invalid value: \"\(shown)\": why")
    }
}
