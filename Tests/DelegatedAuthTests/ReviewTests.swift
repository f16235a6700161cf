import APIServer
import FakeKubeAPIServer
import HTTPWire
import KubeClient
import KubeModel
import Synchronization
import Testing

@testable import DelegatedAuth

/// Lends what asks an upstream for reviews, with a clock for its caches.
private func withReviewer<Reviewer>(
    _ make: (KubeClient, TestClock) -> Reviewer,
    _ answer: @escaping @Sendable (FakeKubeAPIServer.Request, Int) -> FakeKubeAPIServer.Answer,
    _ body: (Reviewer, FakeKubeAPIServer, TestClock) async throws -> Void
) async throws {
    let clock = TestClock()
    try await withUpstream {
        answer($0, $1)
    } _: { upstream in
        try await withClient(try ClientConfiguration(upstream)) { client in
            try await body(make(client, clock), upstream, clock)
        }
    }
}

/// Another case than the one that was expected.
private struct TestFailure: Error {}

@Suite struct TokenReviewAuthenticatorTests {
    private static func review(_ status: JSONValue) -> FakeKubeAPIServer.Answer {
        .json(["kind": "TokenReview", "status": status], status: 201)
    }

    private func withAuthenticator(
        audiences: [String] = [],
        _ answer: @escaping @Sendable (FakeKubeAPIServer.Request, Int) -> FakeKubeAPIServer.Answer,
        _ body: (TokenReviewAuthenticator, FakeKubeAPIServer, TestClock) async throws -> Void
    ) async throws {
        try await withReviewer(
            { client, clock in TokenReviewAuthenticator(client, audiences: audiences, now: { clock.now }) }, answer,
            body)
    }

    @Test func `asks once for a token within ten seconds, good or not`() async throws {
        try await withAuthenticator { request, _ in
            request.json?[path: "spec", "token"] == "good"
                ? Self.review([
                    "authenticated": true,
                    "user": [
                        "username": "alice", "uid": "7", "groups": ["a", "b"], "extra": ["z": ["1"], "k": ["2"]],
                    ],
                ]) : Self.review(["authenticated": false])
        } _: { authenticator, upstream, clock in
            let alice = UserInfo(
                name: "alice", uid: "7", groups: ["a", "b"],
                extra: [UserInfo.Extra(key: "k", values: ["2"]), UserInfo.Extra(key: "z", values: ["1"])])
            for scheme in ["Bearer", "bearer", "BEARER  "] {
                let user = try await authenticator.user(authorization: ["\(scheme) good"])
                #expect(user == alice)
            }
            for _ in 0..<2 {
                let error = await #expect(throws: AuthenticationError.self) {
                    try await authenticator.user(authorization: ["Bearer bad"])
                }
                #expect(error?.reason == "invalid bearer token")
            }
            #expect(upstream.lines == Array(repeating: "POST /apis/authentication.k8s.io/v1/tokenreviews", count: 2))
            #expect(
                upstream.requests[0].json == [
                    "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": ["token": "good"],
                ])
            // Only a user is known without a wait; what is wrong goes the long way, which says why.
            guard case .user(alice) = authenticator.immediately(authorization: ["Bearer good"]),
                case .undecided = authenticator.immediately(authorization: ["Bearer bad"]),
                case .undecided = authenticator.immediately(authorization: ["Bearer good", "Bearer good"]),
                case .nobody = authenticator.immediately(authorization: [])
            else { throw TestFailure() }
            clock.advance(.seconds(10))
            guard case .undecided = authenticator.immediately(authorization: ["Bearer good"]) else {
                throw TestFailure()
            }
            _ = try await authenticator.user(authorization: ["Bearer good"])
            #expect(upstream.requests.count == 3)
        }
    }

    @Test(arguments: [[], [""], ["Basic x"], ["Bearer"], ["good"]]) func `takes no other credential`(
        values: [String]
    ) async throws {
        try await withAuthenticator { _, _ in
            .status(500)
        } _: { authenticator, upstream, _ in
            let user = try await authenticator.user(authorization: values)
            #expect(user == nil)
            #expect(upstream.requests.isEmpty)
        }
    }

    @Test func `refuses two Authorization fields without a question`() async throws {
        try await withAuthenticator { _, _ in
            .status(500)
        } _: { authenticator, upstream, _ in
            await #expect(throws: AuthenticationError.self) {
                try await authenticator.user(authorization: ["Bearer a", "Bearer b"])
            }
            #expect(upstream.requests.isEmpty)
        }
    }

    @Test(arguments: [
        FakeKubeAPIServer.Answer.status(500, body: "etcd"), .json(["status": [:]], status: 403), .json(["x": 1]),
        .status(201, body: "{"), .disconnect, review(["authenticated": true]),
        review(["authenticated": true, "user": ["username": ""]]),
        review(["authenticated": "true", "user": ["username": "a"]]),
    ]) func `no answer, or half of one, is no user`(answer: FakeKubeAPIServer.Answer) async throws {
        try await withAuthenticator { _, _ in
            answer
        } _: { authenticator, _, _ in
            await #expect(throws: AuthenticationError.self) {
                try await authenticator.user(authorization: ["Bearer good"])
            }
        }
    }

    @Test func `an error in a review was remembered as a refusal`() async throws {
        try await withAuthenticator { _, count in
            count == 0
                ? Self.review(["authenticated": false, "error": "no answer from the issuer"])
                : Self.review(["authenticated": true, "user": ["username": "alice"]])
        } _: { authenticator, _, _ in
            let error = await #expect(throws: AuthenticationError.self) {
                try await authenticator.user(authorization: ["Bearer good"])
            }
            #expect(error?.reason == "invalid bearer token: no answer from the issuer")
            #expect(error?.isUnknown == false)
            let user = try await authenticator.user(authorization: ["Bearer good"])
            #expect(user?.name == "alice")
        }
    }

    @Test func `does not remember that there was no answer`() async throws {
        try await withAuthenticator { _, count in
            count == 0 ? .status(500) : Self.review(["authenticated": true, "user": ["username": "alice"]])
        } _: { authenticator, _, _ in
            let error = await #expect(throws: AuthenticationError.self) {
                try await authenticator.user(authorization: ["Bearer good"])
            }
            #expect(error?.reason == "cannot review a bearer token: status 500")
            #expect(error?.isUnknown == true)
            let user = try await authenticator.user(authorization: ["Bearer good"])
            #expect(user?.name == "alice")
        }
    }

    @Test(arguments: [(["ours"], true), (["other", "ours"], true), (["other"], false), ([], false)])
    func `wants a token for one of its audiences`(granted: [String], isTaken: Bool) async throws {
        try await withAuthenticator(audiences: ["ours", "also ours"]) { _, _ in
            Self.review([
                "authenticated": true, "user": ["username": "alice"], "audiences": .array(granted.map { .string($0) }),
            ])
        } _: { authenticator, upstream, _ in
            let user = try? await authenticator.user(authorization: ["Bearer good"])
            #expect((user != nil) == isTaken)
            #expect(upstream.requests[0].json?[path: "spec", "audiences"] == ["ours", "also ours"])
        }
    }
}

