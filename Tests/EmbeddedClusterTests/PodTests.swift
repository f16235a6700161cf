import KubeModel
import Testing

@testable import EmbeddedCluster

struct PodTests {
    private static let spec: JSONValue = ["containers": [["name": "a", "image": "i"]]]

    @Test func `pods lacked kube-apiserver's defaults, without which kubectl debug died`() async throws {
        let test = try TestCluster()
        let pod = try await test.create(.pod, "p", body: ["spec": Self.spec])
        #expect(pod["spec"] == PodDefaults.filled(Self.spec))
        #expect(pod[path: "spec", "securityContext"] == [:])
        #expect(try await test.get(.pod, "p") == pod)
    }

    @Test func `a pod that is written without the defaults is as it was`() async throws {
        let test = try TestCluster()
        var pod = try await test.create(.pod, "p", body: ["spec": Self.spec])
        let version = pod.metadataResourceVersion
        pod["spec"] = Self.spec
        #expect(try await test.update(pod, .pod).metadataResourceVersion == version)
        let patched = try await test.merge(["spec": ["dnsPolicy": .null, "securityContext": .null]], .pod, "p")
        #expect(patched.metadataResourceVersion == version)
    }

    @Test func `a pod that was stored without the defaults gets them by its image of then`() async throws {
        let test = try TestCluster()
        try await test.create(.pod, "p", body: ["spec": Self.spec])
        let key = ObjectKey(resource: Resource.pod.groupResource, namespace: "default", name: "p")
        _ = try await test.cluster.write(key, dryRun: false) { current throws(Status) in
            guard var object = try current?.json() else { throw .pathNotFound }
            object["spec"] = Self.spec
            return .put(object)
        }
        let patch = StrategicMergePatch(["spec": ["containers": [["name": "a", "image": "i:2"]]]])
        let patched = try await test.json(
            test.cluster.patch(
                .pod, namespace: "default", name: "p", patch: .strategicMerge(patch), options: WriteOptions()))
        let container = patched[path: "spec", "containers"]?.array?.first
        #expect(container?["image"] == "i:2")
        #expect(container?["imagePullPolicy"] == "Always")
    }
}
