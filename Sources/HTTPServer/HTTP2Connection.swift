import HTTP2Wire
import HTTPWire
import Reactor

/// The HTTP/2 side of a connection: many requests at once, each a stream with its own task.
final class HTTP2Connection: HTTPSession {
    private final class Exchange {
        let id: Int32
        let head: HTTPRequestHead
        let body: RequestBody
        var task: Task<Void, Never>?
        var hasResponded = false
        /// Of a response that is streamed.
        var writer: ResponseWriter?
        let started: Int64
        /// Begins anew when the handler asks: before, the client may have been kept from sending.
        var bodyWait: TransferWait
        var writeWaiter: CheckedContinuation<Void, Never>?
        var hasRoom = true
        var isClosed = false

        init(id: Int32, head: HTTPRequestHead, body: RequestBody, started: Int64) {
            self.id = id
            self.head = head
            self.body = body
            self.started = started
            bodyWait = TransferWait(began: started)
        }

        func wakeWriter() {
            writeWaiter?.resume()
            writeWaiter = nil
        }
    }

    private unowned let connection: Connection
    private let session: HTTP2Session
    private let limits: HTTP2Limits
    private var exchanges: [Int32: Exchange] = [:]
    /// Handlers that run, those of closed streams included.
    private var running = 0
    private var isPumping = false
    private var isReceiving = false
    private var isGoingAway = false
    private var shutdownAnnounced: Int64?
    private var idleSince: Int64
    private var configuration: ServerConfiguration { connection.context.configuration }
    private var now: Int64 { connection.context.selector.now }

    /// `nil` when there is no memory.
    init?(connection: Connection) {
        let context = connection.context
        guard
            let session = HTTP2Session(
                limits: context.configuration.http2, httpLimits: context.configuration.http, now: context.selector.now)
        else { return nil }
        self.connection = connection
        self.session = session
        limits = context.configuration.http2
        idleSince = context.selector.now
    }

    // MARK: Reading

    /// While much waits for the socket, nothing more is read (CVE-2019-9517).
    var wantsToRead: Bool { connection.backlog < configuration.outboundBytesMax }

    func receive(_ plaintext: [UInt8], on loop: isolated EventLoop) {
        isReceiving = true
        for event in session.receive(plaintext, at: now) { handle(event, on: loop) }
        isReceiving = false
        pump()
    }

    private func handle(_ event: HTTP2Session.Event, on loop: isolated EventLoop) {
        switch event {
        case .request(let id, let head): start(id, head, on: loop)
        case .malformed(let id, let error): refuse(id, error)
        case .content(let id, let content):
            guard let exchange = exchanges[id] else { return session.consume(stream: id, content.count) }
            exchange.bodyWait.moved(content.count, at: now)
            let free = exchange.body.receive(content, bytes: content.count)
            session.consume(stream: id, free)
        case .endOfContent(let id): exchanges[id]?.body.complete()
        case .writable(let id):
            exchanges[id]?.hasRoom = true
            exchanges[id]?.wakeWriter()
        case .closed(let id): close(id)
        }
    }

    private func start(_ id: Int32, _ head: HTTPRequestHead, on loop: isolated EventLoop) {
        // Streams that the peer has reset count for as long as their handlers run (CVE-2023-44487).
        guard running < limits.concurrentStreamsMax else { return session.reset(stream: id, refused: true) }
        if head.framing == .none, respondImmediately(to: id, head) { return }
        let connection = connection
        let body = RequestBody(
            isComplete: head.framing == .none, expectedBytes: head.fields["content-length"].flatMap { Int($0) },
            configuration: configuration)
        let exchange = Exchange(id: id, head: head, body: body, started: now)
        exchanges[id] = exchange
        body.onDemand = { [unowned self] held in
            exchanges[id]?.bodyWait = TransferWait(began: now)
            session.consume(stream: id, held)
            pump()
        }
        if head.expectsContinue {
            body.onAwait = { [unowned self, unowned body] in
                if body.receivedBytes == 0 { session.sendContinue(stream: id) }
            }
        }
        running += 1
        let request = HTTPRequest(head: head, body: body, connection: connection)
        exchange.task = Task.immediate {
            await loop.staying {
                _ = loop
                let response = await connection.context.handler.respond(to: request)
                await self.finish(exchange, with: response)
                self.running -= 1
                self.pump()
                connection.settle()
            }
        }
    }

    /// Answers without a task what needs none; answers whether it did.
    private func respondImmediately(to id: Int32, _ head: HTTPRequestHead) -> Bool {
        let request = HTTPRequest(head: head, body: nil, connection: connection)
        guard let response = connection.context.handler.immediateResponse(to: request),
            case .bytes(let content) = response.content
        else { return false }
        session.respond(stream: id, response.head, date: connection.context.date, content: content)
        idleSince = now
        return true
    }

    private func close(_ id: Int32) {
        guard let exchange = exchanges.removeValue(forKey: id) else { return }
        exchange.isClosed = true
        exchange.body.fail(HTTPWireError(400, "the stream ended inside the content"))
        exchange.task?.cancel()
        exchange.writer?.end()
        exchange.wakeWriter()
        idleSince = now
    }

    // MARK: Answering

