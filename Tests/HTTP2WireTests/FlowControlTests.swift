import HTTP2Frames
import Testing

@testable import HTTP2Wire

/// RFC 9113 §5.2 and §6.9.
struct FlowControlTests {
    @Test(arguments: [
        Case("6.9", "an increment of 0 on a connection", Frame.windowUpdate(0), .connection(.protocolError)),
        Case(
            "6.9", "an increment of 0 on a stream", after: Requests.put(), Frame.windowUpdate(stream: 1, 0),
            .connection(.protocolError)),
        Case("6.9.1", "a connection's window of 2^31-1", Frame.windowUpdate(0x7fff_ffff - 65_535), .events([])),
        Case(
            "6.9.1", "a connection's window above 2^31-1", Frame.windowUpdate(0x7fff_ffff - 65_534),
            .connection(.flowControl)),
        Case(
            "6.9.1", "a stream's window of 2^31-1", after: Requests.put(),
            Frame.windowUpdate(stream: 1, 0x7fff_ffff - 65_535), .events([])),
        Case(
            "6.9.1", "a stream's window above 2^31-1", after: Requests.put(),
            Frame.windowUpdate(stream: 1, 0x7fff_ffff - 65_534), .stream(1, .flowControl)),
        Case(
            "6.9.2", "SETTINGS that lift a stream's window above 2^31-1",
            after: Requests.put() + Frame.windowUpdate(stream: 1, 0x7fff_ffff - 65_535), Frame.settings([(4, 65_536)]),
            .stream(1, .flowControl)),
    ])
    func `a client opens windows by at least one, to 2^31-1 at most`(_ item: Case) throws { try item.check() }

    /// The lengths of the DATA that left.
    private static func lengths(_ test: TestSession) -> [Int] {
        test.takeOutput()
        return test.sent().filter { $0.type == 0 }.map(\.payload.count)
    }

    @Test func `SETTINGS change the windows of open streams, below 0 too`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 3)]))
        _ = test.open()
        _ = test.sent()
        test.respond([UInt8](repeating: 7, count: 20))
        #expect(Self.lengths(test) == [3])
        // 3 are used: 2 - 3 = -1, and the next that leaves needs 2 more.
        _ = test.receive(Frame.settings([(4, 2)]))
        _ = test.receive(Frame.windowUpdate(stream: 1, 1))
        #expect(Self.lengths(test) == [])
        _ = test.receive(Frame.windowUpdate(stream: 1, 1))
        #expect(Self.lengths(test) == [1])
        _ = test.receive(Frame.settings([(4, 10)]))
        #expect(Self.lengths(test) == [8])
        _ = test.receive(Frame.settings([(4, 65_535)]))
        #expect(Self.lengths(test) == [8])
    }

    @Test func `the window of the connection holds for all streams together`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 1_000_000)]))
        for stream in [1, 3] as [Int32] {
            _ = test.open(stream)
            test.respond([UInt8](repeating: 7, count: 40_000), on: stream)
        }
        #expect(Self.lengths(test).reduce(0, +) == 65_535)
        _ = test.receive(Frame.windowUpdate(1))
        #expect(Self.lengths(test) == [1])
        _ = test.receive(Frame.windowUpdate(100_000))
        #expect(Self.lengths(test).reduce(0, +) == 80_000 - 65_536)
    }

    @Test func `DATA is as long as the client's largest frame and no longer`() throws {
        for (size, first) in [(16_384, 16_384), (20_000, 20_000)] {
            let test = try TestSession()
            _ = test.receive(Frame.settings([(5, UInt32(size))]))
            _ = test.open()
            test.respond([UInt8](repeating: 7, count: 50_000))
            let lengths = Self.lengths(test)
            #expect(lengths.allSatisfy { $0 <= first })
            #expect(lengths.reduce(0, +) == 50_000)
        }
    }

    @Test func `an empty response needs no window`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        _ = test.open()
        test.respond([])
        #expect(test.flush() == ["closed 1"])
    }

    @Test func `a client that sends beyond a stream's window`() throws {
        var limits = HTTP2Limits()
        limits.streamWindowBytes = 100
        for (count, outcome) in [
            (100, Outcome.events(["content 1 100"])), (101, .stream(1, .flowControl)),
        ] {
            let test = try TestSession(limits)
            _ = test.open(1, "PUT")
            #expect(test.outcome(of: Frame.data(stream: 1, [UInt8](repeating: 1, count: count))) == outcome)
        }
    }

    @Test func `a client that sends beyond the connection's window`() throws {
        var limits = HTTP2Limits()
        limits.connectionWindowBytes = 65_535
        let test = try TestSession(limits)
        let piece = [UInt8](repeating: 1, count: 16_383)
        _ = test.open(1, "PUT")
        _ = test.open(3, "PUT")
        let bytes = (0..<4).flatMap { Frame.data(stream: $0 < 2 ? 1 : 3, piece) } + Frame.data(stream: 3, [1, 2, 3])
        #expect(test.outcome(of: bytes) != .connection(.flowControl))
        #expect(test.outcome(of: Frame.data(stream: 1, [1])) == .connection(.flowControl))
    }

    @Test func `padding opens its windows by itself`() throws {
        let test = try TestSession()
        _ = test.open(1, "PUT")
        // Each frame is 257 octets of window, and one of content; all windows together are 1 MiB.
        for _ in 0..<8_000 {
            _ = test.receive(
                Frame.frame(0, flags: Frame.padded, stream: 1, [255, 7] + [UInt8](repeating: 0, count: 255)))
            test.session.consume(stream: 1, 1)
        }
        #expect(test.goAwayCode() == nil)
        #expect(!test.session.isFinished)
    }

    @Test func `content of streams that were reset unread opens the connection's window again`() throws {
        let test = try TestSession()
        let piece = [UInt8](repeating: 1, count: 16_384)
        var stream: Int32 = 1
        // 8 MiB through a window of 1 MiB, and no handler took an octet.
        for _ in 0..<64 {
            _ = test.open(stream, "PUT")
            for _ in 0..<8 { _ = test.receive(Frame.data(stream: stream, piece)) }
            #expect(test.receive(Frame.reset(stream: stream)) == ["closed \(stream)"])
            stream += 2
        }
        #expect(test.goAwayCode() == nil)
        _ = test.open(stream, "PUT")
        #expect(test.receive(Frame.data(stream: stream, piece)) == ["content \(stream) \(piece.count)"])
    }
}
