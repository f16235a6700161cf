import FakeKubeAPIServer
import Foundation
import Reactor
import TLS
import Testing

@testable import KubeClient

@Suite struct RequestTests {
    @Test func `sends method, target, fields and content, and reads the answer`() async throws {
        try await withUpstream { _, _ in
            .status(201, fields: [("X-One", "a b"), ("x-one", "c")], body: "made")
        } _: { upstream in
            var configuration = try ClientConfiguration(upstream)
            configuration.server = try #require(ServerURL(upstream.url + "/prefix/"))
            // Nothing secret goes over plain HTTP.
            configuration.credential = .token("secret")
            try await withClient(configuration) { client in
                let response = try await client.send(
                    KubeRequest("PATCH", "/a%2Fb", query: [("q", "1&2 ü"), ("r", "")], body: Array("{}".utf8)))
                #expect(response.status == 201)
                #expect(response["x-one"] == "a b")
                #expect(String(decoding: response.body, as: UTF8.self) == "made")
                let request = try #require(upstream.requests.first)
                #expect(request.line == "PATCH /prefix/a%2Fb?q=1%262%20%C3%BC&r=")
                #expect(request.values("content-type") == ["application/json"])
                #expect(request.values("content-length") == ["2"])
                #expect(request.values("accept") == ["application/json"])
                #expect(request["authorization"] == nil)
                #expect(request["expect"] == nil)
                #expect(request.body == Array("{}".utf8))
                #expect(request["user-agent"]?.hasPrefix("hotplug-apiserver/1.2.3 (linux/") == true)
            }
        }
    }

