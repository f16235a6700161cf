import HTTP2Frames
import HTTPWire
import Testing

@testable import HTTP2Wire

struct AbuseTests {
    /// ENHANCE_YOUR_CALM (RFC 9113 §7).
    private static let calm: UInt8 = 11

    @Test(arguments: [
        ("PING", Frame.frame(6, [UInt8](repeating: 0, count: 8))), ("SETTINGS", Frame.settings()),
        ("PRIORITY", Frame.frame(2, stream: 1, Frame.word(0) + [1])), ("unknown", Frame.frame(0x42)),
        ("WINDOW_UPDATE", Frame.frame(8, Frame.word(1))),
    ])
    func `bears so many frames that ask for work, and not one more`(name: String, frame: [UInt8]) throws {
        var limits = HTTP2Limits()
        limits.glitchesBurst = 20
        let test = try TestSession(limits)
        // The preface brought two SETTINGS.
        for _ in 0..<18 { _ = test.receive(frame) }
        #expect(test.goAwayCode() == nil)
        _ = test.receive(frame)
        #expect(test.goAwayCode() == Self.calm)
    }

    @Test func `what a peer may do comes back with time`() {
        var bucket = TokenBucket(burst: 2, perSecond: 10)
        let taken = [0, 0, 99, 100, 100, 10_000, 10_000, 10_000].map { bucket.take(at: $0) }
        #expect(taken == [true, true, false, true, false, true, true, false])
    }

    @Test func `counts the streams that it is made to reset`() throws {
        var limits = HTTP2Limits()
        limits.resetsSentBurst = 5
        let test = try TestSession(limits)
        func mismatch(_ stream: Int32) -> [UInt8] {
            let fields = Frame.request("POST") + [("content-length", "5")]
            return Frame.headers(stream: stream, fields, flags: Frame.endHeaders)
                + Frame.data(stream: stream, [1], isLast: true)
        }
        for index in 0..<5 { _ = test.receive(mismatch(Int32(1 + 2 * index))) }
        #expect(test.goAwayCode() == nil)
        _ = test.receive(mismatch(11))
        #expect(test.goAwayCode() == Self.calm)
    }

    @Test func `stops inflating a header list at its limit`() throws {
        for (bytes, code) in [(64 * 1024, nil), (64 * 1024 + 1, Self.calm)] as [(Int, UInt8?)] {
            let test = try TestSession()
            let fields = Frame.request()
            let used = fields.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
            // Fields of 16 000 octets, and one that fills up exactly; a frame takes 16 384 octets.
            var rest = bytes - used
            var block = Frame.block(fields)
            var extra: [(String, String)] = []
            while rest > 0 {
                let count = min(rest, 16_000)
                extra.append(("x", String(repeating: "a", count: count - 33)))
                rest -= count
            }
            block += Frame.block(extra)
            var bytes: [UInt8] = []
            var type: UInt8 = 1
            while !block.isEmpty {
                let piece = Array(block.prefix(16_384))
                block.removeFirst(piece.count)
                let flags = (block.isEmpty ? Frame.endHeaders : 0) | (type == 1 ? Frame.endStream : 0)
                bytes += Frame.frame(type, flags: flags, stream: 1, piece)
                type = 9
            }
            _ = test.receive(bytes)
            #expect(test.goAwayCode() == code)
        }
    }

    @Test func `a header block and the answer to SETTINGS have a time limit`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.headers(stream: 1, Frame.request(), flags: Frame.endStream))
        let deadline = try #require(test.session.deadline)
        #expect(deadline == test.now + test.session.limits.handshakeTimeout)
        test.session.deadlinePassed(at: deadline - 1)
        #expect(test.goAwayCode() == nil)
        test.session.deadlinePassed(at: deadline)
        #expect(test.goAwayCode() == Self.calm)
    }

    @Test func `a response that the peer's window holds back has a time limit`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        _ = test.receive(Frame.headers(stream: 1, Frame.request()))
        test.session.respond(
            stream: 1, HTTPResponseHead(status: 200), date: "now", content: [1])
        #expect(test.goAwayCode() == nil)
        let deadline = try #require(test.session.deadline)
        #expect(deadline == test.now + test.session.limits.stallPace.idleTimeout)
        test.session.deadlinePassed(at: deadline)
        #expect(test.flush() == ["closed 1"])
        #expect(test.resetCode(of: 1) == .calm)
    }

    @Test func `many responses that the peer holds back end its connection`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        for stream in 0..<100 as Range<Int32> {
            _ = test.open(2 * stream + 1)
            test.respond([1], on: 2 * stream + 1)
        }
        test.takeOutput()
        test.session.deadlinePassed(at: test.now + test.session.limits.stallPace.idleTimeout)
        #expect(test.goAwayCode() == Self.calm)
    }

    @Test func `a lower stream that was skipped is an error of the connection`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.headers(stream: 5, Frame.request()))
        _ = test.receive(Frame.headers(stream: 3, Frame.request()))
        #expect(test.goAwayCode() == 1)
    }

    @Test func `finds the frames in whatever pieces they come`() {
        let bytes =
            Frame.preface + Frame.settings() + Frame.frame(0x42, stream: 7, [1, 2, 3]) + Frame.data(stream: 1, [9])
        var whole = FrameScanner()
        let headers = whole.scan(bytes, at: 0)
        #expect(headers.map(\.type) == [4, 0x42, 0])
        #expect(headers.map(\.stream) == [0, 7, 1])
        #expect(headers.map(\.length) == [0, 3, 1])
        var pieces = FrameScanner()
        let found = bytes.flatMap { pieces.scan([$0], at: 0) }
        #expect(found == headers)
    }
}
