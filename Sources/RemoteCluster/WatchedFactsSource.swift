package import HotplugAPI
package import KubeClient
package import KubeModel
package import Reactor
import Synchronization

/// The facts of a cluster from a watch of its KubeVirt objects: a look at them costs no request.
///
/// While the cluster cannot be asked, the facts that were good last stay.
package final class WatchedFactsSource: ClusterFactsSource {
    private struct State {
        var kubeVirts: [String: JSONValue] = [:]
        var facts: ClusterFacts?
    }

    private let client: KubeClient
    private let path: String
    private let backoff: Backoff
    private let health = WatchHealth()
    private let state = Mutex(State())
    private let watch = Mutex<Watch?>(nil)

    /// - Parameter namespace: where KubeVirt is installed; `nil` means all.
    package init(_ client: KubeClient, namespace: String? = nil, backoff: Backoff = Backoff()) {
        self.client = client
        self.backoff = backoff
        path = Resource.kubeVirt.path(namespace)
    }

    /// Watches until `stop()`.
    package func run(on loop: isolated EventLoop) async {
        let watch = Watch(
            client, path: path, backoff: backoff, state: { [self] in record($0) }, changed: { [self] in apply($0) })
        self.watch.withLock { $0 = watch }
        // It holds this.
        defer { self.watch.withLock { $0 = nil } }
        await watch.run(on: loop)
    }

    package func stop() { watch.withLock { $0?.stop() } }

    /// Waits until the facts have been read.
    ///
    /// Throws what failed before that.
    package func settle() async throws { try await health.settle() }

    /// As they were read last; `nil` while they have never been.
    package var latest: ClusterFacts? { state.withLock { $0.facts } }

    /// Throws while the facts have never been read, or are old, for `/readyz`.
    package func checkHealth() throws { try health.check() }

    /// Throws 503 ServiceUnavailable while they have never been read.
    package func facts() async throws(Status) -> ClusterFacts {
        if let facts = latest { return facts }
        throw .serviceUnavailable(
            "the KubeVirt objects of the cluster have not been read yet: \(health.reason ?? "just started")",
            retryAfterSeconds: 1)
    }

    private func record(_ change: Watch.State) {
        // A cluster that does not know the resource has no KubeVirt; but one that starts forgets its CRDs for a while.
        if case .failing(_, code: 404) = change {
            state.withLock { state in
                if state.facts == nil { state.facts = ClusterFacts(kubeVirts: []) }
            }
            return health.record(.current)
        }
        health.record(change)
    }

    private func apply(_ change: Watch.Change) {
        state.withLock { state in
            switch change {
            case .listed(let items):
                state.kubeVirts = Dictionary(items.map { (Self.key($0), $0) }, uniquingKeysWith: { $1 })
            case .changed(let item): state.kubeVirts[Self.key(item)] = item
            case .deleted(let item): state.kubeVirts[Self.key(item)] = nil
            }
            let ordered = state.kubeVirts.sorted { $0.key < $1.key }.map(\.value)
            state.facts = ClusterFacts(kubeVirts: ordered)
        }
    }

    private static func key(_ object: JSONValue) -> String {
        "\(object.metadataNamespace ?? "")/\(object.metadataName ?? "")"
    }
}
