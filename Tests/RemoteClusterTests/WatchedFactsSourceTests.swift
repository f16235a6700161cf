import FakeKubeAPIServer
import HotplugAPI
import KubeClient
import KubeModel
import Synchronization
import Testing

@testable import RemoteCluster

@Suite struct WatchedFactsSourceTests {
    private static func kubeVirt(_ version: String, gates: JSONValue, resourceVersion: String) -> JSONValue {
        [
            "metadata": ["namespace": "kubevirt", "name": "kubevirt", "resourceVersion": .string(resourceVersion)],
            "spec": ["configuration": ["developerConfiguration": ["featureGates": gates]]],
            "status": ["phase": "Deployed", "observedKubeVirtVersion": .string(version)],
        ]
    }

    /// Waits until the source knows what is expected; a source that never does meets the test's time limit.
    private func wait(_ source: WatchedFactsSource, until isExpected: (ClusterFacts?) -> Bool) async {
        while true {
            if isExpected(try? await source.facts()) { return }
            await Task.yield()
        }
    }

    @Test(.timeLimit(.minutes(1))) func `follows the KubeVirt object and keeps its facts when the cluster is gone`()
        async throws
    {
        let (events, pipe) = AsyncStream<String>.makeStream()
        try await withUpstream { request, _ in
            if request.hasQuery("watch=true") { return .stream(events) }
            return .json([
                "metadata": ["resourceVersion": "1"],
                "items": [Self.kubeVirt("v1.0.0", gates: ["HotplugNICs"], resourceVersion: "1")],
            ])
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let source = WatchedFactsSource(client, namespace: "kubevirt")
                #expect(throws: WatchHealth.Failure.self) { try source.checkHealth() }
                let early = await #expect(throws: Status.self) { try await source.facts() }
                #expect(early?.code == 503 && early?.details?.retryAfterSeconds == 1)
                let loop = client.firstLoop
                let running = Task { await source.run(on: loop) }
                await wait(source) { $0?.isInterfaceHotplugEnabled == true }
                try source.checkHealth()
                func send(_ type: String, _ object: JSONValue) {
                    let event: JSONValue = ["type": .string(type), "object": object]
                    pipe.yield(String(decoding: event.serialized(), as: UTF8.self))
                }
                send("MODIFIED", Self.kubeVirt("v1.1.0", gates: [], resourceVersion: "2"))
                await wait(source) { $0?.isInterfaceHotplugEnabled == false }
                send("DELETED", Self.kubeVirt("v1.1.0", gates: [], resourceVersion: "3"))
                await wait(source) { $0 == ClusterFacts(kubeVirts: []) }
                send("ADDED", Self.kubeVirt("v1.4.0", gates: [], resourceVersion: "4"))
                await wait(source) { $0?.kubeVirtVersion == SemanticVersion(1, 4, 0) }
                let requests = upstream.lines
                #expect(requests.count == 2)
                #expect(
                    requests[0] == "GET /apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts?limit=500&resourceVersion=0")
                await upstream.stop()
                #expect(try await source.facts().isInterfaceHotplugEnabled)
                source.stop()
                await client.close()
                await running.value
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a cluster without the resource has no KubeVirt, one that forgets it for a while has`() async throws {
        let isKnown = Mutex(false)
        try await withUpstream { request, _ in
            guard isKnown.withLock({ $0 }) else { return .status(404, body: "404 page not found") }
            // Each watch ends with what makes the list be read anew.
            if request.hasQuery("watch=true") {
                isKnown.withLock { $0 = false }
                return .status(410)
            }
            return .json([
                "metadata": ["resourceVersion": "1"],
                "items": [Self.kubeVirt("v1.4.0", gates: [], resourceVersion: "1")],
            ])
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let source = WatchedFactsSource(client, backoff: Backoff(first: 1, max: 2))
                let loop = client.firstLoop
                let running = Task { await source.run(on: loop) }
                await wait(source) { $0 == ClusterFacts(kubeVirts: []) }
                isKnown.withLock { $0 = true }
                await wait(source) { $0?.isInterfaceHotplugEnabled == true }
                let before = upstream.requests.count
                while upstream.requests.count < before + 4 { await Task.yield() }
                let kept = try await source.facts()
                #expect(kept.isInterfaceHotplugEnabled)
                source.stop()
                await client.close()
                await running.value
            }
        }
    }
}
