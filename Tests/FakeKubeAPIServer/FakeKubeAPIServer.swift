// FakeKubeAPIServer: an upstream for tests, on a free port of 127.0.0.1, that answers what a test says.

import HTTPServer
import HTTPWire
package import KubeModel
import Logging
import Reactor
import Synchronization
package import TLS

/// A kube-apiserver made of a closure.
package final class FakeKubeAPIServer: Sendable {
    package struct Request: Sendable {
        package let method: String
        package let path: String
        /// As it came.
        package let query: String
        /// Names in lower case.
        package let fields: [(name: String, value: String)]
        package let body: [UInt8]
        /// Common name of the client certificate, if there is one that holds.
        package let commonName: String?

        /// All values of a field.
        package func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
        package subscript(_ name: String) -> String? { values(name).first }
        package var json: JSONValue? { try? JSONValue(parsing: body) }
        /// `GET /path?query`.
        package var line: String { "\(method) \(path)" + (query.isEmpty ? "" : "?\(query)") }
        package func hasQuery(_ pair: String) -> Bool { query.split(separator: "&").contains { $0 == pair } }
    }

    package enum Answer: Sendable {
        case status(Int, fields: [(name: String, value: String)] = [], body: String = "")
        case json(JSONValue, status: Int = 200)
        /// Pieces as they come; the answer ends with the stream.
        case stream(AsyncStream<String>)
        /// The connection is reset before any answer.
        case disconnect
    }

    package let port: UInt16
    package let authority: CertificateAuthority?
    private let loop: EventLoop
    private let server: HTTPServer
    private let handler: Handler
    private let isRunning = Atomic(true)

    /// Starts one.
    ///
    /// - Parameters:
    ///   - authority: serves HTTPS by a certificate of this CA for `serverName`; plain HTTP without.
    ///   - answer: gets the request, and how many came before it.
    package init(
        authority: CertificateAuthority? = nil, serverName: String = "DNS:localhost", port: UInt16 = 0,
        answer: @escaping @Sendable (Request, Int) async -> Answer
    ) async throws {
        guard let address = SocketAddress("127.0.0.1", port: port) else { throw SystemError("address", errno: 0) }
        self.authority = authority
        var tls: TLSContextReference?
        if let authority {
            let pair = try authority.issue(
                commonName: "server", alternativeNames: [serverName], usage: .server, days: 1)
            tls = TLSContextReference(
                try TLSContext(certificate: Array(pair.certificate.utf8), key: Array(pair.key.utf8)))
        }
        let pool = try authority.map { try CertificatePool(bundle: Array($0.pair.certificate.utf8)) }
        handler = Handler(pool: pool, answer: answer)
        loop = try EventLoop(name: "upstream")
        server = try await HTTPServer(
            on: address, loops: [loop], handler: handler, tls: tls, calls: handler.calls,
            logger: Logger(label: "upstream") { _ in SwiftLogNoOpLogHandler() })
        self.port = server.address.port
    }

    package var url: String { "\(authority == nil ? "http" : "https")://localhost:\(port)" }

    /// The requests so far, as `GET /path?query`.
    package var lines: [String] { handler.requests.withLock { $0.map(\.line) } }
    package var requests: [Request] { handler.requests.withLock { $0 } }

    /// Connections that were accepted.
    package var connections: Int { handler.connections.load(ordering: .relaxed) }

    package func stop() async {
        guard isRunning.exchange(false, ordering: .relaxed) else { return }
        await server.shutdown(grace: 0)
        await loop.stop()
    }
}

private final class Handler: HTTPHandler {
    let requests = Mutex<[FakeKubeAPIServer.Request]>([])
    private let resets = Mutex(false)
    let connections = Atomic(0)
    private let pool: CertificatePool?
    private let answer: @Sendable (FakeKubeAPIServer.Request, Int) async -> FakeKubeAPIServer.Answer

    init(
        pool: CertificatePool?,
        answer: @escaping @Sendable (FakeKubeAPIServer.Request, Int) async -> FakeKubeAPIServer.Answer
    ) {
        self.pool = pool
        self.answer = answer
    }

    /// ECONNRESET (errno(3)).
    private static let connectionReset = -104

    /// The kernel's, but for a write that is to fail.
    var calls: SystemCalls {
        var calls = SystemCalls.linux
        let write = unsafe calls.write
        unsafe calls.write = { [self] descriptor, buffer in
            let fails = resets.withLock { resets in
                defer { resets = false }
                return resets
            }
            return fails ? Self.connectionReset : unsafe write(descriptor, buffer)
        }
        let accept = calls.accept
        calls.accept = { [self] listener in
            let accepted = accept(listener)
            if accepted.descriptor >= 0 { connections.add(1, ordering: .relaxed) }
            return accepted
        }
        return calls
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let head = request.head
        let body = (try? await request.content()) ?? []
        var commonName: String?
        if let pool, case .verified(let certificate) = request.verifyPeer(against: pool) {
            commonName = certificate.commonName
        }
        let seen = FakeKubeAPIServer.Request(
            method: head.method.rawValue, path: head.path, query: head.query ?? "", fields: head.fields.all,
            body: body, commonName: commonName)
        let count = requests.withLock { requests in
            requests.append(seen)
            return requests.count - 1
        }
        switch await answer(seen, count) {
        case .status(let status, let fields, let body):
            return HTTPResponse(
                head: HTTPResponseHead(status: status, fields: fields), content: .bytes(Array(body.utf8)))
        case .json(let value, let status):
            return HTTPResponse(
                head: HTTPResponseHead(status: status, fields: [("Content-Type", "application/json")]),
                content: .bytes(value.serialized()))
        case .stream(let pieces):
            return HTTPResponse(
                head: HTTPResponseHead(status: 200, fields: [("Content-Type", "application/json")]),
                content: .stream { writer in
                    for await piece in pieces { guard await writer.write(Array(piece.utf8)) else { return } }
                })
        case .disconnect:
            resets.withLock { $0 = true }
            return HTTPResponse(head: HTTPResponseHead(status: 200), content: .bytes([]))
        }
    }

    func response(to error: HTTPWireError) -> HTTPResponse {
        HTTPResponse(head: HTTPResponseHead(status: error.status), content: .bytes(Array(error.message.utf8)))
    }
}

/// Lends an upstream, and ends it afterwards.
package func withUpstream(
    authority: CertificateAuthority? = nil, serverName: String = "DNS:localhost",
    answer: @escaping @Sendable (FakeKubeAPIServer.Request, Int) async -> FakeKubeAPIServer.Answer,
    _ body: (FakeKubeAPIServer) async throws -> Void
) async throws {
    let upstream = try await FakeKubeAPIServer(authority: authority, serverName: serverName, answer: answer)
    do {
        try await body(upstream)
        await upstream.stop()
    } catch {
        await upstream.stop()
        throw error
    }
}
