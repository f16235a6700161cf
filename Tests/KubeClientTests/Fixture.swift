import FakeKubeAPIServer
import Foundation
import Reactor
import Synchronization
import TLS
import Testing

@testable import KubeClient

/// A directory that goes with the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "kube-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }
}

/// Lends a client with a loop of its own, and ends both afterwards.
func withClient(
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
    init(_ upstream: FakeKubeAPIServer) throws {
        self.init(server: try #require(ServerURL(upstream.url)))
        authorities = upstream.authority.map { .data(Array($0.pair.certificate.utf8)) }
    }
}

/// A clock that a test moves.
final class TestClock: Sendable {
    private let offset = Mutex(Duration.zero)
    private let start = ContinuousClock.now
    var now: ContinuousClock.Instant { start + offset.withLock { $0 } }
    func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
}

extension CertificateAuthority {
    static func test() throws -> CertificateAuthority { try CertificateAuthority(commonName: "test", days: 1) }
}

extension KubeClient {
    /// `request`, in closures whose errors have no one type.
    func send(_ request: KubeRequest) async throws -> KubeResponse { try await self.request(request) }
}

final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func increment() { count.withLock { $0 += 1 } }
}
