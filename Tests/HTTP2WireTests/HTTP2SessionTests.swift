import HTTP2Frames
import HTTPWire
import Testing

@testable import HTTP2Wire

struct HTTP2SessionTests {
    private let accepted = HTTPResponseHead(status: 202, fields: [("Content-Type", "text/plain")])

    @Test func `serves a request without content`() throws {
        let test = try TestSession()
        #expect(test.receive(Frame.headers(stream: 1, Frame.request(path: "/a?b=c"))) == ["request 1 GET /a?b=c"])
        test.session.respond(
            stream: 1, accepted, date: "now", content: Array("hello".utf8))
        #expect(test.takeOutput().count == 1)
        let frames = test.sent()
        #expect(frames.map(\.type) == [1, 0])
        #expect(frames.last?.payload == Array("hello".utf8))
    }

    @Test func `serves the same however the octets come`() throws {
        let bytes =
            Frame.headers(stream: 1, Frame.request("PUT"), flags: Frame.endHeaders)
            + Frame.data(stream: 1, [1, 2, 3], isLast: true)
        let whole = try TestSession()
        #expect(whole.receive(bytes) == ["request 1 PUT /x +", "content 1 3", "end 1"])
        let pieces = try TestSession()
        #expect(
            bytes.flatMap { pieces.receive([$0]) } == [
                "request 1 PUT /x +", "content 1 1", "content 1 1", "content 1 1", "end 1",
            ])
    }

    @Test(arguments: [
        ([(":method", "CONNECT"), (":authority", "localhost")], "malformed 1 405"),
        ([(":method", "BREW"), (":scheme", "https"), (":path", "/"), (":authority", "a")], "malformed 1 501"),
        ([(":method", "GET"), (":scheme", "https"), (":path", "/../x"), (":authority", "a")], "malformed 1 400"),
        ([(":method", "GET"), (":scheme", "https"), (":path", "/%zz"), (":authority", "a")], "malformed 1 400"),
        ([(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a:b:c")], "malformed 1 400"),
        (Frame.request() + [("host", "other")], "malformed 1 400"),
        (Frame.request() + [("expect", "more")], "malformed 1 417"),
    ])
    func `answers what is no request`(_ fields: [(String, String)], outcome: String) throws {
        let test = try TestSession()
        #expect(test.receive(Frame.headers(stream: 1, fields)) == [outcome])
    }

    @Test func `refuses a Content-Length above the limit before the content`() throws {
        let test = try TestSession()
        for (stream, length, outcome) in [(1, 3_145_728, "request 1 PUT /x +"), (3, 3_145_729, "malformed 3 413")] {
            let fields = Frame.request("PUT") + [("content-length", "\(length)")]
            let bytes = Frame.headers(stream: Int32(stream), fields, flags: Frame.endHeaders)
            #expect(test.receive(bytes) == [outcome])
        }
    }

    @Test func `sends no more than the window lets out, and goes on when it opens`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 10)]))
        _ = test.receive(Frame.headers(stream: 1, Frame.request()))
        _ = test.sent()
        test.session.respond(
            stream: 1, accepted, date: "now", content: [UInt8](repeating: 7, count: 25))
        _ = test.takeOutput()
        #expect(test.sent().filter { $0.type == 0 }.map(\.payload.count) == [10])
        _ = test.receive(Frame.frame(8, stream: 1, Frame.word(20)))
        #expect(test.sent().filter { $0.type == 0 }.map(\.payload.count) == [15])
    }

    @Test func `opens its window only by what the handler has taken`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.headers(stream: 1, Frame.request("PUT"), flags: Frame.endHeaders))
        let piece = [UInt8](repeating: 1, count: 16_384)
        for _ in 0..<10 { _ = test.receive(Frame.data(stream: 1, piece)) }
        #expect(test.sent().allSatisfy { $0.type != 8 || $0.stream != 1 })
        test.session.consume(stream: 1, 10 * piece.count)
        _ = test.takeOutput()
        #expect(test.sent().contains { $0.type == 8 && $0.stream == 1 })
    }

    @Test func `an answer that came early reset the stream before the client had read it`() throws {
        var limits = HTTP2Limits()
        limits.unwantedBytesMax = 40_000
        let test = try TestSession(limits)
        _ = test.receive(Frame.headers(stream: 1, Frame.request("PUT"), flags: Frame.endHeaders))
        test.session.respond(stream: 1, accepted, date: "now", content: [])
        _ = test.takeOutput()
        #expect(!test.sent().contains { $0.type == 3 })
        let piece = [UInt8](repeating: 1, count: 16_384)
        for _ in 0..<2 { _ = test.receive(Frame.data(stream: 1, piece)) }
        #expect(!test.sent().contains { $0.type == 3 })
        #expect(test.receive(Frame.data(stream: 1, piece)) == ["closed 1"])
        #expect(test.sent().first { $0.type == 3 }?.payload == [0, 0, 0, 0])
    }

    @Test func `unwanted content has a time limit`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.headers(stream: 1, Frame.request("PUT"), flags: Frame.endHeaders))
        test.session.respond(stream: 1, accepted, date: "now", content: [])
        _ = test.takeOutput()
        #expect(test.session.deadline == test.now + test.session.limits.unwantedTimeout)
        test.now += test.session.limits.unwantedTimeout
        test.session.deadlinePassed(at: test.now)
        _ = test.takeOutput()
        #expect(test.sent().contains { $0.type == 3 })
        #expect(!test.session.isFinished)
    }

    @Test func `ends in two steps`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.headers(stream: 1, Frame.request()))
        test.session.announceShutdown()
        _ = test.takeOutput()
        #expect(test.sent().first { $0.type == 7 }?.payload.prefix(4) == [0x7f, 0xff, 0xff, 0xff])
        #expect(test.receive(Frame.headers(stream: 3, Frame.request())) == ["request 3 GET /x"])
        test.session.goAway()
        _ = test.takeOutput()
        #expect(test.sent().first { $0.type == 7 }?.payload.prefix(4) == [0, 0, 0, 3])
    }
}
