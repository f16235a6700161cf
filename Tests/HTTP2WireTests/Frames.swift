import HTTPWire

@testable import HTTP2Wire

/// Frames as a client writes them (RFC 9113 §4.1), with header blocks of literals without indexing (RFC 7541 §6.2.2).
enum Frame {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: Int32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), type, flags]
            + word(UInt32(stream)) + payload
    }

    static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 0xff) }
    }

    static func settings(_ entries: [(id: UInt8, value: UInt32)] = []) -> [UInt8] {
        frame(4, entries.flatMap { [0, $0.id] + word($0.value) })
    }

    static let settingsAck = frame(4, flags: 1)

    static func headers(
        stream: Int32, _ fields: [(String, String)], flags: UInt8 = endHeaders | endStream
    ) -> [UInt8] {
        frame(1, flags: flags, stream: stream, block(fields))
    }

    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + string(name) + string(value) }
    }

    /// Shorter than 127 octets, or a length of two octets more.
    private static func string(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        guard count >= 127 else { return [UInt8(count)] + Array(text.utf8) }
        var rest = count - 127
        var length: [UInt8] = [127]
        while rest >= 128 {
            length.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return length + [UInt8(rest)] + Array(text.utf8)
    }

    static func request(_ method: String = "GET", path: String = "/x") -> [(String, String)] {
        [(":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost")]
    }

    static func data(stream: Int32, _ content: [UInt8], isLast: Bool = false) -> [UInt8] {
        frame(0, flags: isLast ? endStream : 0, stream: stream, content)
    }
}

/// A session with its preface behind it, on a clock that the test moves.
final class TestSession {
    let session: HTTP2Session
    var now: Int64 = 1_000
    private(set) var output: [UInt8] = []

    init(_ limits: HTTP2Limits = HTTP2Limits(), http: HTTPLimits = HTTPLimits()) throws {
        guard let session = HTTP2Session(limits: limits, httpLimits: http, now: now) else { throw OutOfMemory() }
        self.session = session
        _ = receive(Frame.preface + Frame.settings() + Frame.settingsAck)
        output = []
    }

    struct OutOfMemory: Error {}

    /// Answers the events, those of the output included, as words.
    func receive(_ bytes: [UInt8]) -> [String] {
        let events = session.receive(bytes, at: now)
        return (events + takeOutput()).map(Self.word)
    }

    func takeOutput() -> [HTTP2Session.Event] {
        session.takeOutput(into: &output, limit: 1 << 20, at: now)
    }

    /// The frames that were sent since the last call: type, stream and payload.
    func sent() -> [(type: UInt8, stream: Int32, payload: [UInt8])] {
        defer { output = [] }
        var frames: [(UInt8, Int32, [UInt8])] = []
        var index = 0
        while index + 9 <= output.count {
            let length = Int(output[index]) << 16 | Int(output[index + 1]) << 8 | Int(output[index + 2])
            let stream = Int32(output[index + 7]) << 8 | Int32(output[index + 8])
            frames.append((output[index + 3], stream, Array(output[(index + 9)..<(index + 9 + length)])))
            index += 9 + length
        }
        return frames
    }

    /// The error code of a GOAWAY among the frames that were sent.
    func goAwayCode() -> UInt8? {
        _ = takeOutput()
        return sent().first { $0.type == 7 }?.payload[7]
    }

    private static func word(_ event: HTTP2Session.Event) -> String {
        switch event {
        case .request(let stream, let head): "request \(stream) \(head.method.rawValue) \(head.path)"
        case .malformed(let stream, let error): "malformed \(stream) \(error.status)"
        case .content(let stream, let content): "content \(stream) \(content.count)"
        case .endOfContent(let stream): "end \(stream)"
        case .writable(let stream): "writable \(stream)"
        case .closed(let stream): "closed \(stream)"
        }
    }
}
