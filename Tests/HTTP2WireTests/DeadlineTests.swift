import HTTP2Frames
import HTTPWire
import Testing

@testable import HTTP2Wire

/// Time, on a clock that the tests move.
struct DeadlineTests {
    @Test func `a client has so long to acknowledge the first SETTINGS`() throws {
        let test = try TestSession(isStarted: false)
        #expect(test.session.deadline == 11_000)
        _ = test.receive(Frame.preface + Frame.settings())
        #expect(test.session.deadline == 11_000)
        test.session.deadlinePassed(at: 10_999)
        #expect(test.goAwayCode() == nil)
        test.session.deadlinePassed(at: 11_000)
        #expect(test.goAwayCode() == 11)
    }

    @Test func `nothing is due while nothing is late`() throws {
        let test = try TestSession()
        #expect(test.session.deadline == nil)
        _ = test.open(1, "PUT")
        #expect(test.session.deadline == nil)
        test.respond(nil)
        test.takeOutput()
        #expect(test.session.deadline == nil)
    }

    @Test func `a header block has its time from its first frame, whatever comes in between`() throws {
        let test = try TestSession()
        test.now = 5_000
        _ = test.receive(Frame.headers(stream: 1, Frame.request(), flags: Frame.endStream))
        #expect(test.session.deadline == 15_000)
        test.now = 9_000
        _ = test.receive(Frame.continuation(stream: 1, Frame.block([("a", "b")]), isLast: false))
        #expect(test.session.deadline == 15_000)
        #expect(test.receive(Frame.continuation(stream: 1, [])) == ["request 1 GET /x"])
        #expect(test.session.deadline == nil)
    }

    @Test func `a block whose frame is not all there has a time limit too`() throws {
        let test = try TestSession()
        _ = test.receive(Array(Requests.get().dropLast()))
        #expect(test.session.deadline == 11_000)
    }

