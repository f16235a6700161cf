import APIServer
import FakeKubeAPIServer
import KubeClient
import KubeModel
import TLS
import Testing

@testable import DelegatedAuth

@Suite(.timeLimit(.minutes(1))) struct TokenReviewLimitTests {
    private static func token(_ request: FakeKubeAPIServer.Request) -> String {
        request.json?[path: "spec", "token"]?.string ?? ""
    }

    /// Tokens are good when they begin with `good`, and named after themselves.
    private static func review(_ token: String) -> JSONValue {
        token.hasPrefix("good")
            ? ["status": ["authenticated": true, "user": ["username": .string(token)]]]
            : ["status": ["authenticated": false]]
    }

    private static func limits(_ set: (inout TokenReviewLimits) -> Void) -> TokenReviewLimits {
        var limits = TokenReviewLimits()
        set(&limits)
        return limits
    }

    @Test func `refused tokens of strangers pushed out those of users`() async throws {
        try await withUpstream { request, _ in
            .json(Self.review(Self.token(request)), status: 201)
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let authenticator = TokenReviewAuthenticator(client, limits: Self.limits { $0.tokensMax = 2 })
                /// Whether the cluster is asked about a token.
                func isReviewed(_ token: String) async -> Bool {
                    let before = upstream.requests.count
                    _ = try? await authenticator.user(authorization: ["Bearer \(token)"])
                    return upstream.requests.count > before
                }
                for token in ["good1", "good2", "bad1", "bad2", "bad3"] { #expect(await isReviewed(token)) }
                for token in ["good1", "good2", "bad2", "bad3"] { #expect(await !isReviewed(token), "\(token)") }
                // One past the limit, of each kind.
                #expect(await isReviewed("bad1"))
                #expect(await isReviewed("good3"))
                for token in ["good2", "good3", "bad3", "bad1"] { #expect(await !isReviewed(token), "\(token)") }
                #expect(await isReviewed("good1"))
            }
        }
    }

    @Test func `any number of tokens was reviewed at once`() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        defer { open.finish() }
        // By HTTP/2: libcurl sends nothing more to a server of which it does not know yet whether it speaks that.
        let authority = try CertificateAuthority(commonName: "test", days: 1)
        try await withUpstream(authority: authority) { request, _ in
            for await _ in gate {}
            return .json(Self.review(Self.token(request)), status: 201)
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let authenticator = TokenReviewAuthenticator(client, limits: Self.limits { $0.reviewsMax = 2 })
                let names = await withTaskGroup(of: String?.self) { group in
                    // Two tokens, of which one is asked about twice.
                    for token in ["good1", "good2", "good2"] {
                        group.addTask { try? await authenticator.user(authorization: ["Bearer \(token)"])?.name }
                    }
                    while upstream.requests.count < 2 { await Task.yield() }
                    let error = await #expect(throws: AuthenticationError.self) {
                        try await authenticator.user(authorization: ["Bearer good3"])
                    }
                    #expect(error?.isUnknown == true)
                    #expect(
                        error?.reason == "cannot review a bearer token: 2 TokenReviews are under way")
                    open.finish()
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(names.compactMap(\.self).sorted() == ["good1", "good2", "good2"])
                let user = try await authenticator.user(authorization: ["Bearer good3"])
                #expect(user?.name == "good3")
                #expect(upstream.requests.count == 3)
            }
        }
    }
}
