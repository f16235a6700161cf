import HTTP2Frames
import HTTPWire
import Testing

@testable import HTTP2Wire

struct ResponseTests {
    @Test func `a head has :status, date, lower-case names and a length`() throws {
        let test = try TestSession()
        _ = test.open()
        test.session.respond(
            stream: 1, HTTPResponseHead(status: 418, fields: [("Content-Type", "text/plain")]), date: "now",
            content: [1, 2])
        test.takeOutput()
        let frames = test.sent()
        #expect(frames.map(\.type) == [1, 0])
        #expect(
            test.fields(of: frames[0]) == [
                ":status": "418", "date": "now", "content-type": "text/plain", "content-length": "2",
            ])
        #expect(frames.map(\.isEndStream) == [false, true])
    }

    @Test func `prepared fields are sent as others are, behind the pseudo-header field`() throws {
        let fields = [(name: "Content-Type", value: "text/plain"), (name: "Warning", value: "a\r\nb")]
        let test = try TestSession()
        _ = test.open()
        test.session.respond(
            stream: 1, HTTPResponseHead(status: 200, fields: [("X-Y", "z")], prepared: PreparedFields(fields)),
            date: "now", content: [1])
        test.takeOutput()
        #expect(
            test.fields(of: test.sent()[0]) == [
                ":status": "200", "date": "now", "x-y": "z", "content-type": "text/plain", "warning": "a  b",
                "content-length": "1",
            ])
    }

    @Test func `no control character of a value reaches the client`() throws {
        let test = try TestSession()
        _ = test.open()
        test.session.respond(
            stream: 1, HTTPResponseHead(status: 200, fields: [("warning", "a\r\nb\0\tc")]), date: "now", content: [])
        test.takeOutput()
        #expect(test.fields(of: test.sent()[0])?["warning"] == "a  b \tc")
    }

    @Test(arguments: [204, 304])
    func `some statuses have no content`(_ status: Int) throws {
        let test = try TestSession()
        _ = test.open()
        test.respond([1], status: status)
        #expect(test.flush() == ["closed 1"])
        let frames = test.sent()
        #expect(frames.map(\.type) == [1])
        #expect(test.fields(of: frames[0])?["content-length"] == nil)
    }

    @Test func `the answer to a HEAD that was no request had content`() throws {
        for content in [[1, 2, 3], nil] as [[UInt8]?] {
            let test = try TestSession()
            _ = test.receive(Frame.headers(stream: 1, Frame.request("HEAD", path: "/%zz")))
            test.respond(content, status: 400)
            #expect(test.flush() == ["closed 1"])
            let frames = test.sent()
            #expect(frames.map(\.type) == [1])
            #expect(test.fields(of: frames[0])?["content-length"] == content.map { "\($0.count)" })
        }
    }

    @Test func `a stream has one response`() throws {
        let test = try TestSession()
        _ = test.open()
        test.respond([1])
        test.respond([2, 3])
        test.takeOutput()
        #expect(test.sent().filter { $0.type == 0 }.map(\.payload) == [[1]])
    }

    @Test func `what is for a stream that has gone is dropped`() throws {
        let test = try TestSession()
        _ = test.open(1, "PUT")
        _ = test.receive(Frame.reset(stream: 1))
        _ = test.sent()
        test.respond([1])
        #expect(!test.session.append(stream: 1, [1]))
        test.session.finish(stream: 1)
        test.session.consume(stream: 1, 5)
        test.session.reset(stream: 1)
        test.takeOutput()
        #expect(test.sent().isEmpty)
        #expect(!test.session.isFinished)
    }

    @Test func `content leaves piece by piece, and the last frame says so`() throws {
        let test = try TestSession()
        _ = test.open()
        test.respond(nil)
        test.takeOutput()
        #expect(test.sent().map(\.type) == [1])
        for piece in [[1, 2], [3]] as [[UInt8]] {
            #expect(test.session.append(stream: 1, piece))
            test.takeOutput()
            let frames = test.sent()
            #expect(frames.map(\.payload) == [piece])
            #expect(!frames[0].isEndStream)
        }
        test.session.finish(stream: 1)
        #expect(test.flush() == ["closed 1"])
        let frames = test.sent()
        #expect(frames.map(\.payload) == [[]])
        #expect(frames[0].isEndStream)
    }

    @Test func `100 goes before the response`() throws {
        let test = try TestSession()
        _ = test.receive(
            Frame.headers(stream: 1, Frame.request("PUT") + [("expect", "100-continue")], flags: Frame.endHeaders))
        test.session.sendContinue(stream: 1)
        test.takeOutput()
        let interim = test.sent()
        #expect(test.fields(of: interim[0]) == [":status": "100"])
        #expect(!interim[0].isEndStream)
        #expect(test.receive(Frame.data(stream: 1, [1], isLast: true)) == ["content 1 1", "end 1"])
        test.respond([], status: 202)
        test.takeOutput()
        #expect(test.fields(of: test.sent()[0])?[":status"] == "202")
    }

    @Test func `its queue is full at the limit, and says when there is room`() throws {
        var limits = HTTP2Limits()
        limits.streamOutputBytesMax = 100
        let test = try TestSession(limits)
        _ = test.receive(Frame.settings([(4, 0)]))
        _ = test.open()
        test.respond(nil)
        #expect(test.session.append(stream: 1, [UInt8](repeating: 1, count: 99)))
        #expect(!test.session.append(stream: 1, [1]))
        #expect(test.flush() == [])
        #expect(test.receive(Frame.windowUpdate(stream: 1, 1)) == ["writable 1"])
        // Below the limit already: said once.
        #expect(test.receive(Frame.windowUpdate(stream: 1, 50)) == [])
    }

    @Test func `a long stream that is never drained kept all that it had sent`() throws {
        let test = try TestSession()
        _ = test.open()
        test.respond(nil)
        _ = test.session.append(stream: 1, [UInt8](repeating: 1, count: 100_000))
        // 64 MiB go through; 100 000 octets or so always wait.
        let piece = [UInt8](repeating: 1, count: 32_768)
        for _ in 0..<2_048 {
            _ = test.receive(
                Frame.windowUpdate(stream: 1, UInt32(piece.count)) + Frame.windowUpdate(UInt32(piece.count)))
            _ = test.session.append(stream: 1, piece)
            test.takeOutput()
            _ = test.sent()
        }
        let stream = try #require(test.session.streams[1])
        #expect(!stream.output.isEmpty)
        #expect(stream.output.bytes.count < 1 << 20)
    }

    @Test func `octets leave in their order however narrow the window is`() throws {
        var random = SystemRandomNumberGenerator()
        let content = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let test = try TestSession()
        _ = test.receive(Frame.settings([(4, 0)]))
        _ = test.open()
        test.respond(nil)
        var left = content[...]
        var received: [UInt8] = []
        var step = 1
        while received.count < content.count {
            if !left.isEmpty {
                _ = test.session.append(stream: 1, Array(left.prefix(777)))
                left = left.dropFirst(777)
                if left.isEmpty { test.session.finish(stream: 1) }
            }
            _ = test.receive(Frame.windowUpdate(stream: 1, UInt32(step)))
            for frame in test.sent() where frame.type == 0 { received += frame.payload }
            step = step % 997 + 13
        }
        #expect(received == content)
    }

    @Test func `output is taken up to a limit and goes on from there`() throws {
        let test = try TestSession()
        _ = test.open()
        test.respond([UInt8](repeating: 7, count: 60_000))
        var output: [UInt8] = []
        _ = test.session.takeOutput(into: &output, limit: 1, at: 0)
        #expect(output.count < 20_000)
        var taken = 0
        while output.count > taken {
            taken = output.count
            _ = test.session.takeOutput(into: &output, limit: taken + 1, at: 0)
        }
        var reader = FrameReader()
        #expect(reader.read(output).filter { $0.type == 0 }.reduce(0) { $0 + $1.payload.count } == 60_000)
    }
}
