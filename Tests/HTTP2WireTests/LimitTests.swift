import HTTP2Frames
import HTTPWire
import Testing

@testable import HTTP2Wire

/// Each limit, at it and one past it; those of time are in `DeadlineTests`, windows in `FlowControlTests`, the queue of a
/// response in `ResponseTests`, streams in `StreamTests`.
struct LimitTests {
    @Test func `frames that go on with a header block`() throws {
        var limits = HTTP2Limits()
        limits.continuationsMax = 5
        for (count, isServed) in [(5, true), (6, false)] {
            let test = try TestSession(limits)
            var bytes = Frame.headers(stream: 1, Frame.request(), flags: Frame.endStream)
            for index in 1...count { bytes += Frame.continuation(stream: 1, [], isLast: index == count) }
            #expect(test.receive(bytes).isEmpty != isServed)
            #expect(test.session.isFinished != isServed)
        }
    }

    @Test func `octets of a header block, even when nobody reads its fields`() throws {
        var http = HTTPLimits()
        http.headBytesMax = 10_000
        for (count, code) in [(10_000, nil), (10_001, 11)] as [(Int, UInt8?)] {
            // One that is on its way while the server goes away is inflated, and no field is counted.
            let test = try TestSession(http: http)
            _ = test.open(1, "PUT")
            test.session.goAway()
            test.takeOutput()
            _ = test.sent()
            let block = Frame.block(Frame.request())
            let bytes = block + [UInt8](repeating: 0x82, count: count - block.count)
            _ = test.receive(Frame.headers(stream: 3, block: bytes))
            #expect(test.goAwayCode() == code)
        }
    }

    @Test func `fields of a head`() throws {
        var http = HTTPLimits()
        http.fieldsMax = 20
        for (count, outcome) in [(20, "request 3 GET /x"), (21, "malformed 3 431")] {
            let test = try TestSession(http: http)
            _ = test.open(1, "PUT")
            let fields = Frame.request() + [(String, String)](repeating: ("a", "b"), count: count)
            #expect(test.receive(Frame.headers(stream: 3, fields)) == [outcome])
            // Another user's request on the connection goes on.
            #expect(test.goAwayCode() == nil)
            #expect(test.receive(Frame.data(stream: 1, [1], isLast: true)) == ["content 1 1", "end 1"])
        }
    }

    @Test func `octets of a field and of a target`() throws {
        var http = HTTPLimits()
        http.fieldLineBytesMax = 100
        http.requestLineBytesMax = 100
        let long = String(repeating: "a", count: 99)
        for (fields, outcome) in [
            (Frame.request() + [("n", long)], "request 1 GET /x"),
            (Frame.request() + [("n", long + "a")], "malformed 1 431"),
            (Frame.request(path: "/" + long), "request 1 GET /" + long),
            (Frame.request(path: "/" + long + "a"), "malformed 1 414"),
        ] {
            let test = try TestSession(http: http)
            #expect(test.receive(Frame.headers(stream: 1, fields)) == [outcome])
        }
    }

    @Test func `answers to PING that a client does not read`() throws {
        var limits = HTTP2Limits()
        limits.outboundAcksMax = 10
        limits.glitchesBurst = 1_000
        for (count, isFinished) in [(10, false), (11, true)] {
            let test = try TestSession(limits)
            let bytes = (0..<count).flatMap { _ in Frame.ping() }
            _ = test.session.receive(bytes, at: 0)
            #expect(test.session.isFinished == isFinished)
        }
    }

    @Test func `streams that a client resets`() throws {
        var limits = HTTP2Limits()
        limits.resetsReceivedBurst = 10
        // nghttp2 counts the seconds of the clock.
        limits.resetsReceivedPerSecond = 0
        for (count, code) in [(10, nil), (11, 2)] as [(Int32, UInt8?)] {
            let test = try TestSession(limits)
            for index in 0..<count {
                _ = test.receive(Requests.put(1 + 2 * index) + Frame.reset(stream: 1 + 2 * index))
            }
            #expect(test.goAwayCode() == code)
        }
    }

