import HTTPServer
import HTTPWire
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test(arguments: [nil, TestTLS.shared])
    func `ends idle connections at once and busy ones after their response`(_ tls: TestTLS?) async throws {
        let started = Latch()
        let latch = Latch()
        let handler = TestHandler { request in
            guard request.target == "/busy" else { return .text("") }
            started.open()
            await latch.wait()
            return .text("done")
        }
        try await withServer(handler, tls: tls) { server in
            let idle = try await server.connect()
            let busy = try await server.connect()
            #expect(try await idle.get("/").status == 200)
            try await busy.send("GET /busy HTTP/1.1\r\nHost: t\r\n\r\nGET /behind HTTP/1.1\r\nHost: t\r\n\r\n")
            await started.wait()
            async let ended: Void = server.server.shutdown(grace: 600_000)
            #expect(try await idle.end().isEmpty)
            latch.open()
            let reply = try await busy.reply()
            #expect(reply.text == "done")
            #expect(reply.fields["connection"] == "close")
            #expect(try await busy.end().isEmpty)
            await ended
        }
    }

    @Test func `after the grace ends what is still busy, and cancels it`() async throws {
        let started = Latch()
        let cancelled = Latch()
        let handler = TestHandler { _ in
            started.open()
            await Latch().wait()
            cancelled.open()
            return .text("late")
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            await started.wait()
            await server.server.shutdown(grace: 100)
            await cancelled.wait()
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `a connection made during the drain is neither served nor refused`() async throws {
        let started = Latch()
        let latch = Latch()
        let handler = TestHandler { request in
            started.open()
            await latch.wait()
            return .text("done")
        }
        try await withServer(handler) { server in
            let idle = try await server.connect()
            let busy = try await server.connect()
            try await busy.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            await started.wait()
            async let ended: Void = server.server.shutdown(grace: 600_000)
            #expect(try await idle.end().isEmpty)
            await #expect(throws: ClientError.self) { try await server.connect() }
            latch.open()
            #expect(try await busy.reply().text == "done")
            await ended
        }
    }

    @Test func `a server without connections ends at once, and twice`() async throws {
        try await withServer { server in
            await server.server.shutdown(grace: 600_000)
            await server.server.shutdown(grace: 600_000)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ConnectionCapTests {
    @Test func `takes no more connections than the cap, and the next when one ends`() async throws {
        let served = Targets()
        let handler = TestHandler { request in
            served.append(request.target)
            return .text("")
        }
        try await withServer(handler, configure: { $0.connectionsPerLoopMax = 2 }) { server in
            let first = try await server.connect()
            let second = try await server.connect()
            #expect(try await first.get("/first").status == 200)
            #expect(try await second.get("/second").status == 200)
            let third = try await server.connect()
            try await third.send("GET /third HTTP/1.1\r\nHost: t\r\n\r\n")
            // Turns of the loop in which the listener would have been told.
            for _ in 0..<5 { #expect(try await second.get("/again").status == 200) }
            #expect(!served.all.contains("/third"))
            first.reset()
            #expect(try await third.reply().status == 200)
        }
    }
}
