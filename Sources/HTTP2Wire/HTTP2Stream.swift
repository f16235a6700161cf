import HTTPWire

/// One stream of a session: the head as it arrives, and the response as it waits to leave.
final class HTTP2Stream {
    /// The head's fields so far.
    var fields = HTTPFields()
    var method: String?
    var path: [UInt8]?
    var authority: [UInt8]?
    var fieldBytes = 0
    var failure: HTTPWireError?
    var hasRequest = false
    var isRequestComplete = false

    /// Content that the peer has sent and the handler not taken: bytes of the windows that are still closed.
    var unconsumed = 0

    /// Content of the response that waits to leave.
    var output = ByteQueue()
    var isOutputComplete = false
    /// Whether nghttp2 waits for `resume`.
    var isDeferred = false
    var isResponding = false
    /// Whether the last frame of the response has left.
    var hasEnded = false

    /// Set once the response is out and the request still comes: bytes that may, and until when.
    var unwanted: (bytesLeft: Int, deadline: Int64)?

    /// Set while the peer's windows hold the response back.
    var windowWait: TransferWait?

    /// Whether there is something that could leave now: content, or the end of it.
    var hasOutput: Bool { !output.isEmpty || (isOutputComplete && !hasEnded) }

    /// Builds the request's head; throws what to answer instead.
    func head(limits: HTTPLimits) throws(HTTPWireError) -> HTTPRequestHead {
        if let failure { throw failure }
        guard let name = method else { throw HTTPWireError(400, "the request has no method") }
        let method = try HTTPMethod(name: name)
        guard let path else { throw HTTPWireError(400, "the request has no path") }
        let target = try RequestTarget.split(path, method: method)
        if let authority {
            try RequestTarget.checkAuthority(authority)
            if let host = fields["host"], host != String(decoding: authority, as: UTF8.self) {
                throw HTTPWireError(400, "the Host field and :authority differ")
            }
        } else if let host = fields["host"] {
            try RequestTarget.checkAuthority(Array(host.utf8))
        }
        if let expectation = fields["expect"], expectation.lowercased() != "100-continue" {
            throw .unmetExpectation
        }
        // nghttp2 holds the content to a Content-Length, and the length to its grammar.
        let length = fields["content-length"].map { Int($0) ?? Int.max }
        if let length, length > limits.bodyBytesMax {
            throw .bodyTooLarge(limits)
        }
        return HTTPRequestHead(
            method: method, path: target.path, query: target.query, minorVersion: 1, fields: fields,
            framing: isRequestComplete ? .none : .chunked, isPersistent: true,
            expectsContinue: fields.contains("expect") && !isRequestComplete)
    }
}
