import HTTP2Frames
import Testing

@testable import HTTP2Wire

/// RFC 9113 §3 and §4.
struct FramingTests {
    @Test func `the server's preface is a SETTINGS with its limits`() throws {
        let test = try TestSession(isStarted: false)
        test.takeOutput()
        let frames = test.sent()
        #expect(frames.first?.type == 4)
        let entries = stride(from: 0, to: frames[0].payload.count, by: 6).map { offset in
            [frames[0].word(at: offset) >> 16, frames[0].word(at: offset + 2)]
        }
        #expect(entries == [[3, 100], [4, 256 * 1024], [6, 64 * 1024]])
        // The connection's window is opened by WINDOW_UPDATE alone (§6.9.2).
        #expect(frames.dropFirst().map(\.type) == [8])
        #expect(frames[1].word(at: 0) == 1024 * 1024 - 65_535)
    }

    @Test(arguments: 0..<24)
    func `a preface with one octet wrong is the end`(_ index: Int) throws {
        let test = try TestSession(isStarted: false)
        var preface = Frame.preface
        preface[index] ^= 1
        _ = test.receive(preface + Frame.settings())
        #expect(test.session.isFinished)
    }

    @Test func `the first frame must be SETTINGS`() throws {
        for (frame, outcome) in [
            (Frame.ping(), Outcome.connection(.protocolError)), (Requests.get(), .connection(.protocolError)),
            (Frame.settingsAck, .connection(.protocolError)), (Frame.settings(), .events([])),
        ] {
            let test = try TestSession(isStarted: false)
            #expect(test.outcome(of: Frame.preface + frame) == outcome)
        }
    }

    @Test(arguments: [
        Case("4.1", "an unknown type is ignored", Frame.frame(0x16, flags: 0xff, stream: 9, [1, 2]), .events([])),
        Case("4.1", "unknown flags are ignored", Frame.frame(6, flags: 0x16, [0, 0, 0, 0, 0, 0, 0, 0]), .events([])),
        Case(
            "4.1", "the reserved bit of a stream's id is ignored",
            Frame.frame(6, stream: Int32.min, [0, 0, 0, 0, 0, 0, 0, 0]), .events([])),
        Case(
            "4.2", "DATA of 16 384 octets", after: Requests.put(),
            Frame.data(stream: 1, [UInt8](repeating: 0, count: 16_384), isLast: true),
            .events(["content 1 16384", "end 1"])),
        Case(
            "4.2", "DATA of 16 385 octets", after: Requests.put(),
            Frame.data(stream: 1, [UInt8](repeating: 0, count: 16_385)), .connection(.frameSize)),
        Case(
            "4.2", "HEADERS of 16 385 octets",
            Frame.frame(1, flags: 5, stream: 1, [UInt8](repeating: 0, count: 16_385)),
            .connection(.frameSize)),
        Case(
            "4.2", "an unknown frame of 16 385 octets", Frame.frame(0x42, [UInt8](repeating: 0, count: 16_385)),
            .connection(.frameSize)),
        Case(
            "4.3", "a block that cannot be read", Frame.frame(1, flags: 5, stream: 1, [0x80]), .connection(.compression)
        ),
        Case(
            "4.3", "an index that no table has", Frame.frame(1, flags: 5, stream: 1, [0xff, 0x80, 0x01]),
            .connection(.compression)),
        Case(
            "4.3", "a table larger than was allowed (RFC 7541 §6.3)",
            Frame.frame(1, flags: 5, stream: 1, [0x3f, 0xe1, 0xff, 0x03] + Frame.block(Frame.request())),
            .connection(.compression)),
        Case(
            "4.3", "a block that ends inside a field",
            Frame.frame(1, flags: 5, stream: 1, Frame.block(Frame.request()).dropLast()), .connection(.compression)),
        Case(
            "4.3", "a frame between HEADERS and CONTINUATION",
            Frame.headers(stream: 1, Frame.request(), flags: 1) + Frame.ping(), .connection(.protocolError)),
        Case(
            "4.3", "another stream's HEADERS inside a block",
            Frame.headers(stream: 1, Frame.request(), flags: 1) + Requests.get(3), .connection(.protocolError)),
        Case(
            "4.3", "an unknown frame inside a block",
            Frame.headers(stream: 1, Frame.request(), flags: 1) + Frame.frame(0x42), .connection(.protocolError)),
    ])
    func `frames are read as their format says`(_ item: Case) throws { try item.check() }

    @Test func `a block may be cut anywhere by CONTINUATION`() throws {
        let block = Frame.block(Frame.request(path: "/a"))
        for cut in 0...block.count {
            let test = try TestSession()
            let bytes =
                Frame.frame(1, flags: Frame.endStream, stream: 1, Array(block[..<cut]))
                + Frame.continuation(stream: 1, Array(block[cut...]))
            #expect(test.receive(bytes) == ["request 1 GET /a"])
        }
    }
}
