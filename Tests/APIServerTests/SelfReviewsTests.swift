import HTTPWire
import KubeModel
import Testing

@testable import APIServer

@Suite struct SelfReviewsTests {
    private static let authorizer = UnionAuthorizer([
        PublicPathAuthorizer(), SelfReviewAuthorizer(), PrivilegedGroupAuthorizer(),
    ])
    private static let alice = UserInfo(
        name: "alice", uid: "7", groups: ["dev", "system:authenticated"],
        extra: [UserInfo.Extra(key: "k", values: ["v"])])
    private static let root = UserInfo(name: "root", groups: ["system:masters"])

    private struct Broken: Authorizer {
        func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision {
            throw .serviceUnavailable("no answer")
        }
    }

    private func ask(
        _ plural: String, _ spec: JSONValue, as user: UserInfo = alice, by authorizer: any Authorizer = authorizer,
        version: String = "v1"
    ) async throws -> JSONValue {
        let group = plural == "selfsubjectreviews" ? "authentication.k8s.io" : "authorization.k8s.io"
        let path = "/apis/\(group)/\(version)/\(plural)"
        let info = try #require(RequestInfo(method: .post, path: path, query: QueryParameters(nil)))
        let resource = try #require(SelfReviews.resource(for: info))
        let request = APIRequest(
            info: info, query: QueryParameters(nil), user: user, body: (["spec": spec] as JSONValue).serialized(),
            contentType: "application/json", userAgent: "")
        let answer = try await SelfReviews(authorizer: authorizer).answer(request, resource)
        #expect(answer.status == 201)
        guard case .json(let bytes) = answer.content else { throw Status.pathNotFound }
        let review = try JSONValue(parsing: bytes)
        #expect(review["apiVersion"]?.string == "\(group)/\(version)")
        #expect(review["kind"]?.string == resource.kind)
        return review
    }

    @Test(
        arguments: [
            (["verb": "create", "group": "authorization.k8s.io", "resource": "selfsubjectaccessreviews"], true),
            (["verb": "get", "resource": "pods", "namespace": "default"], false),
            (["verb": "*", "group": "*", "resource": "*"], false),
        ] as [(JSONValue, Bool)]) func `asks whether one may touch a resource`(attributes: JSONValue, allowed: Bool)
        async throws
    {
        let review = try await ask("selfsubjectaccessreviews", ["resourceAttributes": attributes])
        #expect(review["status"] == ["allowed": .bool(allowed)])
        #expect(review[path: "spec", "resourceAttributes"] == attributes)
        let master = try await ask("selfsubjectaccessreviews", ["resourceAttributes": attributes], as: Self.root)
        #expect(master[path: "status", "allowed"] == true)
    }

    @Test(arguments: [("/healthz", true), ("/apis/kubevirt.io/v1", true), ("/metrics", false)])
    func `asks whether one may read a path`(path: String, allowed: Bool) async throws {
        let review = try await ask(
            "selfsubjectaccessreviews", ["nonResourceAttributes": ["verb": "get", "path": .string(path)]])
        #expect(review[path: "status", "allowed"] == .bool(allowed))
    }

    @Test(
        arguments: [
            [:], ["resourceAttributes": [:], "nonResourceAttributes": [:]], ["resourceAttributes": .null],
        ] as [JSONValue]) func `must ask for one thing`(spec: JSONValue) async throws
    {
        let status = await #expect(throws: Status.self) { try await ask("selfsubjectaccessreviews", spec) }
        #expect(status?.code == 422)
        #expect(status?.details?.causes.count == 1)
    }

    @Test func `is told why there is no answer, which is never a yes`() async throws {
        let review = try await ask(
            "selfsubjectaccessreviews", ["resourceAttributes": ["verb": "get"]], by: Broken())
        #expect(review["status"] == ["allowed": false, "evaluationError": "no answer"])
        let rules = try await ask("selfsubjectrulesreviews", ["namespace": "default"], by: Broken())
        #expect(rules[path: "status", "incomplete"] == true)
    }

    @Test func `lists the rules of those who decide`() async throws {
        let rules = try await ask("selfsubjectrulesreviews", ["namespace": "default"])["status"]
        #expect(rules?["incomplete"] == false)
        #expect(
            rules?["resourceRules"]?.array?.map { $0["resources"] } == [
                ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["selfsubjectreviews"],
            ])
        #expect(rules?["nonResourceRules"]?.array?.count == 1)
        let master = try await ask("selfsubjectrulesreviews", ["namespace": "default"], as: Self.root)["status"]
        #expect(
            master?["resourceRules"]?.array?.last == ["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]])
        #expect(master?["nonResourceRules"]?.array?.last == ["verbs": ["*"], "nonResourceURLs": ["*"]])
    }

    @Test(arguments: ["v1", "v1beta1"]) func `tells who asks`(version: String) async throws {
        let review = try await ask("selfsubjectreviews", .null, version: version)
        #expect(
            review["status"] == [
                "userInfo": [
                    "username": "alice", "uid": "7", "groups": ["dev", "system:authenticated"], "extra": ["k": ["v"]],
                ]
            ])
    }

    @Test func `nobody in particular may not ask`() async throws {
        let info = try #require(
            RequestInfo(
                method: .post, path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                query: QueryParameters(nil)))
        #expect(try await Self.authorizer.authorize(.anonymous, info) == .noOpinion)
        #expect(try await Self.authorizer.authorize(Self.alice, info) == .allowed)
    }

    @Test(arguments: [
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x",
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        "/apis/authorization.k8s.io/v1beta1/selfsubjectaccessreviews",
        "/apis/authorization.k8s.io/v1/namespaces/n/selfsubjectaccessreviews",
    ]) func `is at its own URL and nowhere else`(path: String) throws {
        let info = try #require(RequestInfo(method: .post, path: path, query: QueryParameters(nil)))
        #expect(SelfReviews.resource(for: info) == nil)
    }
}