@Suite struct SubjectAccessReviewAuthorizerTests {
    private static let path = "/apis/subresources.kubevirt.io/v1/namespaces/ns1/virtualmachines/vm1/addinterface"
    private static let alice = UserInfo(
        name: "alice", uid: "7", groups: ["dev", UserInfo.authenticatedGroup],
        extra: [UserInfo.Extra(key: "k", values: ["v", "w"])])

    private func info(_ path: String = path, _ method: HTTPMethod = .put) throws -> RequestInfo {
        try #require(RequestInfo(method: method, path: path, query: QueryParameters(nil)))
    }

    private static func review(_ status: JSONValue) -> FakeKubeAPIServer.Answer {
        .json(["kind": "SubjectAccessReview", "status": status], status: 201)
    }

    private func withAuthorizer(
        allowed: Duration = .seconds(10), refused: Duration = .seconds(10),
        _ answer: @escaping @Sendable (FakeKubeAPIServer.Request, Int) -> FakeKubeAPIServer.Answer,
        _ body: (SubjectAccessReviewAuthorizer, FakeKubeAPIServer, TestClock) async throws -> Void
    ) async throws {
        try await withReviewer(
            { client, clock in
                SubjectAccessReviewAuthorizer(
                    client, allowedLifetime: allowed, refusedLifetime: refused, now: { clock.now })
            }, answer, body)
    }

