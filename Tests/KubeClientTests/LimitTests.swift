import FakeKubeAPIServer
import Testing

@testable import KubeClient

/// Each limit of the client at its value and one past it; times are in `WatchTests`.
@Suite struct LimitTests {
    private static func limits(_ set: (inout KubeClientLimits) -> Void) -> KubeClientLimits {
        var limits = KubeClientLimits()
        set(&limits)
        return limits
    }

    @Test func `a head above headBytesMax was reported as an answer above responseBytesMax`() async throws {
        try await withUpstream { _, _ in
            .status(200, fields: [("X-Long", String(repeating: "x", count: 1000))])
        } _: { upstream in
            let configuration = try ClientConfiguration(upstream)
            var octets = 0
            try await withClient(configuration) { client in
                let response = try await client.send(KubeRequest("GET", "/"))
                octets = "HTTP/1.1 200 OK\r\n\r\n".utf8.count
                for field in response.fields { octets += "\(field.name): \(field.value)\r\n".utf8.count }
            }
            try await withClient(configuration, limits: Self.limits { $0.headBytesMax = octets }) { client in
                let fitting = try await client.send(KubeRequest("GET", "/"))
                #expect(fitting.status == 200)
            }
            try await withClient(configuration, limits: Self.limits { $0.headBytesMax = octets - 1 }) { client in
                let error = await #expect(throws: KubeClientError.self) {
                    try await client.send(KubeRequest("GET", "/"))
                }
                #expect(error?.kind == .tooLarge)
                #expect(
                    error?.description
                        == "\(configuration.server): the answer's head is larger than \(octets - 1) bytes")
            }
        }
    }
}