    /// Ways to make a server reset a stream (CVE-2025-8671).
    enum Provocation: CaseIterable {
        case invalidField, windowOverflow, shortContent

        func bytes(_ stream: Int32) -> [UInt8] {
            switch self {
            case .invalidField: Frame.headers(stream: stream, Frame.request() + [("A", "b")])
            case .windowOverflow: Requests.put(stream) + Frame.windowUpdate(stream: stream, 0x7fff_ffff)
            case .shortContent:
                Frame.headers(stream: stream, Frame.request("PUT") + [("content-length", "5")], flags: Frame.endHeaders)
                    + Frame.data(stream: stream, [1], isLast: true)
            }
        }
    }

    @Test(arguments: Provocation.allCases)
    func `streams that a client makes the server reset`(_ provocation: Provocation) throws {
        var limits = HTTP2Limits()
        limits.resetsSentBurst = 10
        for (count, code) in [(10, nil), (11, 11)] as [(Int32, UInt8?)] {
            let test = try TestSession(limits)
            for index in 0..<count { _ = test.receive(provocation.bytes(1 + 2 * index)) }
            #expect(test.goAwayCode() == code)
        }
    }

    @Test func `resets of the server's own are not held against the client`() throws {
        var limits = HTTP2Limits()
        limits.resetsSentBurst = 1
        let test = try TestSession(limits)
        for index in 0..<20 as Range<Int32> {
            _ = test.open(1 + 2 * index, "PUT")
            test.session.reset(stream: 1 + 2 * index, refused: index % 2 == 0)
            test.takeOutput()
        }
        #expect(test.goAwayCode() == nil)
    }

    @Test func `WINDOW_UPDATE that responses explain are free`() throws {
        var limits = HTTP2Limits()
        limits.glitchesBurst = 3
        let test = try TestSession(limits)
        _ = test.open()
        // The preface took two; 50 frames of content earn 100.
        test.respond(nil)
        for _ in 0..<50 {
            _ = test.session.append(stream: 1, [1])
            test.takeOutput()
        }
        for _ in 0..<100 { _ = test.receive(Frame.windowUpdate(1)) }
        #expect(test.goAwayCode() == nil)
        _ = test.receive(Frame.windowUpdate(1))
        #expect(test.goAwayCode() == nil)
        _ = test.receive(Frame.windowUpdate(1))
        #expect(test.goAwayCode() == 11)
    }

    @Test func `a client's PING each 30 seconds is no trouble for a day`() throws {
        let test = try TestSession()
        for _ in 0..<2_880 {
            test.now += 30_000
            _ = test.receive(Frame.ping())
        }
        #expect(test.goAwayCode() == nil)
        #expect(test.session.deadline == nil)
    }

    @Test func `content that comes after its response`() throws {
        var limits = HTTP2Limits()
        limits.unwantedBytesMax = 100
        for (count, isReset) in [(100, false), (101, true)] {
            let test = try TestSession(limits)
            _ = test.open(1, "PUT")
            test.respond([])
            test.takeOutput()
            _ = test.sent()
            _ = test.receive(Frame.data(stream: 1, [UInt8](repeating: 1, count: count)))
            #expect(test.sent().contains { $0.type == 3 && $0.word(at: 0) == 0 } == isReset)
        }
    }

    @Test func `a guard counts glitches and resets apart`() {
        var limits = HTTP2Limits()
        limits.glitchesBurst = 2
        limits.resetsSentBurst = 1
        var guardian = AbuseGuard(limits)
        let glitches = (0..<3).map { _ in guardian.allowGlitch(at: 0) }
        #expect(glitches == [true, true, false])
        let resets = (0..<2).map { _ in guardian.allowReset(at: 0) }
        #expect(resets == [true, false])
        guardian.dataSent()
        let updates = (0..<3).map { _ in guardian.allowWindowUpdate(at: 0) }
        #expect(updates == [true, true, false])
    }
}
