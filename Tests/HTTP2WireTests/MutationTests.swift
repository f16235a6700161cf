import HTTP2Frames
import HTTPWire
import Testing

@testable import HTTP2Wire

/// Recorded conversations, cut and changed.
struct MutationTests {
    /// Conversations that use most of the protocol.
    static let recordings: [[UInt8]] = [
        Frame.preface + Frame.settings() + Frame.settingsAck + Requests.get() + Frame.ping()
            + Frame.windowUpdate(100) + Requests.get(3) + Frame.goAway(),
        Frame.preface + Frame.settings([(1, 0), (3, 5), (4, 10), (5, 20_000)]) + Frame.settingsAck + Requests.put()
            + Frame.data(stream: 1, [1, 2, 3]) + Frame.windowUpdate(stream: 1, 50)
            + Frame.headers(stream: 1, [("trailer", "x")]),
        Frame.preface + Frame.settings() + Requests.put() + Requests.put(3)
            + Frame.data(stream: 3, [9, 9], isLast: true)
            + Frame.reset(stream: 1) + Frame.settingsAck + Frame.priority(stream: 7, on: 3) + Frame.frame(0x42, [1]),
        Frame.preface + Frame.settings() + Frame.settingsAck
            + Frame.headers(stream: 1, Frame.request() + [("expect", "100-continue")], flags: 1)
            + Frame.continuation(stream: 1, Frame.indexed("x", "aaaa"), isLast: false)
            + Frame.continuation(stream: 1, [0xbe, 0xbe])
            + Frame.frame(0, flags: 9, stream: 3, [1, 2, 0]),
        Frame.preface + Frame.settings([(4, 0)]) + Frame.settingsAck
            + Frame.headers(stream: 1, Frame.request("PUT") + [("content-length", "4")], flags: 4)
            + Frame.data(stream: 1, [1, 2]) + Frame.data(stream: 1, [3, 4], isLast: true)
            + Frame.windowUpdate(stream: 1, 3) + Frame.settings([(4, 5)]),
    ]

    @Test(arguments: recordings.indices)
    func `the same happens however the octets come`(_ index: Int) throws {
        let bytes = Self.recordings[index]
        let whole = Peer()
        whole.receive(bytes)
        for size in [1, 2, 3, 7, 8, 9, 10, 64] {
            let pieces = Peer()
            for start in stride(from: 0, to: bytes.count, by: size) {
                pieces.receive(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(pieces.requests == whole.requests, "in pieces of \(size)")
            #expect(pieces.session?.isFinished == whole.session?.isFinished)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `no conversation traps, or costs more than it may`(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        for _ in 0..<400 {
            let peer = Peer()
            let bytes = Self.mutated(&random)
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...max(1, rest.count), using: &random)
                peer.receive(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
                if Bool.random(using: &random) { peer.pass(Int64.random(in: 0...20_000, using: &random)) }
            }
            let session = try #require(peer.session)
            #expect(session.streamCount <= session.limits.concurrentStreamsMax, "seed \(seed)")
            #expect(peer.sentBytes < 64 * bytes.count + 100_000, "seed \(seed)")
            // Patience ends: nothing is due for ever.
            peer.pass(1_000_000)
        }
    }

    /// Frames of several recordings in any order, some with octets changed.
    static func mutated(_ random: inout SplitMix64) -> [UInt8] {
        var bytes = Frame.preface + Frame.settings() + Frame.settingsAck
        if Int.random(in: 0..<10, using: &random) == 0 { bytes = [] }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            var frames = Self.frames(recordings[Int.random(in: 0..<recordings.count, using: &random)].dropFirst(24))
            for _ in 0..<Int.random(in: 0...4, using: &random) where !frames.isEmpty {
                let index = Int.random(in: 0..<frames.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: frames.remove(at: index)
                case 1: frames.insert(frames[index], at: index)
                case 2: frames.swapAt(index, Int.random(in: 0..<frames.count, using: &random))
                case 3: frames[index][3] = UInt8.random(in: 0...12, using: &random)
                case 4: frames[index][4] = UInt8.random(in: 0...255, using: &random)
                default:
                    let octet = Int.random(in: 0..<frames[index].count, using: &random)
                    frames[index][octet] = UInt8.random(in: 0...255, using: &random)
                }
            }
            bytes += frames.joined()
        }
        return bytes
    }

    private static func frames(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = bytes
        while rest.count >= 9 {
            let length = rest.prefix(3).reduce(0) { $0 << 8 | Int($1) }
            frames.append(Array(rest.prefix(9 + length)))
            rest = rest.dropFirst(9 + length)
        }
        return frames
    }
}

/// A server of one session that answers each request by what its path and content are.
final class Peer {
    let session = HTTP2Session(now: 0)
    /// What came on each stream, whatever came between.
    private(set) var requests: [Int32: [String]] = [:]
    private(set) var sentBytes = 0
    private var now: Int64 = 0

    func receive(_ bytes: [UInt8]) {
        guard let session else { return }
        for event in session.receive(bytes, at: now) { handle(event, session) }
        flush(session)
    }

    func pass(_ milliseconds: Int64) {
        now += milliseconds
        guard let session, let deadline = session.deadline, deadline <= now else { return }
        session.deadlinePassed(at: now)
        flush(session)
    }

    private func flush(_ session: HTTP2Session) {
        var output: [UInt8] = []
        for event in session.takeOutput(into: &output, limit: 1 << 20, at: now) { handle(event, session) }
        sentBytes += output.count
    }

    private func handle(_ event: HTTP2Session.Event, _ session: HTTP2Session) {
        switch event {
        case .request(let stream, let head):
            requests[stream, default: []].append("\(head.method) \(head.path)")
            if head.framing == .none { respond(stream, session) }
        case .malformed(let stream, let error):
            requests[stream, default: []].append("\(error.status)")
            respond(stream, session)
        case .content(let stream, let content):
            requests[stream, default: []] += content.map { "octet \($0)" }
            session.consume(stream: stream, content.count)
        case .endOfContent(let stream):
            requests[stream, default: []].append("end")
            respond(stream, session)
        case .writable, .closed: break
        }
    }

    private func respond(_ stream: Int32, _ session: HTTP2Session) {
        session.respond(
            stream: stream, HTTPResponseHead(status: 200, fields: [("a", "b")]), date: "now", content: [1, 2, 3])
    }
}

/// Vigna's splitmix64: small, and the same on every run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