    @Test func `each header block has a time of its own`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.headers(stream: 1, Frame.request(), flags: Frame.endStream))
        test.now = 9_000
        _ = test.receive(
            Frame.continuation(stream: 1, []) + Frame.headers(stream: 3, Frame.request(), flags: Frame.endStream))
        #expect(test.session.deadline == 19_000)
    }

    @Test func `a request with an invalid field ended its connection ten seconds later`() throws {
        let test = try TestSession()
        _ = test.open(1, "PUT")
        #expect(
            test.outcome(of: Frame.headers(stream: 3, Frame.request() + [("A", "b")])) == .stream(3, .protocolError))
        #expect(test.session.deadline == nil)
        test.session.deadlinePassed(at: 60_000)
        #expect(test.goAwayCode() == nil)
    }

    @Test func `a request that crossed the GOAWAY ended the streams before it ten seconds later`() throws {
        let test = try TestSession()
        _ = test.open(1, "PUT")
        test.session.goAway()
        test.takeOutput()
        _ = test.sent()
        #expect(test.receive(Requests.get(3)) == [])
        #expect(test.session.deadline == nil)
        test.session.deadlinePassed(at: 60_000)
        #expect(test.receive(Frame.data(stream: 1, [1], isLast: true)) == ["content 1 1", "end 1"])
    }

    @Test func `a response that waits has its time from when it began to wait`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 10)]))
        _ = test.open()
        test.now = 2_000
        test.respond([UInt8](repeating: 1, count: 100))
        test.takeOutput()
        #expect(test.session.deadline == 32_000)
        // Octets that leave are progress.
        test.now = 30_000
        _ = test.receive(Frame.windowUpdate(stream: 1, 20))
        #expect(test.session.deadline == 32_020)
        // Frames that let nothing out are none.
        test.now = 31_000
        _ = test.receive(Frame.ping())
        #expect(test.session.deadline == 32_020)
        _ = test.receive(Frame.windowUpdate(stream: 1, 1_000))
        #expect(test.session.deadline == nil)
    }

    @Test func `an octet every now and then held a response for ever`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        _ = test.open()
        test.respond([UInt8](repeating: 1, count: 1_000))
        test.takeOutput()
        for octet in 1...10 as ClosedRange<Int64> {
            test.now += 2_000
            #expect(test.receive(Frame.windowUpdate(stream: 1, 1)) == [])
            // One second for 1 000 octets.
            #expect(test.session.deadline == 31_000 + octet)
        }
        test.session.deadlinePassed(at: 31_009)
        #expect(test.flush() == [])
        test.session.deadlinePassed(at: 31_010)
        #expect(test.flush() == ["closed 1"])
        #expect(test.resetCode(of: 1) == .calm)
    }

    @Test func `at the least rate a response may take its time`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        _ = test.open()
        test.respond([UInt8](repeating: 1, count: 60_000))
        test.takeOutput()
        for _ in 1...59 {
            test.now += 1_000
            _ = test.receive(Frame.windowUpdate(stream: 1, 1_000))
            #expect(try #require(test.session.deadline) > test.now)
        }
        #expect(test.receive(Frame.windowUpdate(stream: 1, 1_000)) == ["closed 1"])
    }

    /// Behind a proxy they are other users'.
    @Test func `a response that nobody read ended its connection and all its streams`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        _ = test.open()
        test.respond([1])
        _ = test.open(3, "PUT")
        test.session.deadlinePassed(at: 31_000)
        #expect(test.flush() == ["closed 1"])
        #expect(test.receive(Frame.data(stream: 3, [1], isLast: true)) == ["content 3 1", "end 3"])
    }

    @Test func `a stream that another overtakes kept its time`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        for stream in [1, 3] as [Int32] {
            _ = test.open(stream)
            test.respond([UInt8](repeating: 1, count: 1_000_000), on: stream)
        }
        test.takeOutput()
        for _ in 1...29 {
            test.now += 1_000
            _ = test.receive(Frame.windowUpdate(1_000) + Frame.windowUpdate(stream: 3, 1_000))
        }
        #expect(test.session.deadline == 31_000)
        test.session.deadlinePassed(at: 31_000)
        #expect(test.flush() == ["closed 1"])
    }

    /// A watch: its client may close the window for a moment, long after the last event.
    @Test func `the wait of a response counted from the last octet before it`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 10)]))
        _ = test.open()
        test.respond(nil)
        _ = test.session.append(stream: 1, [UInt8](repeating: 1, count: 10))
        test.takeOutput()
        #expect(test.session.deadline == nil)
        test.now = 100_000
        _ = test.session.append(stream: 1, [1])
        test.takeOutput()
        #expect(test.session.deadline == 130_000)
        test.session.deadlinePassed(at: 129_999)
        #expect(test.flush() == [])
        test.session.deadlinePassed(at: 130_000)
        #expect(test.flush() == ["closed 1"])
    }

    /// nghttp2 keeps even an empty DATA frame until the window opens.
    @Test func `a stream whose end alone waited for the window waited for ever`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 3)]))
        _ = test.open()
        test.respond(nil)
        _ = test.session.append(stream: 1, [1, 2, 3])
        test.takeOutput()
        #expect(test.session.deadline == nil)
        test.session.finish(stream: 1)
        test.takeOutput()
        #expect(test.session.deadline == 31_000)
        #expect(test.receive(Frame.windowUpdate(stream: 1, 1)) == ["closed 1"])
        #expect(test.session.deadline == nil)
    }

    @Test func `what waits for the socket was held against the windows`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 1_000_000)]) + Frame.windowUpdate(1_000_000))
        _ = test.open()
        test.respond([UInt8](repeating: 1, count: 500_000))
        var output: [UInt8] = []
        _ = test.session.takeOutput(into: &output, limit: 65_536, at: test.now)
        #expect(test.session.deadline == nil)
        let taken = output.count
        _ = test.session.takeOutput(into: &output, limit: .max, at: test.now)
        #expect(output.count > taken)
    }

    @Test func `nothing is due once a session has been ended`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.headers(stream: 1, Frame.request(), flags: Frame.endStream))
        test.session.deadlinePassed(at: 11_000)
        #expect(test.session.deadline == nil)
    }

    @Test func `a stream that is reset while it waits leaves nothing to be due`() throws {
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        _ = test.open()
        test.respond([1])
        test.takeOutput()
        #expect(test.session.deadline != nil)
        _ = test.receive(Frame.reset(stream: 1))
        #expect(test.session.deadline == nil)
    }
}
