import HTTPWire
import KubeModel
import Testing

@testable import APIServer

@Suite struct AuthorizerTests {
    private let authorizer = UnionAuthorizer([PublicPathAuthorizer(), PrivilegedGroupAuthorizer()])
    private let alice = UserInfo(name: "alice", groups: ["dev", UserInfo.authenticatedGroup])

    private func info(_ path: String, _ method: HTTPMethod = .get) throws -> RequestInfo {
        try #require(RequestInfo(method: method, path: path, query: QueryParameters(nil)))
    }

    @Test(arguments: [
        "/", "/healthz", "/healthz/ping", "/livez", "/livez/store", "/readyz", "/readyz/shutdown", "/version", "/api",
        "/api/v1", "/apis", "/apis/", "/apis/subresources.kubevirt.io", "/apis/subresources.kubevirt.io/v1",
        "/openapi/v2",
        "/openapi/v3", "/openapi/v3/apis/subresources.kubevirt.io/v1",
        "/apis/subresources.kubevirt.io/v1/version", "/apis/subresources.kubevirt.io/v1/healthz",
    ]) func `lets anybody read health, version and discovery`(path: String) async throws {
        for method in [HTTPMethod.get, .head] {
            #expect(try await authorizer.authorize(.anonymous, info(path, method)) == .allowed, "\(method) \(path)")
        }
    }

    @Test(arguments: [
        (HTTPMethod.get, "/metrics"), (.get, "/healthzx"), (.get, "/versions"), (.get, "/version/x"),
        (.get, "/openapi"),
        (.get, "/api/v1/namespaces"), (.get, "/api/v1/namespaces/n/pods/x"), (.get, "/logs"), (.post, "/version"),
        (.put, "/healthz"), (.delete, "/apis"),
        (.post, "/apis/kubevirt.io/v1"), (.get, "/apis/kubevirt.io/v1/virtualmachines"),
        (.get, "/apis/kubevirt.io/v1/namespaces/n/virtualmachines/x"),
        (.get, "/apis/kubevirt.io/v1/namespaces/n/version"), (.get, "/apis/kubevirt.io/v1/version/x"),
        (.put, "/apis/subresources.kubevirt.io/v1/version"),
        (.put, "/apis/subresources.kubevirt.io/v1/namespaces/n/virtualmachines/x/addinterface"),
        (.options, "/apis/subresources.kubevirt.io/v1/namespaces/n/virtualmachines/x/addinterface"),
    ]) func `has no opinion on the rest, but for masters`(method: HTTPMethod, path: String) async throws {
        let info = try info(path, method)
        #expect(try await authorizer.authorize(.anonymous, info) == .noOpinion)
        #expect(try await authorizer.authorize(alice, info) == .noOpinion)
        let master = UserInfo(name: "root", groups: ["a", "system:masters"])
        #expect(try await authorizer.authorize(master, info) == .allowed)
    }

    private struct Fixed: Authorizer {
        let decision: AuthorizationDecision
        func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision { decision }
    }

    private struct Broken: Authorizer {
        func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision {
            throw .serviceUnavailable("no answer")
        }
    }

    @Test func `asks one after the other until one has an opinion`() async throws {
        let info = try info("/metrics")
        let denied = Fixed(decision: .denied("because"))
        let silent = Fixed(decision: .noOpinion)
        #expect(try await UnionAuthorizer([silent, denied, Broken()]).authorize(alice, info) == .denied("because"))
        #expect(try await UnionAuthorizer([]).authorize(alice, info) == .noOpinion)
        await #expect(throws: Status.serviceUnavailable("no answer")) {
            // An authorizer that cannot find out is never passed over.
            try await UnionAuthorizer([silent, Broken(), Fixed(decision: .allowed)]).authorize(alice, info)
        }
    }

    struct Row: Sendable {
        var method = HTTPMethod.put
        let path: String
        var user = "alice"
        var reason = ""
        let message: String
    }

    @Test(arguments: [
        Row(
            path: "/apis/subresources.kubevirt.io/v1/namespaces/ns1/virtualmachines/vm1/addinterface",
            message:
                #"virtualmachines.subresources.kubevirt.io "vm1" is forbidden: User "alice" cannot update resource "#
                + #""virtualmachines/addinterface" in API group "subresources.kubevirt.io" in the namespace "ns1""#),
        Row(
            method: .get, path: "/apis/kubevirt.io/v1/virtualmachines", reason: "no rule",
            message: #"virtualmachines.kubevirt.io is forbidden: User "alice" cannot list resource "virtualmachines" "#
                + #"in API group "kubevirt.io" at the cluster scope: no rule"#),
        Row(method: .get, path: "/metrics", message: #"forbidden: User "alice" cannot get path "/metrics""#),
        Row(
            method: .post, path: "/%3Cscript%3E&", user: "<b>&",
            message: #"forbidden: User "&lt;b&gt;&amp;" cannot post path "/&lt;script&gt;&amp;""#),
    ]) func `says what is forbidden in Kubernetes' words`(row: Row) throws {
        let status = Status.forbidden(UserInfo(name: row.user), try info(row.path, row.method), reason: row.reason)
        #expect(status.code == 403)
        #expect(status.reason == "Forbidden")
        #expect(status.message == row.message)
    }

    @Test func `names the forbidden object in the details`() throws {
        let status = Status.forbidden(
            alice, try info("/apis/g/v/namespaces/n/things/x/status", .put), reason: "")
        #expect(status.details == Status.Details(name: "x", group: "g", kind: "things"))
    }
}

@Suite struct TokenFileTests {
    /// Line ends of Windows too, which are one Character each.
    @Test func `takes a token, a user, a uid and groups from each line`() throws {
        let file = try TokenFile(
            """
            # a comment
            secret-1,alice,uid-1,"dev,ops"\r

            secret-2,bob,
            "secret,3",carol,7,admin
            """)
        #expect(
            try file.user(authorization: ["Bearer secret-1"])
                == UserInfo(name: "alice", uid: "uid-1", groups: ["dev", "ops"]))
        #expect(try file.user(authorization: ["bearer   secret-2"]) == UserInfo(name: "bob"))
        #expect(
            try file.user(authorization: ["BEARER secret,3"]) == UserInfo(name: "carol", uid: "7", groups: ["admin"]))
    }

    @Test(arguments: [[], [""], ["Basic secret-1"], ["Bearer"], ["secret-1"]]) func `takes no other credential`(
        values: [String]
    ) throws {
        #expect(try TokenFile("secret-1,alice,1").user(authorization: values) == nil)
    }

    @Test func `the first of two Authorization fields was taken`() throws {
        let file = try TokenFile("secret-1,alice,1\nsecret-2,bob,2")
        #expect(throws: AuthenticationError.self) {
            try file.user(authorization: ["Bearer secret-1", "Bearer secret-2"])
        }
    }

    @Test(arguments: ["Bearer secret-2", "Bearer SECRET-1", "Bearer secret-1,alice"]) func `refuses a wrong token`(
        header: String
    ) throws {
        let file = try TokenFile("secret-1,alice,1")
        #expect(throws: AuthenticationError.self) { try file.user(authorization: [header]) }
    }

    @Test(arguments: [
        ("a,b", 1), ("a,b,c\n,b,c", 2), ("a,b,c\n\n#x\na,,c", 4), ("token", 1), ("\"a,b,c", 1),
    ]) func `names the line that is no token`(text: String, line: Int) {
        #expect {
            try TokenFile(text)
        } throws: { error in
            let error = error as? TokenFile.LineError
            return error?.line == line && error?.description.hasPrefix("line \(line): want token,user,uid") == true
        }
    }
}
