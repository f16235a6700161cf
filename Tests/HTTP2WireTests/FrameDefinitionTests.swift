import HTTP2Frames
import Testing

@testable import HTTP2Wire

/// RFC 9113 §6, type by type; a type's flow control is in `FlowControlTests`.
struct FrameDefinitionTests {
    private static let request = Frame.block(Frame.request())

    @Test(arguments: [
        Case("6.1", "DATA on stream 0", Frame.data(stream: 0, [1]), .connection(.protocolError)),
        Case(
            "6.1", "padding is no content", after: Requests.put(),
            Frame.frame(0, flags: Frame.padded | Frame.endStream, stream: 1, [2, 7, 0, 0]),
            .events(["content 1 1", "end 1"])),
        Case(
            "6.1", "padding as long as the frame", after: Requests.put(),
            Frame.frame(0, flags: Frame.padded, stream: 1, [4, 0, 0, 0]), .connection(.protocolError)),
        Case(
            "6.1", "padding that is all there is", after: Requests.put(),
            Frame.frame(0, flags: Frame.padded | Frame.endStream, stream: 1, [3, 0, 0, 0]), .events(["end 1"])),
        Case(
            "6.1", "no octet for the padding", after: Requests.put(), Frame.frame(0, flags: 8, stream: 1),
            .connection(.protocolError)),
    ])
    func `DATA carries content and padding, and belongs to a stream`(_ item: Case) throws { try item.check() }

    @Test(arguments: [
        Case("6.2", "HEADERS on stream 0", Frame.frame(1, flags: 5, request), .connection(.protocolError)),
        Case(
            "6.2", "padding", Frame.frame(1, flags: 0xd, stream: 1, [3] + request + [0, 0, 0]),
            .events(["request 1 GET /x"])),
        Case(
            "6.2", "padding that is too long", Frame.frame(1, flags: 0xd, stream: 1, [200, 0, 0]),
            .connection(.protocolError)),
        Case(
            "6.2", "a priority", Frame.frame(1, flags: 0x25, stream: 1, [0, 0, 0, 0, 9] + request),
            .events(["request 1 GET /x"])),
        Case(
            "6.2", "a priority that is cut short", Frame.frame(1, flags: 0x25, stream: 1, [0, 0, 0]),
            .connection(.frameSize)),
        Case("6.3", "PRIORITY on stream 0", Frame.priority(stream: 0), .connection(.protocolError)),
        Case("6.3", "PRIORITY of 4 octets", Frame.frame(2, stream: 1, [0, 0, 0, 0]), .connection(.frameSize)),
        Case("6.3", "PRIORITY of 6 octets", Frame.frame(2, stream: 1, [0, 0, 0, 0, 0, 0]), .connection(.frameSize)),
        Case("6.4", "RST_STREAM on stream 0", Frame.reset(stream: 0), .connection(.protocolError)),
        Case(
            "6.4", "RST_STREAM of 3 octets", after: Requests.put(), Frame.frame(3, stream: 1, [0, 0, 0]),
            .connection(.frameSize)),
        Case(
            "6.4", "RST_STREAM of 5 octets", after: Requests.put(), Frame.frame(3, stream: 1, [0, 0, 0, 0, 0]),
            .connection(.frameSize)),
        Case(
            "6.4", "a code that nobody knows", after: Requests.put(), Frame.reset(stream: 1, code: 0xffff),
            .events(["closed 1"])),
    ])
    func `HEADERS, PRIORITY and RST_STREAM have their lengths and their stream`(_ item: Case) throws {
        try item.check()
    }

