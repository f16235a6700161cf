import KubeModel
import Testing

@Suite struct PodDefaultsTests {
    @Test func `fills in what is not said, null or empty, and leaves the rest`() {
        let filled = PodDefaults.filled([
            "restartPolicy": "", "dnsPolicy": .null, "terminationGracePeriodSeconds": 0, "enableServiceLinks": false,
            "securityContext": ["runAsUser": 1],
            "containers": [["name": "a", "image": "i:1", "ports": [["containerPort": 1], ["protocol": "UDP"]]]],
            "initContainers": [["name": "b", "image": "i", "imagePullPolicy": "Never", "resources": .null]],
        ])
        let common: JSONObject = [
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "resources": [:],
        ]
        func container(_ own: JSONObject) -> JSONValue {
            var container = common
            for member in own.members { container[member.name] = member.value }
            return .object(container)
        }
        #expect(
            filled == [
                "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
                "terminationGracePeriodSeconds": 0, "enableServiceLinks": false, "securityContext": ["runAsUser": 1],
                "containers": [
                    container([
                        "name": "a", "image": "i:1", "imagePullPolicy": "IfNotPresent",
                        "ports": [["containerPort": 1, "protocol": "TCP"], ["protocol": "UDP"]],
                    ])
                ], "initContainers": [container(["name": "b", "image": "i", "imagePullPolicy": "Never"])],
            ])
        #expect(PodDefaults.filled(filled) == filled)
    }

    @Test(arguments: [
        ("busybox", true), ("busybox:latest", true), ("busybox:1", false), ("r:5000/busybox", true),
        ("r:5000/x/busybox:1.2", false), ("r:5000/busybox:latest", true), ("busybox@sha256:ab", false),
        ("busybox:latest@sha256:ab", true), ("busybox:latest-1", false),
    ]) func `an image is pulled always if its tag is latest`(image: String, always: Bool) {
        let filled = PodDefaults.filled(["containers": [["image": .string(image)]]])
        #expect(
            filled["containers"]?.array?.first?["imagePullPolicy"] == (always ? "Always" : "IfNotPresent"))
    }

    @Test(
        arguments: [
            "x", .null, ["containers": "x"], ["containers": ["x", .null]], ["containers": [["ports": [1]]]],
        ] as [JSONValue]) func `what is no spec to Go, stays what it is`(spec: JSONValue)
    {
        let filled = PodDefaults.filled(spec)
        #expect(filled["containers"]?.array?.count == spec["containers"]?.array?.count)
        #expect(spec.object != nil || filled == spec)
    }
}
