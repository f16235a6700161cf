package import KubeClient
import Reactor
import Synchronization
import TLS

/// Lends a client with a loop of its own, and ends both afterwards.
package func withClient(
    _ configuration: ClientConfiguration, limits: KubeClientLimits = KubeClientLimits(),
    clock: TestClock = TestClock(), _ body: (KubeClient) async throws -> Void
) async throws {
    let loop = try EventLoop(name: "client")
    let client = KubeClient(configuration, loops: [loop], version: "1.2.3", limits: limits, now: { clock.now })
    do {
        try await body(client)
        await client.close()
        await loop.stop()
    } catch {
        await client.close()
        await loop.stop()
        throw error
    }
}

extension ClientConfiguration {
    /// For an upstream, trusting its CA.
    package init(_ upstream: FakeKubeAPIServer) throws {
        guard let server = ServerURL(upstream.url) else { throw SystemError("no URL: \(upstream.url)", errno: 0) }
        self.init(server: server)
        authorities = upstream.authority.map { .data(Array($0.pair.certificate.utf8)) }
    }
}

extension KubeClient {
    /// `request`, in closures whose errors have no one type.
    package func send(_ request: KubeRequest) async throws -> KubeResponse { try await self.request(request) }
}

/// A clock that a test moves.
package final class TestClock: Sendable {
    private let offset = Mutex(Duration.zero)
    private let start = ContinuousClock.now

    package init() {}

    package var now: ContinuousClock.Instant { start + offset.withLock { $0 } }
    package func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
}
