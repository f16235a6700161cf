import HTTP2Frames
import Testing

@testable import HTTP2Wire

/// RFC 9113 §6.8.
struct ShutdownTests {
    @Test func `the second GOAWAY names the last stream that is served, and no other is`() throws {
        let test = try TestSession()
        _ = test.open(1)
        test.session.announceShutdown()
        test.takeOutput()
        #expect(test.sent().map { $0.word(at: 0) } == [0x7fff_ffff])
        // On its way when the notice left.
        #expect(test.open(3) == ["request 3 GET /x"])
        test.session.goAway()
        test.takeOutput()
        let goAway = test.sent()
        #expect(goAway.map(\.type) == [7])
        #expect(goAway.map { [$0.word(at: 0), $0.word(at: 4)] } == [[3, 0]])
        #expect(test.open(5) == [])
        for stream in [1, 3] as [Int32] {
            #expect(!test.session.isFinished)
            test.respond([1], on: stream)
            #expect(test.flush() == ["closed \(stream)"])
        }
        #expect(test.session.isFinished)
    }

    @Test func `a session without streams ends with the second GOAWAY`() throws {
        let test = try TestSession()
        test.session.announceShutdown()
        test.takeOutput()
        #expect(!test.session.isFinished)
        test.session.goAway()
        test.takeOutput()
        #expect(test.session.isFinished)
        #expect(test.sent().map { $0.word(at: 0) } == [0x7fff_ffff, 0])
    }

    @Test func `content of streams that are served still comes after the GOAWAY`() throws {
        let test = try TestSession()
        _ = test.open(1, "PUT")
        test.session.goAway()
        test.takeOutput()
        #expect(test.receive(Frame.data(stream: 1, [1, 2], isLast: true)) == ["content 1 2", "end 1"])
    }

    @Test func `nothing is heard after a failure`() throws {
        let test = try TestSession()
        _ = test.open(1, "PUT")
        #expect(test.outcome(of: Frame.data(stream: 0, [1])) == .connection(.protocolError))
        #expect(test.receive(Requests.get(3) + Frame.data(stream: 1, [1])) == [])
        #expect(test.session.isFinished)
    }
}