    @Test func `asks with the exact attributes of a resource`() async throws {
        try await withAuthorizer { _, _ in
            Self.review(["allowed": true])
        } _: { authorizer, upstream, _ in
            let decision = try await authorizer.authorize(Self.alice, info())
            #expect(decision == .allowed)
            #expect(upstream.lines == ["POST /apis/authorization.k8s.io/v1/subjectaccessreviews"])
            #expect(
                upstream.requests[0].json == [
                    "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                    "spec": [
                        "resourceAttributes": [
                            "namespace": "ns1", "verb": "update", "group": "subresources.kubevirt.io", "version": "v1",
                            "resource": "virtualmachines", "subresource": "addinterface", "name": "vm1",
                        ],
                        "user": "alice", "groups": ["dev", "system:authenticated"], "uid": "7",
                        "extra": ["k": ["v", "w"]],
                    ],
                ])
        }
    }

    @Test func `asks with the path and method of what is no resource`() async throws {
        try await withAuthorizer { _, _ in
            Self.review(["allowed": true])
        } _: { authorizer, upstream, _ in
            _ = try await authorizer.authorize(UserInfo(name: "bob"), info("/metrics", .get))
            #expect(
                upstream.requests[0].json?["spec"] == [
                    "nonResourceAttributes": ["path": "/metrics", "verb": "get"], "user": "bob",
                ])
        }
    }

    @Test(
        arguments: [
            (["allowed": true], .allowed), (["allowed": true, "reason": "RBAC: yes"], .allowed),
            (["allowed": false], .noOpinion), (["allowed": false, "reason": "no rule"], .denied("no rule")),
            (["allowed": true, "denied": true, "reason": "never"], .denied("never")), ([:], .noOpinion),
            (["allowed": "true"], .noOpinion), (["allowed": false, "evaluationError": "x"], .noOpinion),
        ] as [(JSONValue, AuthorizationDecision)]) func `takes nothing but a clear yes for one`(
            status: JSONValue, expected: AuthorizationDecision
        ) async throws
    {
        try await withAuthorizer { _, _ in
            Self.review(status)
        } _: { authorizer, _, _ in
            let decision = try await authorizer.authorize(Self.alice, info())
            #expect(decision == expected)
        }
    }

    @Test(arguments: [true, false]) func `remembers yes and no for ten seconds`(isAllowed: Bool) async throws {
        try await withAuthorizer { _, _ in
            Self.review(["allowed": .bool(isAllowed)])
        } _: { authorizer, upstream, clock in
            #expect(try authorizer.immediately(Self.alice, info()) == nil)
            for _ in 0..<3 { _ = try await authorizer.authorize(Self.alice, info()) }
            clock.advance(.milliseconds(9999))
            let known = try await authorizer.authorize(Self.alice, info())
            #expect(try authorizer.immediately(Self.alice, info()) == known)
            #expect(upstream.requests.count == 1)
            clock.advance(.milliseconds(1))
            #expect(try authorizer.immediately(Self.alice, info()) == nil)
            _ = try await authorizer.authorize(Self.alice, info())
            #expect(upstream.requests.count == 2)
        }
    }

    @Test(arguments: [true, false]) func `remembers a yes and a no for times of their own`(isAllowed: Bool) async throws
    {
        try await withAuthorizer(allowed: .seconds(30), refused: .zero) { _, _ in
            Self.review(["allowed": .bool(isAllowed)])
        } _: { authorizer, upstream, clock in
            for _ in 0..<3 {
                _ = try await authorizer.authorize(Self.alice, info())
                clock.advance(.seconds(12))
            }
            #expect(upstream.requests.count == (isAllowed ? 1 : 3))
        }
    }

    @Test func `another user, verb, object or version is another question`() async throws {
        try await withAuthorizer { _, _ in
            Self.review(["allowed": true])
        } _: { authorizer, upstream, _ in
            var users = [Self.alice, Self.alice, Self.alice, Self.alice]
            users[1].groups = ["dev"]
            users[2].extra = []
            // Canonically equivalent names are two users.
            users[3].name = "e\u{301}"
            users.append(users[3])
            users[4].name = "\u{e9}"
            for user in users { _ = try await authorizer.authorize(user, info()) }
            for path in [
                "namespaces/ns2/virtualmachines/vm1", "namespaces/ns1/virtualmachines/vm2",
                "namespaces/ns1/virtualmachineinstances/vm1",
            ] {
                _ = try await authorizer.authorize(
                    Self.alice, info("/apis/subresources.kubevirt.io/v1/\(path)/addinterface"))
            }
            _ = try await authorizer.authorize(Self.alice, info(Self.path.replacing("/v1/", with: "/v1alpha3/")))
            _ = try await authorizer.authorize(Self.alice, info(Self.path.replacing("/add", with: "/remove")))
            _ = try await authorizer.authorize(Self.alice, info(Self.path, .get))
            #expect(upstream.requests.count == 11)
        }
    }

    @Test func `does not remember what takes much room`() async throws {
        let path = Self.path.replacing("vm1", with: String(repeating: "x", count: 10_000))
        try await withAuthorizer { _, _ in
            Self.review(["allowed": true])
        } _: { authorizer, upstream, _ in
            for _ in 0..<2 { _ = try await authorizer.authorize(Self.alice, info(path)) }
            #expect(upstream.requests.count == 2)
        }
    }

    @Test(arguments: [
        (FakeKubeAPIServer.Answer.status(500, body: "etcd"), "status 500: etcd"),
        (.json(Status.forbidden("not you").json, status: 403), "not you"),
        (.status(201, body: "<html>"), "the answer is no review"),
        (.json(["kind": "SubjectAccessReview"], status: 201), "the answer is no review"),
        (.disconnect, "http://localhost:"),
    ]) func `without a review the answer is 503 with the reason, and it asks again`(
        answer: FakeKubeAPIServer.Answer, reason: String
    ) async throws {
        let isWell = Mutex(false)
        try await withAuthorizer { _, _ in
            isWell.withLock { $0 } ? Self.review(["allowed": true]) : answer
        } _: { authorizer, _, _ in
            let status = await #expect(throws: Status.self) {
                try await authorizer.authorize(Self.alice, info())
            }
            #expect(status?.code == 503 && status?.reason == "ServiceUnavailable")
            #expect(status?.details?.retryAfterSeconds == 1)
            let message = status?.message ?? ""
            #expect(message.hasPrefix("cannot find out whether the request is allowed: \(reason)"), "\(message)")
            isWell.withLock { $0 = true }
            let decision = try await authorizer.authorize(Self.alice, info())
            #expect(decision == .allowed)
        }
    }
}
