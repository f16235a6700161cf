import Glibc
import HTTPServer
import HTTPWire
import Reactor
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TimeoutTests {
    @Test(arguments: [nil, TestTLS.shared])
    func `ends an idle connection`(_ tls: TestTLS?) async throws {
        try await withServer(tls: tls, configure: { $0.idleTimeout = 1000 }) { server in
            let client = try await server.connect()
            #expect(try await client.get("/").status == 200)
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `ends a connection that does not shake hands`() async throws {
        let tls = try #require(TestTLS.shared)
        try await withServer(tls: tls, configure: { $0.handshakeTimeout = 100 }) { server in
            let client = try await Client(port: server.port)
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `answers 408 to header fields that take too long, however they drip`() async throws {
        try await withServer(configure: { $0.headTimeout = 200 }) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n")
            let dripping = Task {
                while (try? await client.send("A: b\r\n")) != nil { await server.loop.sleep(milliseconds: 1) }
            }
            await dripping.value
            #expect(try await client.reply().status == 408)
        }
    }

    @Test func `answers 408 to content that stops coming`() async throws {
        try await withServer(configure: { $0.bodyIdleTimeout = 100 }) { server in
            let client = try await server.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhel")
            let reply = try await client.reply()
            #expect(reply.status == 408)
            #expect(reply.fields["x-by"] == "handler")
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `answers 408 to content that comes too slowly`() async throws {
        try await withServer(configure: {
            $0.bodyGrace = 200
            $0.bodyRateMin = 1_000_000
        }) { server in
            let client = try await server.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n")
            let dripping = Task {
                while (try? await client.send("x")) != nil { await server.loop.sleep(milliseconds: 1) }
            }
            await dripping.value
            #expect(try await client.reply().status == 408)
        }
    }

    @Test func `answers 504 when the handler takes too long, and cancels it`() async throws {
        let cancelled = Latch()
        let handler = TestHandler { _ in
            await Latch().wait()
            cancelled.open()
            return .text("late")
        }
        try await withServer(handler, configure: { $0.requestTimeout = 100 }) { server in
            let client = try await server.connect()
            let reply = try await client.get("/")
            #expect(reply.status == 504)
            #expect(reply.text == "504: Timeout: request did not complete within the allotted timeout")
            await cancelled.wait()
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `a streamed response may take longer than a request`() async throws {
        let clock = try EventLoop(name: "clock")
        let handler = TestHandler { _ in
            HTTPResponse(
                head: HTTPResponseHead(status: 200),
                content: .stream { writer in
                    for _ in 0..<4 {
                        _ = await writer.write([0x78])
                        await clock.sleep(milliseconds: 60)
                    }
                })
        }
        try await withServer(handler, configure: { $0.requestTimeout = 100 }) { server in
            let client = try await server.connect()
            #expect(try await client.get("/").text == "xxxx")
        }
        await clock.stop()
    }

    @Test func `content has its time from when the handler asks for it`() async throws {
        let clock = try EventLoop(name: "clock")
        let handler = TestHandler { request in
            // Longer than content may take that is asked for at once.
            await clock.sleep(milliseconds: 1_500)
            return await TestHandler.echo.answer(request)
        }
        try await withServer(handler, configure: { $0.bodyGrace = 1_000 }) { server in
            let client = try await server.connect()
            try await client.send(
                "POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try await client.reply().status == 100)
            try await client.send("hello")
            #expect(try await client.reply().text == "/ hello")
        }
        await clock.stop()
    }

    /// Writes until the peer has gone.
    private static func endless(until ended: Latch) -> TestHandler {
        TestHandler { _ in
            HTTPResponse(
                head: HTTPResponseHead(status: 200),
                content: .stream { writer in
                    while await writer.write([UInt8](repeating: 0x78, count: 65_536)) {}
                    ended.open()
                })
        }
    }

    @Test func `ends a connection whose client reads too slowly`() async throws {
        let ended = Latch()
        let handler = Self.endless(until: ended)
        // A socket that takes a little, and then makes it wait.
        let count = Counter()
        var calls = SystemCalls.linux
        calls.write = { descriptor, buffer in
            guard count.next() % 2 == 0 else { return -Int(EAGAIN) }
            return SystemCalls.linux.write(descriptor, UnsafeRawBufferPointer(rebasing: buffer.prefix(1)))
        }
        try await withServer(
            handler, calls: calls,
            configure: {
                $0.writeGrace = 200
                $0.writeRateMin = 1_000_000
            }
        ) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            await ended.wait()
        }
    }

    @Test func `ends a connection whose client stops reading`() async throws {
        let ended = Latch()
        let handler = Self.endless(until: ended)
        try await withServer(handler, configure: { $0.writeStallTimeout = 100 }) { server in
            let client = try await Client(port: server.port, receiveBufferBytes: 8_192)
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            await ended.wait()
        }
    }

    /// The socket had taken all of the response, and the connection counted as idle.
    @Test func `a client that takes nothing of what the kernel holds for it kept its connection`() async throws {
        let content = [UInt8](repeating: 0x78, count: 60_000)
        let handler = TestHandler { request in request.target == "/" ? .bytes(content) : .text("served") }
        try await withServer(
            handler,
            configure: {
                $0.connectionsPerLoopMax = 1
                $0.writeStallTimeout = 200
            }
        ) { server in
            let client = try await Client(port: server.port, receiveBufferBytes: 2_048)
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            // Served once there is room again.
            #expect(try await server.connect().get("/next").text == "served")
            await #expect(throws: (any Error).self) { try await client.reply() }
        }
    }
}
