import Foundation
import HTTPServer
import HTTPWire
import Logging
import Reactor
import Synchronization
import TLS
import Testing

/// A handler made of a closure.
struct TestHandler: HTTPHandler {
    let answer: @Sendable (HTTPRequest) async -> HTTPResponse
    var immediate: @Sendable (HTTPRequest) -> HTTPResponse? = { _ in nil }

    init(_ answer: @escaping @Sendable (HTTPRequest) async -> HTTPResponse) {
        self.answer = answer
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse { await answer(request) }

    func immediateResponse(to request: HTTPRequest) -> HTTPResponse? { immediate(request) }

    func response(to error: HTTPWireError) -> HTTPResponse { Self.refusal(error) }

    static func refusal(_ error: HTTPWireError) -> HTTPResponse {
        HTTPResponse(
            head: HTTPResponseHead(
                status: error.status, fields: [("Content-Type", "text/plain"), ("X-By", "handler")]),
            content: .bytes(Array("\(error.status): \(error.message)".utf8)))
    }

    /// Answers with the target and the content.
    static let echo = TestHandler { request in
        let content: [UInt8]
        do throws(HTTPWireError) {
            content = try await request.content()
        } catch {
            return refusal(error)
        }
        return .text(request.target + " " + String(decoding: content, as: UTF8.self))
    }

    /// Answers with the target and the content, as `http1_run.py` reads them.
    static let mirror = TestHandler { request in
        let content: [UInt8]
        do throws(HTTPWireError) {
            content = try await request.content()
        } catch {
            return refusal(error)
        }
        let object = ["uri": request.target, "body": Data(content).base64EncodedString()]
        let json = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
        return .bytes(Array(json))
    }
}

extension HTTPRequest {
    var target: String { head.path + (head.query.map { "?" + $0 } ?? "") }
}

extension HTTPResponse {
    static func bytes(_ content: [UInt8], status: Int = 200) -> HTTPResponse {
        HTTPResponse(head: HTTPResponseHead(status: status), content: .bytes(content))
    }

    static func text(_ text: String, status: Int = 200) -> HTTPResponse { bytes(Array(text.utf8), status: status) }
}

/// A server on a free port of 127.0.0.1, with a loop of its own.
struct TestServer: Sendable {
    let loop: EventLoop
    let server: HTTPServer
    let tls: TestTLS?

    var port: UInt16 { server.address.port }

    func connect() async throws -> Client { try await Client(port: port, tls: tls?.client) }
}

/// Lends a server, and ends it afterwards.
func withServer(
    _ handler: TestHandler = .echo, tls: TestTLS? = nil, calls: SystemCalls = .linux,
    configure: (inout ServerConfiguration) -> Void = { _ in }, _ body: (TestServer) async throws -> Void
) async throws {
    var configuration = ServerConfiguration()
    configuration.lingerTimeout = 300
    configure(&configuration)
    guard let address = SocketAddress("127.0.0.1", port: 0) else { throw ClientError.wrongAddress }
    let loop = try EventLoop(name: "test")
    let server = try await HTTPServer(
        on: address, loops: [loop], handler: handler, tls: tls.map { TLSContextReference($0.server) },
        configuration: configuration, calls: calls, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    do {
        try await body(TestServer(loop: loop, server: server, tls: tls))
        await server.shutdown(grace: 0)
        await loop.stop()
    } catch {
        await server.shutdown(grace: 0)
        await loop.stop()
        throw error
    }
}

/// A server's and a client's context of one CA.
struct TestTLS: Sendable, CustomTestStringConvertible {
    let server: TLSContext
    let client: TLSContext
    /// The CA, PEM.
    let bundle: [UInt8]

    var testDescription: String { "TLS" }

    static let shared: TestTLS? = try? TestTLS()

    init() throws {
        let authority = try CertificateAuthority(commonName: "test", days: 1)
        let bundle = Array(authority.pair.certificate.utf8)
        let serving = try authority.issue(
            commonName: "localhost", alternativeNames: ["DNS:localhost"], usage: .server, days: 1)
        let user = try authority.issue(commonName: "alice", organizations: ["a", "b"], usage: .client, days: 1)
        server = try TLSContext(certificate: Array(serving.certificate.utf8), key: Array(serving.key.utf8))
        client = try TLSContext(
            trusting: bundle, certificate: Array(user.certificate.utf8), key: Array(user.key.utf8))
        self.bundle = bundle
    }
}

/// Opens once; whoever waits goes on.
final class Latch: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    }

    func open() { continuation.finish() }

    /// Goes on when it opens, or when the task is cancelled.
    func wait() async { for await _ in stream {} }
}

/// Targets in the order in which they were served; from any thread.
final class Targets: Sendable {
    private let targets = Mutex<[String]>([])
    var all: [String] { targets.withLock { $0 } }
    func append(_ target: String) { targets.withLock { $0.append(target) } }
}
