package import HTTPWire
package import Reactor
package import TLS

/// What answers requests.
///
/// Called on the loop of the connection; must not block.
package protocol HTTPHandler: Sendable {
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// The whole response, where it takes neither a wait nor the request's content; else `nil`, and `respond` is asked.
    ///
    /// Called for requests without content. Saves the task, which is a tenth of what a small response costs.
    func immediateResponse(to request: HTTPRequest) -> HTTPResponse?

    /// The answer to a message that never became a request.
    func response(to error: HTTPWireError) -> HTTPResponse
}

extension HTTPHandler {
    package func immediateResponse(to request: HTTPRequest) -> HTTPResponse? { nil }
}

/// One request.
///
/// Stays on its connection's loop.
package final class HTTPRequest {
    package let head: HTTPRequestHead
    private let body: RequestBody?
    private let connection: Connection

    init(head: HTTPRequestHead, body: RequestBody?, connection: Connection) {
        self.head = head
        self.body = body
        self.connection = connection
    }

    /// Where the connection comes from.
    package var peerAddress: SocketAddress? { connection.peerAddress }

    /// The client certificate, verified now against `pool`; what it says is kept for the connection's next request.
    package func verifyPeer(against pool: CertificatePool) -> PeerVerification {
        connection.verifyPeer(against: pool)
    }

    /// All of the content; empty when there is none.
    ///
    /// Sends 100 first to a client that waits for it.
    ///
    /// Throws what was wrong with it: 400, 408, 413.
    package func content() async throws(HTTPWireError) -> [UInt8] {
        try await body?.collect() ?? []
    }
}

/// What a handler answers.
package struct HTTPResponse {
    package enum Content {
        case bytes([UInt8])
        /// Written piece by piece, for as long as the closure runs.
        ///
        /// `ResponseWriter.onEnd` tells when the peer has gone, and when the server wants to end.
        case stream((ResponseWriter) async -> Void)
    }

    package var head: HTTPResponseHead
    package var content: Content

    package init(head: HTTPResponseHead, content: Content) {
        self.head = head
        self.content = content
    }
}

/// Where a streamed response goes.
///
/// Stays on its connection's loop.
package final class ResponseWriter {
    private let sink: any ResponseSink
    /// Called once, on the loop, when nobody waits for more or the server wants to end: to wake what waits.
    package var onEnd: (() -> Void)?

    init(sink: any ResponseSink) {
        self.sink = sink
    }

    /// Whether the peer has gone.
    package var isClosed: Bool { !sink.canSend }

    func end() {
        let body = onEnd
        onEnd = nil
        body?()
    }

    /// Breaks the response off, so that the peer does not take what it has got for all of it.
    package func abort() { sink.abort() }

    /// Whether the server is about to end: nothing that takes long should begin.
    package var isDraining: Bool { sink.context.isDraining }

    /// Calls `body` on the loop once so many milliseconds have passed, unless it is cancelled before.
    package func alarm(milliseconds: Int64, _ body: @escaping () -> Void) -> Alarm {
        Alarm(sink.context.selector, at: sink.context.selector.now + milliseconds, body)
    }

    /// Sends a piece; waits while the peer is slow.
    ///
    /// Answers false when the peer has gone.
    package func write(_ content: [UInt8]) async -> Bool {
        guard sink.canSend else { return false }
        // An empty chunk would be the last one.
        if !content.isEmpty { sink.sendContent(content) }
        return await sink.waitUntilWritable()
    }
}
