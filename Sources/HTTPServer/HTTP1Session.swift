import HTTPWire
import Reactor

/// The HTTP/1.1 side of a connection: one request at a time, in the order in which they came (RFC 9112 §9.3).
final class HTTP1Session: HTTPSession {
    private final class Exchange {
        let head: HTTPRequestHead
        let body: RequestBody
        var decoder: HTTP1BodyDecoder
        var task: Task<Void, Never>?
        var hasResponded = false
        /// Of a response that is streamed.
        var writer: ResponseWriter?
        let started: Int64
        /// Begins anew when the handler asks: before, the client may have been kept from sending.
        var bodyWait: TransferWait

        init(head: HTTPRequestHead, configuration: ServerConfiguration, started: Int64) {
            self.head = head
            self.started = started
            bodyWait = TransferWait(began: started)
            decoder = HTTP1BodyDecoder(framing: head.framing, limits: configuration.http)
            var expectedBytes: Int?
            if case .length(let length) = head.framing { expectedBytes = length }
            body = RequestBody(
                isComplete: head.framing == .none, expectedBytes: expectedBytes, configuration: configuration)
        }
    }

    private unowned let connection: Connection
    private var configuration: ServerConfiguration { connection.context.configuration }
    private var parser: HTTP1RequestParser
    /// Plaintext that came and is not used yet; starts at `inboundStart`.
    private var inbound: [UInt8] = []
    private var inboundStart = 0
    private var exchange: Exchange?
    private var isProcessing = false
    /// Responses of this turn, sent in one go.
    private var outbound: [UInt8] = []
    private var headStarted: Int64?
    private var idleSince: Int64
    /// Whether no more bytes will come: what has come is still served.
    private var hasPeerClosed = false

    init(connection: Connection) {
        self.connection = connection
        parser = HTTP1RequestParser(limits: connection.context.configuration.http)
        idleSince = connection.context.selector.now
    }

    private var now: Int64 { connection.context.selector.now }

    func drain() {
        if exchange == nil, headStarted == nil { connection.linger() }
        exchange?.writer?.end()
    }

    var wantsToRead: Bool {
        if let exchange, !exchange.body.isComplete { return exchange.body.wantsContent }
        return inbound.count - inboundStart < configuration.inboundBytesMax
    }

    // MARK: Reading

    func receive(_ plaintext: [UInt8], on loop: isolated EventLoop) {
        if inbound.isEmpty { inbound = plaintext } else { inbound.append(contentsOf: plaintext) }
        process(on: loop)
    }

    private func process(on loop: isolated EventLoop) {
        guard !isProcessing else { return }
        isProcessing = true
        while serveNext(on: loop) {}
        isProcessing = false
        sendOutbound()
        compact()
        if hasPeerClosed, exchange == nil, connection.backlog < configuration.outboundBytesMax { connection.linger() }
        connection.settle()
    }

    /// Takes one step; answers whether there may be another.
    private func serveNext(on loop: isolated EventLoop) -> Bool {
        guard connection.canSend else { return false }
        if let exchange {
            feed(exchange)
            return self.exchange !== exchange
        }
        guard inboundStart < inbound.count else { return false }
        // Responses that fill a turn are sent first; those that the peer does not take hold back the next request.
        if outbound.count >= configuration.outboundBytesMax { sendOutbound() }
        return connection.backlog < configuration.outboundBytesMax && parseHead(on: loop)
    }

    /// Reads one head and starts its request; answers false when more bytes are needed, or none will be used.
    private func parseHead(on loop: isolated EventLoop) -> Bool {
        do throws(HTTPWireError) {
            switch try parser.parse(inbound, from: inboundStart) {
            case .incomplete:
                if headStarted == nil { headStarted = now }
                return false
            case .head(let head, let length):
                inboundStart += length
                headStarted = nil
                start(head, on: loop)
                return true
            }
        } catch {
            refuse(error)
            return false
        }
    }

