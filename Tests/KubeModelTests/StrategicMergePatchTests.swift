import KubeModel
import Testing

/// Cases as community `sig-api-machinery/strategic-merge-patch.md` tells of them; what comes of each was seen of a
/// kube-apiserver too (1.20).
@Suite struct StrategicMergePatchTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        let object: String
        let patch: String
        let expected: String

        init(_ title: String, _ object: String, _ patch: String, _ expected: String) {
            (self.title, self.object, self.patch, self.expected) = (title, object, patch, expected)
        }

        var testDescription: String { title }
    }

    private static let containers = #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}"#
    private static let owners = #"{"metadata":{"ownerReferences":[{"uid":"1","name":"a"},{"uid":"2","name":"b"}]}}"#
    private static let finalizers = #"{"metadata":{"finalizers":["a","b"]}}"#

    private static let cases = [
        Case(
            "merges an element that is there, and lets the others be", containers,
            #"{"spec":{"containers":[{"name":"b","image":"3"}]}}"#,
            #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"3"}]}}"#),
        Case(
            "puts a new element in front of those that it does not name", containers,
            #"{"spec":{"containers":[{"name":"c"}]}}"#,
            #"{"spec":{"containers":[{"name":"c"},{"name":"a","image":"1"},{"name":"b","image":"2"}]}}"#),
        Case(
            "puts elements in the order that it is told", containers,
            #"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"c"}],"containers":[{"name":"c"}]}}"#,
            #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"},{"name":"c"}]}}"#),
        Case(
            "an order alone moves what is there", containers,
            #"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}}"#,
            #"{"spec":{"containers":[{"name":"b","image":"2"},{"name":"a","image":"1"}]}}"#),
        Case(
            "deletes an element", containers, #"{"spec":{"containers":[{"$patch":"delete","name":"a"}]}}"#,
            #"{"spec":{"containers":[{"name":"b","image":"2"}]}}"#),
        Case(
            "replaces a list", containers, #"{"spec":{"containers":[{"$patch":"replace"},{"name":"c","x":null}]}}"#,
            #"{"spec":{"containers":[{"name":"c"}]}}"#),
        Case(
            "merges lists inside of elements",
            #"{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"}],"args":["x"]}]}}"#,
            #"{"spec":{"containers":[{"name":"a","env":[{"name":"Y","value":"2"}],"args":["y"]}]}}"#,
            #"{"spec":{"containers":[{"name":"a","env":[{"name":"Y","value":"2"},{"name":"X","value":"1"}],"args":["y"]}]}}"#
        ),
        Case(
            "knows ports by a number", #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80}]}]}}"#,
            #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"}]}]}}"#,
            #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"}]}]}}"#),
        Case(
            "replaces a list that has no merge key", #"{"spec":{"tolerations":[{"key":"a"}]}}"#,
            #"{"spec":{"tolerations":[{"key":"b"}]}}"#, #"{"spec":{"tolerations":[{"key":"b"}]}}"#),
        Case(
            "knows owners by their uid", owners, #"{"metadata":{"ownerReferences":[{"uid":"2","name":"c"}]}}"#,
            #"{"metadata":{"ownerReferences":[{"uid":"1","name":"a"},{"uid":"2","name":"c"}]}}"#),
        Case(
            "adds to finalizers, each once", finalizers, #"{"metadata":{"finalizers":["c","a"]}}"#,
            #"{"metadata":{"finalizers":["c","a","b"]}}"#),
        Case(
            "takes from finalizers", finalizers, #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a","x"]}}"#,
            #"{"metadata":{"finalizers":["b"]}}"#),
        Case(
            "takes from, adds to and orders finalizers", finalizers,
            #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["b","c"],"finalizers":["c"]}}"#,
            #"{"metadata":{"finalizers":["b","c"]}}"#),
        Case(
            "takes from a list that there is not", "{}",
            #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}}"#, #"{"metadata":{}}"#),
        Case(
            "null takes a member away, there or not", #"{"metadata":{"labels":{"a":"b","c":"d"}}}"#,
            #"{"metadata":{"labels":{"a":null,"e":null}}}"#, #"{"metadata":{"labels":{"c":"d"}}}"#),
        Case(
            "keeps no directive and no null of what is new", "{}",
            #"{"metadata":{"labels":{"$retainKeys":["a"],"a":"b","c":null},"ownerReferences":[{"uid":"1","$patch":"delete"}]}}"#,
            #"{"metadata":{"labels":{"a":"b"},"ownerReferences":[]}}"#),
        Case(
            "replaces an object", #"{"metadata":{"labels":{"a":"b"}}}"#,
            #"{"metadata":{"labels":{"$patch":"replace","c":"d"}}}"#, #"{"metadata":{"labels":{"c":"d"}}}"#),
        Case(
            "empties an object", #"{"metadata":{"labels":{"a":"b"}}}"#, #"{"metadata":{"labels":{"$patch":"delete"}}}"#,
            #"{"metadata":{"labels":{}}}"#),
        Case(
            "retains the keys that it is told, as of volumes that change their source",
            #"{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"#,
            #"{"spec":{"volumes":[{"$retainKeys":["name","hostPath"],"name":"v","hostPath":{"path":"/x"}}]}}"#,
            #"{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}"#),
        Case(
            "knows conditions by their type", #"{"status":{"conditions":[{"type":"A","status":"True"}]}}"#,
            #"{"status":{"conditions":[{"type":"B"},{"type":"A","status":"False"}]}}"#,
            #"{"status":{"conditions":[{"type":"B"},{"type":"A","status":"False"}]}}"#),
        Case(
            "lets a scalar take the place of anything, and anything that of a scalar", #"{"spec":{"a":{"b":1},"c":1}}"#,
            #"{"spec":{"a":2,"c":{"d":null,"e":3}}}"#, #"{"spec":{"a":2,"c":{"e":3}}}"#),
        Case(
            "lets elements without a merge key be where they are",
            #"{"spec":{"containers":[{"x":1},{"name":"a"},{"name":"b"}]}}"#,
            #"{"spec":{"containers":[{"name":"b","image":"1"}]}}"#,
            #"{"spec":{"containers":[{"x":1},{"name":"a"},{"name":"b","image":"1"}]}}"#),
    ]

    @Test(arguments: cases) func `does as upstream tells`(test: Case) throws {
        let patched = try StrategicMergePatch(parsed(test.patch))
            .applied(to: parsed(test.object), rules: Resource.pod.patchRules)
        #expect(patched.text == test.expected)
    }

    @Test(arguments: [
        ("[]", "a strategic merge patch must be a JSON object"),
        (#"{"metadata":{"$patch":"merge"}}"#, #"unknown $patch: "merge": give "replace" or "delete""#),
        (#"{"spec":{"containers":[{"name":"a","$patch":1}]}}"#, #"unknown $patch: 1: give "replace" or "delete""#),
        (
            #"{"spec":{"containers":[{"image":"x"}]}}"#,
            "each element that a strategic merge patch gives for containers must be an object that has its merge key: name"
        ),
        (
            #"{"spec":{"containers":["x"]}}"#,
            "each element that a strategic merge patch gives for containers must be an object that has its merge key: name"
        ),
        (
            #"{"spec":{"$setElementOrder/containers":[{"x":1}],"containers":[{"name":"a"}]}}"#,
            "each element that a strategic merge patch gives for containers must be an object that has its merge key: name"
        ),
        (
            #"{"metadata":{"$setElementOrder/finalizers":["a"],"finalizers":["b"]}}"#,
            "$setElementOrder/finalizers must name each element that the patch gives for finalizers"
        ),
        (#"{"metadata":{"$setElementOrder/finalizers":"a"}}"#, "$setElementOrder/finalizers must be an array"),
        (
            #"{"metadata":{"$deleteFromPrimitiveList/finalizers":null}}"#,
            "$deleteFromPrimitiveList/finalizers must be an array"
        ),
        (
            #"{"metadata":{"$retainKeys":["a"],"labels":{}}}"#,
            #"$retainKeys must name "labels", which the patch sets"#
        ),
    ]) func `refuses what it cannot apply`(patch: String, message: String) throws {
        let error = try #require(throws: StrategicMergePatchError.self) {
            try StrategicMergePatch(parsed(patch)).applied(to: [:], rules: Resource.pod.patchRules)
        }
        #expect(error.description == message)
    }

    @Test func `only built-in kinds have rules`() {
        #expect(Resource.pod.isBuiltIn && Resource.namespace.isBuiltIn && Resource.event.isBuiltIn)
        for resource in [Resource.virtualMachine, .networkAttachmentDefinition] {
            #expect(!resource.isBuiltIn && resource.patchRules.isEmpty)
        }
    }
}
