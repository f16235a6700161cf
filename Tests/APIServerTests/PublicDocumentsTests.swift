import HTTPServer
import HTTPWire
import KubeModel
import Testing

@testable import APIServer

@Suite struct PublicDocumentsTests {
    private let path = "/apis/subresources.kubevirt.io/v1"
    private let document = StaticDocument(["kind": "APIResourceList", "resources": []])

    private var documents: PublicDocuments { PublicDocuments([(path, document)]) }

    private func head(
        _ method: HTTPMethod = .get, path: String? = nil, query: String? = nil,
        fields: KeyValuePairs<String, String> = [:]
    ) -> HTTPRequestHead {
        var head = HTTPRequestHead(method: method, path: path ?? self.path, query: query)
        for (name, value) in fields { head.fields.append(name, value) }
        return head
    }

    private func lines(_ head: HTTPResponseHead) -> [String] {
        var output: [UInt8] = []
        HTTP1Serializer.write(head, framing: .none, date: "now", closes: false, into: &output)
        return String(decoding: output, as: UTF8.self).split(separator: "\r\n").map(String.init).sorted()
    }

    @Test func `the response without a task is the one with it`() throws {
        let entry = try #require(documents.entry(for: head()))
        let slow = ResponseWriting.response(APIAnswer(.document(document)), to: head(), auditID: "id")
        let fast = HTTPResponseHead(status: 200, fields: [("Audit-Id", "id")], prepared: entry.fields)
        #expect(lines(fast) == lines(slow.head))
        guard case .bytes(let bytes) = slow.content else {
            Issue.record("no bytes")
            return
        }
        #expect(bytes == entry.document.bytes)
    }

    @Test func `a GET and a HEAD are told apart for the authorizer`() throws {
        let entry = try #require(documents.entry(for: head()))
        #expect(entry.get == RequestInfo(method: .get, path: path, query: QueryParameters(nil)))
        #expect(entry.head == RequestInfo(method: .head, path: path, query: QueryParameters(nil)))
    }

    @Test func `whatever may change the response goes the long way`() {
        let requests = [
            head(path: "/apis/subresources.kubevirt.io/v2"), head(path: "/apis/subresources.kubevirt.io/v1/"),
            head(path: "/apis/subresources.kubevirt.io/%761"), head(query: "pretty=true"), head(query: ""),
            head(fields: ["If-None-Match": document.entityTag]), head(fields: ["User-Agent": "curl/8.0"]),
        ]
        for request in requests { #expect(documents.entry(for: request) == nil, "\(request)") }
        #expect(
            documents.entry(for: head(fields: ["User-Agent": "kubectl/v1.33.0", "Accept": "application/json"])) != nil)
    }

    @Test(arguments: [(ResponseWriting.gzipThreshold, true), (ResponseWriting.gzipThreshold + 1, false)])
    func `a document that may be compressed goes the long way`(_ bytes: Int, _ isPrepared: Bool) {
        // Quotes and the line feed make three.
        let document = StaticDocument(.string(String(repeating: "a", count: bytes - 3)))
        #expect(document.bytes.count == bytes)
        #expect((PublicDocuments([(path, document)]).entry(for: head()) != nil) == isPrepared)
    }
}

/// Decisions that need no wait, and those that do.
@Suite struct ImmediateAuthorizationTests {
    private struct Fixed: Authorizer {
        let decision: AuthorizationDecision?

        func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision {
            decision ?? .denied("asked")
        }

        func immediately(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision? { decision }
    }

    private func decision(_ decisions: AuthorizationDecision?...) throws -> AuthorizationDecision? {
        let info = try #require(RequestInfo(method: .get, path: "/apis/x/v1", query: QueryParameters(nil)))
        return UnionAuthorizer(decisions.map { Fixed(decision: $0) }).immediately(.anonymous, info)
    }

    @Test func `the first opinion counts, and one that must be asked for stops the search`() throws {
        #expect(try decision(.noOpinion, .allowed) == .allowed)
        #expect(try decision(.denied("no"), .allowed) == .denied("no"))
        #expect(try decision(nil, .allowed) == nil)
        #expect(try decision(.noOpinion, nil) == nil)
        #expect(try decision(.noOpinion) == .noOpinion)
    }

    @Test func `a wrong token is for the long way to answer`() throws {
        let tokens = try TokenFile("secret,jane,1,\"group\"")
        let answer = ImmediateAuthentication { () throws(AuthenticationError) in
            try tokens.user(authorization: ["Bearer wrong"])
        }
        guard case .undecided = answer else {
            Issue.record("\(answer)")
            return
        }
    }
}