    @Test(arguments: [
        Case("6.5", "SETTINGS on a stream", Frame.frame(4, stream: 1), .connection(.protocolError)),
        Case("6.5", "SETTINGS of 5 octets", Frame.frame(4, [0, 0, 0, 0, 0]), .connection(.frameSize)),
        Case(
            "6.5", "an acknowledgement with entries", Frame.frame(4, flags: 1, [0, 1, 0, 0, 0, 0]),
            .connection(.frameSize)),
        Case("6.5.2", "ENABLE_PUSH 2", Frame.settings([(2, 2)]), .connection(.protocolError)),
        Case("6.5.2", "ENABLE_PUSH 0 and 1", Frame.settings([(2, 0), (2, 1)]), .events([])),
        Case("6.5.2", "INITIAL_WINDOW_SIZE 2^31-1", Frame.settings([(4, 0x7fff_ffff)]), .events([])),
        Case("6.5.2", "INITIAL_WINDOW_SIZE 2^31", Frame.settings([(4, 0x8000_0000)]), .connection(.flowControl)),
        Case("6.5.2", "MAX_FRAME_SIZE 16 383", Frame.settings([(5, 16_383)]), .connection(.protocolError)),
        Case("6.5.2", "MAX_FRAME_SIZE 16 384", Frame.settings([(5, 16_384)]), .events([])),
        Case("6.5.2", "MAX_FRAME_SIZE 2^24-1", Frame.settings([(5, 0xff_ffff)]), .events([])),
        Case("6.5.2", "MAX_FRAME_SIZE 2^24", Frame.settings([(5, 0x100_0000)]), .connection(.protocolError)),
        Case(
            "6.5.2", "32 entries", Frame.settings([(id: UInt8, value: UInt32)](repeating: (1, 4096), count: 32)),
            .events([])),
        Case(
            "6.5.2", "33 entries (CVE-2020-11080)",
            Frame.settings([(id: UInt8, value: UInt32)](repeating: (1, 4096), count: 33)), .connection(.calm)),
        Case(
            "6.6", "PUSH_PROMISE of a client", Frame.frame(5, flags: 4, stream: 1, Frame.word(2) + request),
            .connection(.protocolError)),
        Case(
            "6.7", "PING on a stream", Frame.frame(6, stream: 1, [0, 0, 0, 0, 0, 0, 0, 0]),
            .connection(.protocolError)),
        Case("6.7", "PING of 7 octets", Frame.frame(6, [0, 0, 0, 0, 0, 0, 0]), .connection(.frameSize)),
        Case("6.7", "PING of 9 octets", Frame.frame(6, [0, 0, 0, 0, 0, 0, 0, 0, 0]), .connection(.frameSize)),
        Case(
            "6.8", "GOAWAY on a stream", Frame.frame(7, stream: 1, [0, 0, 0, 0, 0, 0, 0, 0]),
            .connection(.protocolError)),
        Case("6.8", "GOAWAY of 7 octets", Frame.frame(7, [0, 0, 0, 0, 0, 0, 0]), .connection(.frameSize)),
        Case("6.8", "GOAWAY without streams ends the connection", Frame.goAway(), .ended),
        Case("6.9", "WINDOW_UPDATE of 3 octets", Frame.frame(8, [0, 0, 1]), .connection(.frameSize)),
        Case("6.9", "WINDOW_UPDATE of 5 octets", Frame.frame(8, [0, 0, 0, 0, 1]), .connection(.frameSize)),
    ])
    func `frames of the connection have their lengths, and values in their ranges`(_ item: Case) throws {
        try item.check()
    }

    @Test(arguments: [
        Case("6.10", "CONTINUATION on stream 0", Frame.continuation(stream: 0, []), .connection(.protocolError)),
        Case(
            "6.10", "CONTINUATION of another stream",
            Frame.headers(stream: 1, Frame.request(), flags: 1) + Frame.continuation(stream: 3, []),
            .connection(.protocolError)),
        Case(
            "6.10", "CONTINUATION after the end of a block", Requests.put() + Frame.continuation(stream: 1, []),
            .connection(.protocolError)),
        Case(
            "6.10", "CONTINUATION after DATA", after: Requests.put(),
            Frame.data(stream: 1, [1]) + Frame.continuation(stream: 1, []), .connection(.protocolError)),
        Case(
            "6.10", "empty CONTINUATION inside a block",
            Frame.headers(stream: 1, Frame.request(), flags: 1) + Frame.continuation(stream: 1, [], isLast: false)
                + Frame.continuation(stream: 1, []), .events(["request 1 GET /x"])),
    ])
    func `CONTINUATION follows an open block of its stream`(_ item: Case) throws { try item.check() }

    @Test func `answers PING with its octets, and SETTINGS with an acknowledgement`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.ping([9, 8, 7, 6, 5, 4, 3, 2]) + Frame.settings([(3, 10)]))
        let frames = test.sent()
        #expect(frames.map(\.type) == [6, 4])
        #expect(frames.map(\.flags) == [1, 1])
        #expect(frames[0].payload == [9, 8, 7, 6, 5, 4, 3, 2])
        // An answer is not answered.
        _ = test.receive(Frame.frame(6, flags: 1, [0, 0, 0, 0, 0, 0, 0, 0]))
        #expect(test.sent().isEmpty)
    }

    @Test func `what was asked for before a GOAWAY is served`() throws {
        let test = try TestSession()
        _ = test.open()
        #expect(test.outcome(of: Frame.goAway()) == .events([]))
        test.respond([1])
        #expect(test.flush() == ["closed 1"])
        #expect(test.session.isFinished)
    }
}
