import HTTP2Frames
import HTTPWire

@testable import HTTP2Wire

/// A session with its preface behind it, on a clock that the test moves.
final class TestSession {
    let session: HTTP2Session
    var now: Int64 = 1_000
    private var output: [UInt8] = []
    private var reader = FrameReader()
    private let inflater: HeaderInflater

    /// - Parameter isStarted: false leaves the preface to the test.
    init(_ limits: HTTP2Limits = HTTP2Limits(), http: HTTPLimits = HTTPLimits(), isStarted: Bool = true) throws {
        guard let session = HTTP2Session(limits: limits, httpLimits: http, now: now),
            let inflater = HeaderInflater()
        else { throw OutOfMemory() }
        self.session = session
        self.inflater = inflater
        guard isStarted else { return }
        _ = receive(Frame.preface + Frame.settings() + Frame.settingsAck)
        _ = sent()
    }

    struct OutOfMemory: Error {}

    /// Answers the events, those of the output included, as words.
    func receive(_ bytes: [UInt8]) -> [String] {
        let events = session.receive(bytes, at: now)
        return (events + takeOutput()).map(Self.word)
    }

    @discardableResult
    func takeOutput() -> [HTTP2Session.Event] {
        session.takeOutput(into: &output, limit: 1 << 20, at: now)
    }

    /// The same as words.
    func flush() -> [String] { takeOutput().map(Self.word) }

    /// Opens a stream; its request has content to come unless it is a GET.
    func open(_ stream: Int32 = 1, _ method: String = "GET") -> [String] {
        receive(
            Frame.headers(
                stream: stream, Frame.request(method),
                flags: Frame.endHeaders | (method == "GET" || method == "HEAD" ? Frame.endStream : 0)))
    }

    /// Answers a stream; `nil` leaves the content to `append` and `finish`.
    func respond(_ content: [UInt8]?, on stream: Int32 = 1, status: Int = 200) {
        session.respond(stream: stream, HTTPResponseHead(status: status), date: "now", content: content)
    }

    /// The frames that were sent since the last call.
    func sent() -> [ReceivedFrame] {
        defer { output = [] }
        return reader.read(output)
    }

    /// The fields of a HEADERS frame; each must be asked for once, in their order.
    func fields(of frame: ReceivedFrame) -> [String: String]? {
        inflater.fields(of: frame.payload).map { Dictionary($0.map { ($0.name, $0.value) }) { $1 } }
    }

    /// The error code of a GOAWAY among the frames that were sent.
    func goAwayCode() -> UInt8? {
        takeOutput()
        return sent().first { $0.type == 7 }.map { UInt8($0.word(at: 4) & 0xff) }
    }

    /// The error code of a stream's RST_STREAM among the frames that were sent.
    func resetCode(of stream: Int32) -> Code? {
        takeOutput()
        return sent().first { $0.type == 3 && $0.stream == stream }.map { Code($0.word(at: 0)) }
    }

    /// What became of the bytes.
    func outcome(of bytes: [UInt8]) -> Outcome {
        let events = receive(bytes)
        takeOutput()
        let frames = sent()
        if let goAway = frames.first(where: { $0.type == 7 && $0.word(at: 4) != 0 }) {
            return .connection(Code(goAway.word(at: 4)))
        }
        if let reset = frames.first(where: { $0.type == 3 }) { return .stream(reset.stream, Code(reset.word(at: 0))) }
        return session.isFinished ? .ended : .events(events)
    }

    private static func word(_ event: HTTP2Session.Event) -> String {
        switch event {
        case .request(let stream, let head):
            "request \(stream) \(head.method.rawValue) \(head.path)"
                + (head.framing == .none ? "" : " +") + (head.query.map { "?" + $0 } ?? "")
        case .malformed(let stream, let error): "malformed \(stream) \(error.status)"
        case .content(let stream, let content): "content \(stream) \(content.count)"
        case .endOfContent(let stream): "end \(stream)"
        case .writable(let stream): "writable \(stream)"
        case .closed(let stream): "closed \(stream)"
        }
    }
}

/// What became of bytes: what they brought, or which error on what (RFC 9113 §5.4).
enum Outcome: Equatable {
    case events([String])
    case stream(Int32, Code)
    case connection(Code)
    /// The connection is over without a word.
    case ended
}

/// RFC 9113 §7.
enum Code: UInt32 {
    case none, protocolError, internalError, flowControl, settingsTimeout, streamClosed, frameSize, refused, cancel
    case compression, connect, calm, inadequateSecurity, http11Required, unknown

    init(_ value: UInt32) { self = Code(rawValue: value) ?? .unknown }
}