    private func start(_ head: HTTPRequestHead, on loop: isolated EventLoop) {
        // The task keeps the connection: it may be closed and forgotten while the handler runs.
        let connection = connection
        if head.framing == .none, respondImmediately(to: head) { return }
        let exchange = Exchange(head: head, configuration: configuration, started: now)
        let body = exchange.body
        self.exchange = exchange
        feed(exchange)
        if head.framing != .none {
            body.onDemand = { [unowned self] _ in
                if let exchange = self.exchange {
                    exchange.bodyWait = TransferWait(began: now)
                    feed(exchange)
                }
                self.connection.settle()
            }
            if head.expectsContinue {
                body.onAwait = { [unowned connection, unowned body] in
                    // A client that already sends does not wait (RFC 9110 §10.1.1).
                    if body.receivedBytes == 0 { connection.send(HTTP1Serializer.continueResponse) }
                }
            }
        }
        let request = HTTPRequest(head: head, body: body, connection: connection)
        exchange.task = Task.immediate {
            await loop.staying {
                _ = loop
                let response = await connection.context.handler.respond(to: request)
                await self.finish(exchange, with: response)
                self.process(on: loop)
            }
        }
    }

    /// Answers without a task what needs none; answers whether it did.
    private func respondImmediately(to head: HTTPRequestHead) -> Bool {
        let request = HTTPRequest(head: head, body: nil, connection: connection)
        guard let response = connection.context.handler.immediateResponse(to: request),
            case .bytes(let content) = response.content
        else { return false }
        let closes = !head.isPersistent || connection.context.isDraining
        write(response.head, content, to: head, closes: closes)
        idleSince = now
        if closes {
            sendOutbound()
            connection.linger()
        }
        return true
    }

    private func feed(_ exchange: Exchange) {
        guard exchange.body.wantsContent, inboundStart < inbound.count else { return }
        var content: [UInt8] = []
        do throws(HTTPWireError) {
            let end = try exchange.decoder.decode(inbound, inboundStart..<inbound.count, into: &content)
            exchange.body.receive(content, bytes: end - inboundStart)
            exchange.bodyWait.moved(end - inboundStart, at: now)
            inboundStart = end
            if exchange.decoder.isDone { exchange.body.complete() }
        } catch {
            exchange.body.fail(error)
        }
    }

    private func compact() {
        if inboundStart == inbound.count {
            inbound = []
            inboundStart = 0
        } else if inboundStart > configuration.inboundBytesMax {
            inbound.removeFirst(inboundStart)
            inboundStart = 0
        }
    }

    // MARK: Answering

    private func finish(_ exchange: Exchange, with response: HTTPResponse) async {
        guard self.exchange === exchange, !exchange.hasResponded else { return }
        // A client that waits for 100 must not be made to wait for a response that is ready.
        let skipsBody = exchange.head.expectsContinue && exchange.body.receivedBytes == 0
        let isDrained = skipsBody ? exchange.body.isComplete : await exchange.body.discard()
        guard self.exchange === exchange, !exchange.hasResponded else { return }
        exchange.hasResponded = true
        if let failure = exchange.body.failure {
            // Broken framing: whatever follows can't be trusted, nor was the request what it seemed.
            self.exchange = nil
            return refuse(failure)
        }
        let closes = !exchange.head.isPersistent || !isDrained || connection.context.isDraining
        await write(response, for: exchange, closes: closes)
        guard self.exchange === exchange else { return }
        self.exchange = nil
        idleSince = now
        // Also when the server began to end while the response was streamed.
        if closes || connection.context.isDraining {
            sendOutbound()
            connection.linger()
        }
    }

    private func write(_ head: HTTPResponseHead, _ content: [UInt8], to request: HTTPRequestHead, closes: Bool) {
        let hasNoContent = head.status == 204 || head.status == 304
        outbound.reserveCapacity(outbound.count + content.count + 1024)
        HTTP1Serializer.write(
            head, framing: hasNoContent ? .none : .length(content.count), date: connection.context.date,
            closes: closes, keepsAlive: request.minorVersion == 0, into: &outbound)
        if request.method != .head, !hasNoContent { outbound.append(contentsOf: content) }
    }

