import HTTPServer
import HTTPWire
import Reactor
import Testing

/// How connections end: by the client, by time, by the cap, by the server's own end.
@Suite(.timeLimit(.minutes(1)))
struct EndTests {
    @Test func `a complete request is answered after the client's half-close`() async throws {
        let latch = Latch()
        let handler = TestHandler { _ in
            await latch.wait()
            return .text("answer")
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            client.halfClose()
            let other = try await server.connect()
            other.halfClose()
            // The loop has seen the end of a later connection, and so of this one.
            try await other.end()
            latch.open()
            #expect(try await client.reply().text == "answer")
        }
    }

    @Test()
    func `a connection whose client has half-closed stays open after the response`() async throws {
        let handler = TestHandler { request in
            _ = try? await request.content()
            await Task.yield()
            return .text("answer")
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            client.halfClose()
            #expect(try await client.reply().text == "answer")
            #expect(try await client.end().isEmpty)
        }
    }

    @Test(arguments: ["keep-alive", "close"])
    func `a half-close cuts off a response that the socket has not taken yet`(_ connection: String) async throws {
        let content = [UInt8](repeating: 0x78, count: 16 << 20)
        try await withServer(TestHandler { _ in .bytes(content) }) { server in
            let client = try await Client(port: server.port, receiveBufferBytes: 8_192)
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: \(connection)\r\n\r\n")
            client.halfClose()
            #expect(try await client.reply().content.count == content.count)
        }
    }

    @Test()
    func `a slow reader's last response is cut off when the time to linger is over`() async throws {
        let content = [UInt8](repeating: 0x78, count: 16 << 20)
        try await withServer(TestHandler { _ in .bytes(content) }, configure: { $0.lingerTimeout = 100 }) { server in
            let client = try await Client(port: server.port, receiveBufferBytes: 8_192)
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            _ = try await client.bytes(1)
            await server.loop.sleep(milliseconds: 500)
            #expect(try await client.end().count >= content.count)
        }
    }

    @Test func `a request that the client cuts short reaches no handler`() async throws {
        try await withServer(
            TestHandler { _ in
                Issue.record("called")
                return .text("")
            }
        ) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n")
            client.halfClose()
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `content that the client cuts short fails the handler that waits for it`() async throws {
        let failed = Latch()
        let handler = TestHandler { request in
            if (try? await request.content()) == nil { failed.open() }
            return .text("")
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhel")
            client.halfClose()
            await failed.wait()
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `a client that goes cancels its handler`() async throws {
        let started = Latch()
        let cancelled = Latch()
        let handler = TestHandler { _ in
            started.open()
            await Latch().wait()
            if Task.isCancelled { cancelled.open() }
            return .text("")
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            await started.wait()
            client.reset()
            await cancelled.wait()
        }
    }
}
