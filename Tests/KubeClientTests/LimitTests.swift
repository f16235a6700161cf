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

    @Test(arguments: [(2, true), (3, false)]) func `connects again so often and no more`(
        losses: Int, isAnswered: Bool
    ) async throws {
        try await withUpstream { _, count in
            count < losses ? .disconnect : .status(200)
        } _: { upstream in
            let limits = Self.limits {
                $0.reconnectsMax = 2
                $0.reconnectPause = 1
            }
            try await withClient(try ClientConfiguration(upstream), limits: limits) { client in
                if isAnswered {
                    let response = try await client.send(KubeRequest("GET", "/"))
                    #expect(response.status == 200)
                } else {
                    let error = await #expect(throws: KubeClientError.self) {
                        try await client.send(KubeRequest("GET", "/"))
                    }
                    #expect(error?.kind == .connectionLost)
                }
                #expect(upstream.requests.count == 3)
            }
        }
    }

    @Test(arguments: [("0", 2), ("1", 1)]) func `waits as long as a Retry-After may ask for and no longer`(
        retryAfter: String, requests: Int
    ) async throws {
        try await withUpstream { _, count in
            count == 0 ? .status(503, fields: [("Retry-After", retryAfter)]) : .status(200)
        } _: { upstream in
            let limits = Self.limits { $0.retryAfterMaxSeconds = 0 }
            try await withClient(try ClientConfiguration(upstream), limits: limits) { client in
                let response = try await client.send(KubeRequest("GET", "/"))
                #expect(response.status == (requests == 2 ? 200 : 503))
                #expect(upstream.requests.count == requests)
            }
        }
    }

    @Test func `requests went on by a connection on which one got no answer`() async throws {
        let (silence, end) = AsyncStream<String>.makeStream()
        let (slow, answer) = AsyncStream<String>.makeStream()
        try await withUpstream(authority: try .test()) { request, _ in
            switch request.path {
            case "/silent":
                for await _ in silence {}
                return .status(200)
            case "/slow":
                for await _ in slow { break }
                return .status(200, body: "slow")
            default: return .status(200)
            }
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                _ = try await client.send(KubeRequest("GET", "/"))
                async let last = client.send(KubeRequest("GET", "/slow"))
                var request = KubeRequest("GET", "/silent")
                // Long enough to be sent, on a machine that is busy too.
                request.timeout = 1000
                let error = await #expect(throws: KubeClientError.self) { try await client.send(request) }
                #expect(error?.kind == .timeout)
                #expect(upstream.connections == 1)
                for _ in 0..<3 { #expect(try await client.send(KubeRequest("GET", "/")).status == 200) }
                #expect(upstream.connections == 2)
                // What is still on its way by the old one comes.
                answer.yield("")
                #expect(try await last.body == Array("slow".utf8))
                #expect(try await client.send(KubeRequest("GET", "/")).status == 200)
                #expect(upstream.connections == 2)
            }
            end.finish()
        }
    }
}
