import HTTP2Frames
import Testing

@testable import HTTP2Wire

/// RFC 9113 §5.
struct StreamTests {
    private static let closedByClient = Requests.put() + Frame.reset(stream: 1)

    @Test(arguments: [
        // Idle.
        Case("5.1", "DATA on an idle stream", Frame.data(stream: 1, [1]), .connection(.protocolError)),
        Case("5.1", "RST_STREAM on an idle stream", Frame.reset(stream: 1), .connection(.protocolError)),
        Case("5.1", "WINDOW_UPDATE on an idle stream", Frame.windowUpdate(stream: 1, 1), .connection(.protocolError)),
        Case("5.1", "CONTINUATION on an idle stream", Frame.continuation(stream: 1, []), .connection(.protocolError)),
        Case("5.1", "PRIORITY on an idle stream", Frame.priority(stream: 1), .events([])),
        // Half-closed: the client has sent END_STREAM.
        Case(
            "5.1", "DATA on a half-closed stream", after: Requests.get(), Frame.data(stream: 1, [1]),
            .connection(.streamClosed)),
        Case(
            "5.1", "HEADERS on a half-closed stream", after: Requests.get(), Requests.get(), .connection(.streamClosed)),
        Case(
            "5.1", "CONTINUATION on a half-closed stream", after: Requests.get(), Frame.continuation(stream: 1, []),
            .connection(.protocolError)),
        Case(
            "5.1", "WINDOW_UPDATE on a half-closed stream", after: Requests.get(), Frame.windowUpdate(stream: 1, 1),
            .events([])),
        Case(
            "5.1", "RST_STREAM on a half-closed stream", after: Requests.get(), Frame.reset(stream: 1),
            .events(["closed 1"])),
        // Closed by RST_STREAM.
        Case(
            "5.1", "DATA after RST_STREAM", after: closedByClient, Frame.data(stream: 1, [1]),
            .connection(.streamClosed)),
        Case("5.1", "PRIORITY after RST_STREAM", after: closedByClient, Frame.priority(stream: 1), .events([])),
        Case(
            "5.1", "WINDOW_UPDATE after RST_STREAM", after: closedByClient, Frame.windowUpdate(stream: 1, 1),
            .events([])),
        Case("5.1", "RST_STREAM after RST_STREAM", after: closedByClient, Frame.reset(stream: 1), .events([])),
        // Identifiers.
        Case("5.1.1", "an even stream", Requests.get(2), .connection(.protocolError)),
        Case("5.1.1", "stream 0", Requests.get(0), .connection(.protocolError)),
        Case(
            "5.1.1", "a stream that was skipped", after: Requests.get(5), Requests.get(3), .connection(.protocolError)),
        Case(
            "5.1.1", "a stream that was skipped after PRIORITY made it known",
            after: Frame.priority(stream: 3) + Requests.get(5), Requests.get(3), .connection(.protocolError)),
        Case("5.1.1", "the highest stream", Requests.get(Int32.max), .events(["request 2147483647 GET /x"])),
        Case("5.3.1", "a stream that depends on itself", Frame.priority(stream: 1, on: 1), .connection(.protocolError)),
        Case(
            "5.3.1", "HEADERS of a stream that depends on itself",
            Frame.frame(1, flags: 0x25, stream: 1, Frame.word(1) + [0] + Frame.block(Frame.request())),
            .connection(.protocolError)),
        Case("5.5", "an unknown SETTINGS", Frame.settings([(0x42, 1)]), .events([])),
    ])
    func `a state allows some frames, and an identifier is used once`(_ item: Case) throws { try item.check() }

    @Test func `DATA after a response that ended the stream on both sides is an error`() throws {
        let test = try TestSession()
        _ = test.open()
        test.respond([1])
        #expect(test.flush() == ["closed 1"])
        _ = test.sent()
        #expect(test.outcome(of: Frame.data(stream: 1, [1])) == .connection(.streamClosed))
    }

    @Test func `HEADERS after a response that ended the stream on both sides is an error`() throws {
        let test = try TestSession()
        _ = test.open()
        test.respond([1])
        _ = test.flush()
        _ = test.sent()
        #expect(test.outcome(of: Requests.get()) == .connection(.streamClosed))
    }

    /// What was on its way when the server reset a stream is no error of the client's (§5.1).
    @Test func `trailers on their way to a stream that was reset ended the connection`() throws {
        let test = try TestSession()
        _ = test.open(1, "PUT")
        _ = test.open(3)
        test.session.reset(stream: 1)
        #expect(test.flush() == ["closed 1"])
        _ = test.sent()
        let late = Frame.data(stream: 1, [1]) + Frame.headers(stream: 1, [("a", "b")])
        #expect(test.outcome(of: late) == .events([]))
        test.respond([1], on: 3)
        #expect(test.flush() == ["closed 3"])
    }

    @Test func `one stream more than the limit`() throws {
        var limits = HTTP2Limits()
        limits.concurrentStreamsMax = 3
        let test = try TestSession(limits)
        for stream in [1, 3, 5] as [Int32] { #expect(test.open(stream, "PUT").count == 1) }
        #expect(test.outcome(of: Requests.put(7)) == .connection(.protocolError))
    }

    @Test func `one stream more than the limit before the client has acknowledged it`() throws {
        var limits = HTTP2Limits()
        limits.concurrentStreamsMax = 3
        let test = try TestSession(limits, isStarted: false)
        _ = test.outcome(of: Frame.preface + Frame.settings())
        for stream in [1, 3, 5] as [Int32] { #expect(test.open(stream, "PUT").count == 1) }
        #expect(test.outcome(of: Requests.put(7)) == .stream(7, .refused))
    }

    @Test func `a stream that has ended makes room for another`() throws {
        var limits = HTTP2Limits()
        limits.concurrentStreamsMax = 1
        let test = try TestSession(limits)
        for stream in stride(from: Int32(1), to: 200, by: 2) {
            #expect(test.open(stream) == ["request \(stream) GET /x"])
            test.respond([], on: stream)
            #expect(test.flush() == ["closed \(stream)"])
        }
        #expect(test.session.streamCount == 0)
    }
}
