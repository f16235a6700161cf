import HTTPServer
import HTTPWire
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    private static func streaming(_ produce: @escaping @Sendable (ResponseWriter) async -> Void) -> TestHandler {
        TestHandler { _ in HTTPResponse(head: HTTPResponseHead(status: 200), content: .stream { await produce($0) }) }
    }

    @Test(arguments: [nil, TestTLS.shared])
    func `sends each piece as it is written, and keeps the connection`(_ tls: TestTLS?) async throws {
        let latch = Latch()
        let handler = Self.streaming { writer in
            _ = await writer.write(Array("hello".utf8))
            await latch.wait()
            _ = await writer.write([])
            _ = await writer.write(Array(" world".utf8))
        }
        try await withServer(handler, tls: tls) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            let head = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nTransfer-Encoding: chunked\r\n\r\n"
            let first = try await client.bytes(head.utf8.count + 10)
            #expect(String(decoding: first, as: UTF8.self).hasSuffix("chunked\r\n\r\n5\r\nhello\r\n"))
            latch.open()
            #expect(try await client.bytes(16) == Array("6\r\n world\r\n0\r\n\r\n".utf8))
            #expect(try await client.get("/").text == "hello world")
        }
    }

    @Test func `streams to an HTTP 1 point 0 client until the connection ends`() async throws {
        let handler = Self.streaming { writer in
            for piece in ["a", "b"] { _ = await writer.write(Array(piece.utf8)) }
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let reply = try await client.reply()
            #expect(reply.text == "ab")
            #expect(reply.fields["connection"] == "close")
        }
    }

    @Test(arguments: [nil, TestTLS.shared])
    func `waits for a slow reader instead of holding all that it is not ready for`(_ tls: TestTLS?) async throws {
        let written = Atomic(0)
        let piece = [UInt8](repeating: 0x78, count: 64 * 1_024)
        let pieces = 400
        let shared = Shared(written)
        let handler = TestHandler { request in
            guard request.target == "/stream" else { return .text("\(shared.value.load(ordering: .relaxed))") }
            return HTTPResponse(
                head: HTTPResponseHead(status: 200),
                content: .stream { writer in
                    for _ in 0..<pieces {
                        shared.value.add(1, ordering: .relaxed)
                        guard await writer.write(piece) else { return }
                    }
                })
        }
        try await withServer(handler, tls: tls) { server in
            let client = try await Client(port: server.port, tls: tls?.client, receiveBufferBytes: 8_192)
            try await client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")
            _ = try await client.bytes(1)
            // A producer that did not wait would be done before the loop serves another connection.
            let observer = try await server.connect()
            var count = ""
            for _ in 0..<5 { count = try await observer.get("/count").text }
            // What the kernel's buffers took, and the limit of 256 KiB with one piece past it.
            #expect(try #require(Int(count)) < pieces / 2)
            try await client.send("GET /count HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            let rest = try await client.end()
            #expect(rest.count > pieces * piece.count)
            #expect(String(decoding: rest.suffix(8), as: UTF8.self).hasSuffix("\(pieces)"))
        }
    }

    @Test(arguments: [false, true])
    func `a producer learns that the client has gone`(_ resets: Bool) async throws {
        let gone = Latch()
        let handler = Self.streaming { writer in
            while await writer.write([UInt8](repeating: 0x78, count: 1_024)) { await Task.yield() }
            #expect(writer.isClosed)
            gone.open()
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            _ = try await client.bytes(1)
            if resets { client.reset() } else { client.halfClose() }
            await gone.wait()
        }
    }
}

/// Lets closures share what can't be copied.
final class Shared: Sendable {
    let value: Atomic<Int>
    init(_ value: consuming Atomic<Int>) { self.value = value }
}
