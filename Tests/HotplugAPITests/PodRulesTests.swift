import KubeModel
import Testing

@testable import HotplugAPI

@Suite struct PodRulesTests {
    private static let sound: JSONValue = [
        "containers": [["name": "a", "image": "one"], ["name": "b", "image": "one", "env": [["name": "A"]]]],
        "nodeName": "n",
    ]

    private static func spec(_ change: (inout JSONValue) -> Void) -> JSONValue {
        var spec = sound
        change(&spec)
        return spec
    }

    private func check(_ spec: JSONValue, old: JSONValue? = nil) -> Status? {
        func pod(_ spec: JSONValue) -> JSONValue { ["metadata": ["name": "x", "namespace": "n"], "spec": spec] }
        do throws(Status) {
            try PodRules.check(pod(spec), old: old.map(pod))
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [
            (["containers": []], "spec.containers: Required value"),
            ([:], "spec.containers: Required value"),
            (["containers": [["image": "i"]]], "spec.containers[0].name: Required value"),
            (["containers": [["name": "a", "image": ""]]], "spec.containers[0].image: Required value"),
            (
                ["containers": [["name": "A_b", "image": "i"]]],
                "spec.containers[0].name: Invalid value: \"A_b\": \(DNS1123.labelMessage)"
            ),
            (
                ["containers": [["name": "a", "image": "i"], ["name": "a", "image": "i"]]],
                #"spec.containers[1].name: Duplicate value: "a""#
            ),
            (spec { $0["initContainers"] = [["name": "i"]] }, "spec.initContainers[0].image: Required value"),
            (
                spec { $0["restartPolicy"] = "always" },
                #"spec.restartPolicy: Unsupported value: "always": supported values: "Always", "OnFailure", "Never""#
            ),
            (
                spec { $0["dnsPolicy"] = "x" },
                "spec.dnsPolicy: Unsupported value: \"x\": supported values: \"ClusterFirst\", "
                    + "\"ClusterFirstWithHostNet\", \"Default\", \"None\""
            ),
        ] as [(JSONValue, String)]) func `pods that kube-apiserver refuses were taken`(spec: JSONValue, cause: String)
    {
        let status = check(spec)
        #expect(status?.code == 422)
        #expect(status?.message == "Pod \"x\" is invalid: \(cause)")
    }

    @Test(arguments: ["Always", "OnFailure", "Never", ""]) func `takes what is a pod`(policy: String) {
        #expect(check(Self.spec { $0["restartPolicy"] = .string(policy) }) == nil)
    }

    @Test(
        arguments: [
            (["imagePullPolicy": "x"], [unsupported("imagePullPolicy", "x", "Always IfNotPresent Never")]),
            (
                ["terminationMessagePolicy": "file"],
                [unsupported("terminationMessagePolicy", "file", "FallbackToLogsOnError File")]
            ),
            (["ports": [["containerPort": 1], ["containerPort": 65535, "hostPort": 0]]], []),
            (["ports": [["containerPort": 65536]]], [outOfRange("containerPort", 65536)]),
            (
                ["ports": [["containerPort": -1, "hostPort": 99999]]],
                [outOfRange("containerPort", -1), outOfRange("hostPort", 99999)]
            ),
            (["ports": [["name": "web"]]], ["spec.containers[0].ports[0].containerPort: Required value"]),
            (
                ["ports": [["containerPort": 80, "protocol": "tcp"]]],
                [unsupported("ports[0].protocol", "tcp", "SCTP TCP UDP")]
            ),
        ] as [(JSONObject, [String])]) func `containers with policies and ports that there are not were taken`(
            members: JSONObject, causes: [String]
        )
    {
        var container: JSONObject = ["name": "a", "image": "i"]
        for member in members.members { container[member.name] = member.value }
        let status = check(["containers": [.object(container)]])
        #expect(status?.details?.causes.map { "\($0.field): \($0.message)" } ?? [] == causes)
    }

    private static func unsupported(_ field: String, _ value: String, _ supported: String) -> String {
        let values = supported.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ", ")
        return "spec.containers[0].\(field): Unsupported value: \"\(value)\": supported values: \(values)"
    }

    private static func outOfRange(_ field: String, _ port: Int) -> String {
        "spec.containers[0].ports[0].\(field): Invalid value: \(port): must be between 1 and 65535, inclusive"
    }