    private func finish(_ exchange: Exchange, with response: HTTPResponse) async {
        guard !exchange.isClosed, !exchange.hasResponded else { return }
        // As on HTTP/1.1: what follows the head may show that the request was not what it seemed.
        if !exchange.head.expectsContinue || exchange.body.receivedBytes > 0 { _ = await exchange.body.discard() }
        guard !exchange.isClosed, !exchange.hasResponded else { return }
        if let failure = exchange.body.failure { return refuse(exchange.id, failure) }
        exchange.hasResponded = true
        switch response.content {
        case .bytes(let content):
            session.respond(stream: exchange.id, response.head, date: connection.context.date, content: content)
        case .stream(let produce):
            let writer = ResponseWriter(sink: HTTP2ContentSink(connection: self, stream: exchange.id))
            exchange.writer = writer
            session.respond(stream: exchange.id, response.head, date: connection.context.date, content: nil)
            pump()
            guard exchange.head.method != .head else { return }
            await produce(writer)
            session.finish(stream: exchange.id)
        }
    }

    private func refuse(_ id: Int32, _ error: HTTPWireError) {
        exchanges[id]?.hasResponded = true
        let response = connection.context.handler.response(to: error)
        var content: [UInt8] = []
        if case .bytes(let bytes) = response.content { content = bytes }
        session.respond(stream: id, response.head, date: connection.context.date, content: content)
    }

    /// Sends what the session has, as far as the socket takes it.
    private func pump() {
        guard !isPumping, !isReceiving else { return }
        isPumping = true
        defer { isPumping = false }
        while connection.canSend, connection.backlog < configuration.outboundBytesMax {
            var output: [UInt8] = []
            // One TLS record's worth at a time would cost a system call each; four go well together.
            let events = session.takeOutput(into: &output, limit: 64 * 1024, at: now)
            if !output.isEmpty { connection.send(output) }
            for event in events { handleOutgoing(event) }
            if output.isEmpty { break }
        }
        if connection.canSend, session.isFinished { connection.linger() }
        connection.settle()
    }

    private func handleOutgoing(_ event: HTTP2Session.Event) {
        switch event {
        case .writable(let id):
            exchanges[id]?.hasRoom = true
            exchanges[id]?.wakeWriter()
        case .closed(let id): close(id)
        case .request, .malformed, .content, .endOfContent: break
        }
    }

    func outputDrained(on loop: isolated EventLoop) {
        pump()
    }

    fileprivate var context: LoopContext { connection.context }

    fileprivate func isOpen(_ id: Int32) -> Bool {
        connection.canSend && exchanges[id] != nil
    }

    fileprivate func abort(_ id: Int32) {
        session.abort(stream: id)
        pump()
    }

    fileprivate func append(_ id: Int32, _ content: [UInt8]) {
        guard let exchange = exchanges[id] else { return }
        exchange.hasRoom = session.append(stream: id, content)
        pump()
    }

    fileprivate func waitUntilWritable(_ id: Int32) async -> Bool {
        while isCongested(id) {
            await withCheckedContinuation { continuation in
                // The loop may have taken a turn since.
                if isCongested(id) { exchanges[id]?.writeWaiter = continuation } else { continuation.resume() }
            }
        }
        return isOpen(id)
    }

    private func isCongested(_ id: Int32) -> Bool {
        isOpen(id) && exchanges[id]?.hasRoom == false
    }

    // MARK: Ends and deadlines

    func peerClosed(on loop: isolated EventLoop) {
        connection.close()
    }

    /// The first of two steps (RFC 9113 §6.8): the second comes when what is on its way has arrived.
    func drain() {
        guard !isGoingAway else { return }
        isGoingAway = true
        shutdownAnnounced = now
        session.announceShutdown()
        for exchange in exchanges.values { exchange.writer?.end() }
        pump()
    }

    func cancel() {
        for id in exchanges.keys { close(id) }
    }

    var deadline: Int64? {
        var earliest = session.deadline ?? Int64.max
        if let shutdownAnnounced { earliest = min(earliest, shutdownAnnounced + configuration.goAwayDelay) }
        if exchanges.isEmpty, !isGoingAway { earliest = min(earliest, idleSince + configuration.idleTimeout) }
        for exchange in exchanges.values {
            if let deadline = deadline(of: exchange) { earliest = min(earliest, deadline) }
        }
        return earliest
    }

    private func deadline(of exchange: Exchange) -> Int64? {
        if exchange.hasResponded { return nil }
        let requestDeadline = exchange.started + configuration.requestTimeout
        guard exchange.body.isAwaited else { return requestDeadline }
        return min(requestDeadline, configuration.bodyPace.deadline(of: exchange.bodyWait))
    }

    func deadlinePassed(now: Int64) {
        session.deadlinePassed(at: now)
        if let announced = shutdownAnnounced, announced + configuration.goAwayDelay <= now {
            shutdownAnnounced = nil
            session.goAway()
        }
        if exchanges.isEmpty, idleSince + configuration.idleTimeout <= now, !isGoingAway {
            isGoingAway = true
            session.goAway()
        }
        for exchange in Array(exchanges.values) {
            guard let deadline = deadline(of: exchange), deadline <= now else { continue }
            if exchange.started + configuration.requestTimeout <= now {
                refuse(exchange.id, .requestTimeout)
                // What comes from now on is dropped: the handler must not take the rest for the whole.
                exchange.body.fail(.requestTimeout)
                exchange.task?.cancel()
            } else {
                exchange.body.fail(HTTPWireError(408, "the content came too slowly"))
            }
        }
        pump()
    }
}

/// The content of a streamed response on HTTP/2.
private final class HTTP2ContentSink: ResponseSink {
    private let connection: HTTP2Connection
    private let stream: Int32

    init(connection: HTTP2Connection, stream: Int32) {
        self.connection = connection
        self.stream = stream
    }

    var canSend: Bool { connection.isOpen(stream) }
    var context: LoopContext { connection.context }

    func abort() { connection.abort(stream) }

    func sendContent(_ content: [UInt8]) {
        connection.append(stream, content)
    }

    func waitUntilWritable() async -> Bool {
        await connection.waitUntilWritable(stream)
    }
}