    @Test func `shares one HTTPS connection by HTTP/2, and carries a megabyte both ways`() async throws {
        let big = String(repeating: "x", count: 1 << 20)
        try await withUpstream(authority: try .test()) { request, _ in
            .status(200, body: String(decoding: request.body, as: UTF8.self))
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                for _ in 0..<3 {
                    let response = try await client.send(KubeRequest("PUT", "/", body: Array(big.utf8)))
                    #expect(response.body.count == big.utf8.count)
                }
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<20 { group.addTask { try await client.send(KubeRequest("GET", "/")).status } }
                    for try await status in group { #expect(status == 200) }
                }
                #expect(upstream.connections == 1)
            }
        }
    }

    @Test func `shows a client certificate, and checks the server's name and CA`() async throws {
        let authority = try CertificateAuthority.test()
        let user = try authority.issue(commonName: "alice", usage: .client, days: 1)
        try await withUpstream(authority: authority, serverName: "DNS:kubernetes.default") { request, _ in
            .status(200, body: request.commonName ?? "")
        } _: { upstream in
            var configuration = try ClientConfiguration(upstream)
            try await withClient(configuration) { client in
                let error = await #expect(throws: KubeClientError.self) {
                    try await client.send(KubeRequest("GET", "/"))
                }
                #expect(error?.kind == .unreachable)
                #expect(error?.description.contains("matches target host name 'localhost'") == true)
            }
            configuration.tlsServerName = "kubernetes.default"
            configuration.clientCertificate = .data(Array(user.certificate.utf8))
            configuration.clientKey = .data(Array(user.key.utf8))
            try await withClient(configuration) { client in
                let response = try await client.send(KubeRequest("GET", "/"))
                #expect(String(decoding: response.body, as: UTF8.self) == "alice")
            }
            configuration.authorities = .data(Array(try CertificateAuthority.test().pair.certificate.utf8))
            try await withClient(configuration) { client in
                let error = await #expect(throws: KubeClientError.self) {
                    try await client.send(KubeRequest("GET", "/"))
                }
                #expect(error?.kind == .unreachable)
                #expect(error?.description.contains("certificate") == true, "\(String(describing: error))")
            }
            configuration.authorities = nil
            configuration.tlsServerName = nil
            configuration.isInsecure = true
            try await withClient(configuration) { client in
                let unchecked = try await client.send(KubeRequest("GET", "/"))
                #expect(unchecked.status == 200)
            }
        }
    }

    @Test func `an encrypted client key crashed libcurl`() async throws {
        let user = try CertificateAuthority.test().issue(commonName: "alice", usage: .client, days: 1)
        // Of `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc`, with the password "secret".
        let key = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhOwNvPduqQJAICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBr08l1za4a4v5cUQDnGu+QEgZCc
            Icpc+UieTX1vtqWyE7pxNdGvINt/K++PfehEdtB8014s2rXhuYfYy2uCVhLF/R78
            fKurWzlY0LQHIWc1uAwEcTd26SN+cTrTq8pLa2h6XUPOh2AW2iTb1jgjo3B1x17L
            IpEpfq8S2K7e/zyNNG+tDrXyhjlOVArCPojDL7Fu2ho+w6RUdTorvY16xrDGEbw=
            -----END ENCRYPTED PRIVATE KEY-----

            """
        try await withUpstream(authority: try .test()) { _, _ in
            .status(200)
        } _: { upstream in
            var configuration = try ClientConfiguration(upstream)
            configuration.clientCertificate = .data(Array(user.certificate.utf8))
            configuration.clientKey = .data(Array(key.utf8))
            try await withClient(configuration) { client in
                let error = await #expect(throws: KubeClientError.self) {
                    try await client.send(KubeRequest("GET", "/"))
                }
                #expect(error?.kind == .unreachable, "\(String(describing: error))")
            }
        }
    }

    @Test func `sends impersonation and passwords`() async throws {
        try await withUpstream(authority: try .test()) { _, _ in
            .status(200)
        } _: { upstream in
            var configuration = try ClientConfiguration(upstream)
            configuration.credential = .basic(user: "me", password: "pass")
            configuration.impersonation.user = "alice"
            configuration.impersonation.uid = "7"
            configuration.impersonation.groups = ["a", "b"]
            configuration.impersonation.extra = [("example.com/x y", ["1"])]
            try await withClient(configuration) { client in
                _ = try await client.send(KubeRequest("GET", "/"))
                let request = try #require(upstream.requests.first)
                #expect(request["authorization"] == "Basic bWU6cGFzcw==")
                #expect(request["impersonate-user"] == "alice")
                #expect(request["impersonate-uid"] == "7")
                #expect(request.values("impersonate-group") == ["a", "b"])
                #expect(request["impersonate-extra-example.com%2fx%20y"] == "1")
            }
        }
    }

    struct Retry: Sendable {
        let status: Int
        var method = "PATCH"
        var retryAfter: String?
        let requests: Int
    }

    @Test(arguments: [
        Retry(status: 429, retryAfter: "0", requests: 2), Retry(status: 503, retryAfter: "0", requests: 2),
        Retry(status: 500, method: "GET", retryAfter: "0", requests: 2),
        Retry(status: 503, requests: 1), Retry(status: 500, method: "GET", requests: 1),
        Retry(status: 429, requests: 1),
        Retry(status: 503, retryAfter: "11", requests: 1), Retry(status: 503, retryAfter: "soon", requests: 1),
        Retry(status: 404, retryAfter: "0", requests: 1), Retry(status: 401, requests: 1),
        Retry(status: 302, method: "GET", requests: 1),
    ]) func `repeats what the server asks for again, and nothing else`(retry: Retry) async throws {
        try await withUpstream { _, count in
            count > 0
                ? .status(200)
                : .status(
                    retry.status,
                    fields: [("Location", "/elsewhere")] + (retry.retryAfter.map { [("Retry-After", $0)] } ?? []))
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let body = retry.method == "GET" ? nil : Array("{}".utf8)
                let response = try await client.send(KubeRequest(retry.method, "/x", body: body))
                #expect(response.status == (retry.requests > 1 ? 200 : retry.status))
                #expect(upstream.requests.count == retry.requests)
                #expect(upstream.requests.allSatisfy { $0.body == body ?? [] })
            }
        }
    }

    @Test func `gives up after so many retries`() async throws {
        try await withUpstream { _, _ in
            .status(429, fields: [("Retry-After", "0")])
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let last = try await client.send(KubeRequest("GET", "/"))
                #expect(last.status == 429)
                #expect(upstream.requests.count == 11)
            }
        }
    }

    @Test(
        arguments: [
            ("GET", nil, 2), ("PATCH", nil, 1), ("POST", nil, 1), ("POST", true, 2),
        ] as [(String, Bool?, Int)]) func `repeats a request whose connection is lost only if that does no harm`(
            method: String, isRepeatable: Bool?, requests: Int
        ) async throws
    {
        // On a new connection, and on one that has served before.
        for warm in [false, true] {
            try await withUpstream { request, count in
                request.path == "/x" && count == (warm ? 1 : 0) ? .disconnect : .status(200)
            } _: { upstream in
                try await withClient(try ClientConfiguration(upstream)) { client in
                    if warm { _ = try await client.send(KubeRequest("GET", "/warm")) }
                    let request = KubeRequest(
                        method, "/x", body: method == "GET" ? nil : Array("{}".utf8), isRepeatable: isRepeatable)
                    if requests == 2 {
                        #expect(try await client.send(request).status == 200)
                    } else {
                        let error = await #expect(throws: KubeClientError.self) { try await client.send(request) }
                        #expect(error?.kind == .connectionLost, "\(String(describing: error))")
                    }
                    #expect(upstream.lines.filter { $0.hasSuffix("/x") }.count == requests, "warm: \(warm)")
                }
            }
        }
    }

    @Test func `says when nobody is there, when it takes too long, and when there is too much`() async throws {
        let (never, end) = AsyncStream<String>.makeStream()
        try await withUpstream { request, _ in
            request.path == "/big" ? .status(200, body: String(repeating: "x", count: 1001)) : .stream(never)
        } _: { upstream in
            let configuration = try ClientConfiguration(upstream)
            try await withClient(configuration) { client in
                var slow = KubeRequest("GET", "/slow")
                slow.timeout = 200
                let timeout = await #expect(throws: KubeClientError.self) { try await client.send(slow) }
                #expect(timeout?.kind == .timeout)
                var big = KubeRequest("GET", "/big")
                big.responseBytesMax = 1000
                let tooLarge = await #expect(throws: KubeClientError.self) { try await client.send(big) }
                #expect(tooLarge?.kind == .tooLarge)
                big.responseBytesMax = 1001
                let fitting = try await client.send(big)
                #expect(fitting.body.count == 1001)
                end.finish()
                await upstream.stop()
                let refused = await #expect(throws: KubeClientError.self) {
                    try await client.send(KubeRequest("GET", "/"))
                }
                #expect(refused?.kind == .unreachable, "\(String(describing: refused))")
                #expect(refused?.description.hasPrefix("\(configuration.server): ") == true)
                await client.close()
                await #expect(throws: KubeClientError.self) { try await client.send(KubeRequest("GET", "/")) }
            }
        }
    }
}