    @Test(
        arguments: [
            (spec { $0["nodeName"] = "m" }, "spec.nodeName"), (spec { $0["hostNetwork"] = true }, "spec.hostNetwork"),
            (spec { $0["restartPolicy"] = "Never" }, "spec.restartPolicy"),
            (
                spec {
                    $0["containers"] = [
                        ["name": "c", "image": "one"], ["name": "b", "image": "one", "env": [["name": "B"]]],
                    ]
                }, "spec.containers[0].name, spec.containers[1].env"
            ),
        ] as [(JSONValue, String)]) func `a pod's spec could be changed at will`(spec: JSONValue, changed: String)
    {
        let status = check(spec, old: Self.sound)
        #expect(status?.code == 422)
        #expect(
            status?.message
                == "Pod \"x\" is invalid: spec: Forbidden: pod updates may not change fields other than "
                + "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
                + "`spec.tolerations` (only additions to existing tolerations),"
                + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
                + "changed: \(changed)")
    }

    @Test func `containers could be added to a pod`() {
        let status = check(["containers": [["name": "a", "image": "one"]], "nodeName": "n"], old: Self.sound)
        #expect(
            status?.message
                == #"Pod "x" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers"#)
    }

    @Test(
        arguments: [
            spec { spec in
                spec["containers"] = [
                    ["name": "a", "image": "two"], ["name": "b", "image": "two", "env": [["name": "A"]]],
                ]
            }, spec { $0["activeDeadlineSeconds"] = 5 }, spec { $0["tolerations"] = [["key": "k"]] },
            // What kube-apiserver fills in, and what is nothing to Go.
            spec { spec in
                spec["restartPolicy"] = "Always"
                spec["terminationGracePeriodSeconds"] = 30
                spec["securityContext"] = [:]
                spec["volumes"] = []
                spec["hostname"] = .null
            },
        ]) func `takes the changes that kube-apiserver takes`(spec: JSONValue)
    {
        #expect(check(spec, old: Self.sound) == nil)
    }

    @Test(
        arguments: [
            (
                ["activeDeadlineSeconds": 5], ["activeDeadlineSeconds": 6],
                "spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value"
            ),
            (
                ["activeDeadlineSeconds": 5], [:],
                "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"
            ),
            (
                [:], ["activeDeadlineSeconds": -1],
                "spec.activeDeadlineSeconds: Invalid value: -1: must be between 0 and 2147483647, inclusive"
            ),
            (
                ["tolerations": [["key": "k"]]], ["tolerations": [["key": "l"]]],
                "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
            ),
            (
                ["schedulingGates": [["name": "g"]]], ["schedulingGates": [["name": "h"]]],
                "spec.schedulingGates: Forbidden: only deletion is allowed, but found new scheduling gate \"h\""
            ),
            (["terminationGracePeriodSeconds": -1], ["terminationGracePeriodSeconds": 1], nil),
            (["tolerations": [["key": "k"]]], ["tolerations": [["tolerationSeconds": 3, "key": "k"]]], nil),
            (["schedulingGates": [["name": "g"]]], [:], nil),
        ] as [(JSONObject, JSONObject, String?)]) func `what may change, may do so in one direction`(
            old: JSONObject, new: JSONObject, cause: String?
        )
    {
        func spec(_ members: JSONObject) -> JSONValue {
            Self.spec { spec in for member in members.members { spec[member.name] = member.value } }
        }
        #expect(check(spec(new), old: spec(old))?.message == cause.map { "Pod \"x\" is invalid: \($0)" })
    }

    @Test func `refuses an image with blanks around it`() {
        let status = check(
            Self.spec { $0["containers"] = [["name": "a", "image": " one"], ["name": "b", "image": "one"]] },
            old: ["containers": [["name": "a", "image": "one"], ["name": "b", "image": "one"]], "nodeName": "n"])
        #expect(status?.details?.causes.map(\.field) == ["spec.containers[0].image"])
    }

    @Test func `a pod that was stored before there were rules can still be labelled`() {
        #expect(check(["containers": []], old: ["containers": []]) == nil)
    }

    @Test(arguments: [0, 1]) func `lists no more causes than the limit`(past: Int) {
        let containers = (0..<HotplugLimits.podCauses + past).map { number -> JSONValue in
            ["name": .string("a\(number)")]
        }
        #expect(check(["containers": .array(containers)])?.details?.causes.count == HotplugLimits.podCauses)
    }
}

@Suite struct EventRulesTests {
    private func check(_ namespace: String, _ involved: String?, time: JSONValue = .null, old: JSONValue? = nil)
        -> Status?
    {
        var event: JSONValue = [
            "metadata": ["name": "e", "namespace": .string(namespace)], "involvedObject": ["name": "x"],
            "eventTime": time,
        ]
        if let involved { event["involvedObject"]?["namespace"] = .string(involved) }
        do throws(Status) {
            try EventRules.check(event, old: old)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [("n", nil, ""), ("n", "default", "default"), ("default", "n", "n")] as [(String, String?, String)])
    func `an event about an object of another namespace was taken`(
        namespace: String, involved: String?, shown: String
    ) {
        let status = check(namespace, involved)
        #expect(status?.code == 422)
        #expect(
            status?.message
                == "Event \"e\" is invalid: involvedObject.namespace: Invalid value: \"\(shown)\": does not match "
                + "event.namespace")
    }

    @Test func `takes events of the namespace of the object, and of objects of the whole cluster`() {
        #expect(check("n", "n") == nil)
        #expect(check("default", nil) == nil)
        let time: JSONValue = "2023-11-14T22:13:20.000000Z"
        #expect(check("kube-system", nil, time: time) == nil)
        #expect(check("n", nil, time: time)?.code == 422)
    }

    @Test func `an event that was stored so before can still be counted`() {
        #expect(check("n", "m", old: ["involvedObject": ["name": "x", "namespace": "m"]]) == nil)
    }
}
