package import Fuzzing
import HTTP2Frames
import HTTP2Wire
import HTTPWire

/// A server's end of HTTP/2 (RFC 9113), with handlers that answer each request at its end.
extension FuzzTarget {
    package static let http2 = FuzzTarget(
        "http2",
        tokens: [
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\u{4}\0\0\0\0\0", "\0\0\0\u{4}\u{1}\0\0\0\0",
            "\0\0\u{8}\u{6}\0\0\0\0\0", "\0\0\u{4}\u{8}\0\0\0\0", "\0\0\u{4}\u{3}\0\0\0\0\u{1}",
            "\0\0\0\u{9}\u{4}\0\0\0\u{1}",
            "\0\0\0\0\u{1}\0\0\0\u{1}", "content-length", "expect", "100-continue", ":path", ":method",
        ],
        rounds: 600
    ) { octets in
        // More than an input can open: how many are open at once depends on when the answers leave.
        let whole = try HTTP2Peer(streamsMax: 500)
        try whole.receive(octets[...])
        let cut = try HTTP2Peer(streamsMax: 500)
        for piece in pieces(of: octets) { try cut.receive(piece) }
        // What comes for a stream that has been reset in between is not looked at, be it harmful.
        let reset = whole.reset.union(cut.reset)
        try promise(
            cut.isFinished == whole.isFinished || !reset.isEmpty,
            "whole it ends: \(whole.frames), in pieces it does not: \(cut.frames)")
        // What a harmful peer sent before its harm was seen need not be served.
        if !whole.hasGoneAway, !cut.hasGoneAway {
            let asWhole = whole.told.filter { !reset.contains($0.key) }
            let inPieces = cut.told.filter { !reset.contains($0.key) }
            try promise(inPieces == asWhole, "whole: \(asWhole), in pieces: \(inPieces)")
        }
        let few = try HTTP2Peer(streamsMax: 4)
        try few.receive(octets[...])
        for peer in [whole, few] {
            try peer.checkAnswers()
            try peer.leaveAlone()
        }
        return !whole.told.isEmpty
    }
}

/// The server's end of one connection, its handlers, and what they see.
private final class HTTP2Peer {
    /// What a handler is told of each stream, whatever came between.
    private(set) var told: [Int32: [String]] = [:]
    private let session: HTTP2Session
    private let limits: HTTP2Limits
    private let httpLimits: HTTPLimits
    private var now: Int64 = 0
    private var reader = FrameReader()
    private var received = 0
    private var sent = 0
    private var responding: Set<Int32> = []
    /// Streams with a HEADERS or RST_STREAM of the server's, and those that are no more.
    private var settled: Set<Int32> = []
    private(set) var hasGoneAway = false
    /// Streams that the server has reset.
    private(set) var reset: Set<Int32> = []
    /// What the server has sent: type, stream, and the code of a reset or of the end.
    private(set) var frames: [String] = []

    init(streamsMax: Int) throws {
        var limits = HTTP2Limits()
        limits.concurrentStreamsMax = streamsMax
        var httpLimits = HTTPLimits()
        httpLimits.headBytesMax = 512
        httpLimits.fieldsMax = 12
        guard let session = HTTP2Session(limits: limits, httpLimits: httpLimits, now: 0) else {
            throw BrokenPromise("there is no session")
        }
        (self.session, self.limits, self.httpLimits) = (session, limits, httpLimits)
        try flush()
    }

    var isFinished: Bool { session.isFinished }

    func receive(_ octets: ArraySlice<UInt8>) throws {
        received += octets.count
        for event in session.receive(Array(octets), at: now) { try handle(event) }
        try flush()
        try promise(session.streamCount <= limits.concurrentStreamsMax, "\(session.streamCount) streams are open")
        try promise(sent <= 64 * received + 1_000, "\(received) octets made the server send \(sent)")
    }

    /// A request that is answered has left as HEADERS, which wait for no window, unless its stream or all has ended.
    func checkAnswers() throws {
        guard !session.isFinished, !hasGoneAway else { return }
        try promise(responding.isSubset(of: settled), "no answer left for \(responding.subtracting(settled))")
    }

    /// Time passes and the peer says nothing more: each deadline ends something, and then none is left.
    func leaveAlone() throws {
        var turns = 0
        while let deadline = session.deadline, !session.isFinished {
            turns += 1
            // Each stream, the settings and the block have one each.
            try promise(turns <= 2 * (limits.concurrentStreamsMax + 2), "the deadline \(deadline) stays due at \(now)")
            now = max(now, deadline)
            session.deadlinePassed(at: now)
            try flush()
        }
    }

    private func flush() throws {
        while true {
            var output: [UInt8] = []
            for event in session.takeOutput(into: &output, limit: 1 << 16, at: now) { try handle(event) }
            sent += output.count
            for frame in reader.read(output) {
                if frame.type == 1 || frame.type == 3 { settled.insert(frame.stream) }
                let code = frame.type == 7 ? frame.word(at: 4) : frame.type == 3 ? frame.word(at: 0) : 0
                if frame.type == 7 { hasGoneAway = true }
                if frame.type == 3 { reset.insert(frame.stream) }
                frames.append("\(frame.type) \(frame.stream) \(code)")
            }
            if output.isEmpty { return }
        }
    }

    private func handle(_ event: HTTP2Session.Event) throws {
        switch event {
        case .request(let stream, let head):
            told[stream, default: []].append("\(head.method) \(head.path)")
            let bytes = head.fields.all.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
            // An octet that is no UTF-8 is three in the text.
            try promise(bytes <= 3 * httpLimits.headBytesMax, "a head of \(bytes) octets")
            try promise(head.fields.count <= httpLimits.fieldsMax, "a head of \(head.fields.count) fields")
            if head.framing == .none { respond(stream) }
        case .malformed(let stream, let error):
            told[stream, default: []].append("\(error.status)")
            respond(stream)
        case .content(let stream, let content):
            // Once there is an answer, the session may drop what still comes.
            if !responding.contains(stream) { told[stream, default: []] += content.map { "octet \($0)" } }
            session.consume(stream: stream, content.count)
        case .endOfContent(let stream):
            if !responding.contains(stream) { told[stream, default: []].append("end") }
            respond(stream)
        case .closed(let stream): settled.insert(stream)
        case .writable: break
        }
    }

    private func respond(_ stream: Int32) {
        responding.insert(stream)
        session.respond(
            stream: stream, HTTPResponseHead(status: 200, fields: [("a", "b")]), date: "now", content: [1, 2, 3])
    }
}