    private func write(_ response: HTTPResponse, for exchange: Exchange, closes: Bool) async {
        switch response.content {
        case .bytes(let content):
            write(response.head, content, to: exchange.head, closes: closes)
            if !isProcessing { sendOutbound() }
        case .stream(let produce):
            let isChunked = exchange.head.minorVersion > 0
            let writer = ResponseWriter(sink: HTTP1ContentSink(connection: connection, isChunked: isChunked))
            exchange.writer = writer
            HTTP1Serializer.write(
                response.head, framing: isChunked ? .chunked : .none, date: connection.context.date,
                closes: closes || !isChunked, into: &outbound)
            sendOutbound()
            if exchange.head.method != .head {
                await produce(writer)
                if isChunked { connection.send(HTTP1Serializer.lastChunk) }
            }
            if !isChunked { connection.linger() }
        }
    }

    private func sendOutbound() {
        guard !outbound.isEmpty else { return }
        let bytes = outbound
        outbound = []
        connection.send(bytes)
    }

    func outputDrained(on loop: isolated EventLoop) {
        process(on: loop)
    }

    /// Answers a message that is no request, and ends the connection.
    private func refuse(_ error: HTTPWireError) {
        let response = connection.context.handler.response(to: error)
        var content: [UInt8] = []
        if case .bytes(let bytes) = response.content { content = bytes }
        HTTP1Serializer.write(
            response.head, framing: .length(content.count), date: connection.context.date, closes: true,
            into: &outbound)
        outbound.append(contentsOf: content)
        sendOutbound()
        connection.linger()
    }

    // MARK: Ends and deadlines

    /// Complete requests still get their responses; one that is cut short does not.
    func peerClosed(on loop: isolated EventLoop) {
        hasPeerClosed = true
        if let exchange, !exchange.body.isComplete || exchange.writer != nil { return connection.close() }
        process(on: loop)
    }

    func cancel() {
        exchange?.body.fail(HTTPWireError(400, "the connection ended inside the content"))
        exchange?.task?.cancel()
        exchange?.writer?.end()
        exchange = nil
    }

    var deadline: Int64? {
        guard let exchange else {
            return headStarted.map { $0 + configuration.headTimeout } ?? idleSince + configuration.idleTimeout
        }
        if exchange.writer != nil { return nil }
        let requestDeadline = exchange.started + configuration.requestTimeout
        return exchange.body.isAwaited ? min(bodyDeadline(exchange), requestDeadline) : requestDeadline
    }

    private func bodyDeadline(_ exchange: Exchange) -> Int64 {
        configuration.bodyPace.deadline(of: exchange.bodyWait)
    }

    func deadlinePassed(now: Int64) {
        guard let deadline, deadline <= now else { return }
        guard let exchange else {
            if headStarted != nil {
                refuse(HTTPWireError(408, "the header fields took longer than \(configuration.headTimeout / 1000) s"))
            } else {
                connection.linger()
            }
            return
        }
        if exchange.body.isAwaited, bodyDeadline(exchange) <= now {
            exchange.body.fail(HTTPWireError(408, "the content came too slowly"))
        } else {
            exchange.hasResponded = true
            refuse(.requestTimeout)
        }
    }
}

/// The content of a streamed response on HTTP/1.1.
private final class HTTP1ContentSink: ResponseSink {
    private let connection: Connection
    private let isChunked: Bool

    init(connection: Connection, isChunked: Bool) {
        self.connection = connection
        self.isChunked = isChunked
    }

    var canSend: Bool { connection.canSend }
    var context: LoopContext { connection.context }

    func abort() { connection.close() }

    func sendContent(_ content: [UInt8]) {
        guard isChunked else { return connection.send(content) }
        var chunk: [UInt8] = []
        chunk.reserveCapacity(content.count + 16)
        HTTP1Serializer.writeChunk(content, into: &chunk)
        connection.send(chunk)
    }

    func waitUntilWritable() async -> Bool {
        await connection.waitUntilWritable()
    }
}
