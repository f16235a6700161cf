import Glibc
import HTTPServer
import Reactor
import Synchronization
import Testing

/// The server on a kernel that plays tricks.
@Suite(.timeLimit(.minutes(1)))
struct KernelFaultTests {
    private static let linux = SystemCalls.linux

    /// Three requests of one client, the last with content.
    private static func converse(_ server: TestServer) async throws {
        let client = try await server.connect()
        #expect(try await client.get("/a").text == "/a ")
        #expect(try await client.get("/b").text == "/b ")
        let content = String(repeating: "0123456789", count: 300)
        try await client.send("POST /c HTTP/1.1\r\nHost: t\r\nContent-Length: 3000\r\n\r\n" + content)
        #expect(try await client.reply().text == "/c " + content)
    }

    @Test(arguments: [nil, TestTLS.shared])
    func `writes and reads that move one byte`(_ tls: TestTLS?) async throws {
        var calls = Self.linux
        calls.write = { descriptor, buffer in
            Self.linux.write(descriptor, UnsafeRawBufferPointer(rebasing: buffer.prefix(1)))
        }
        calls.read = { descriptor, buffer in
            Self.linux.read(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(1)))
        }
        try await withServer(tls: tls, calls: calls) { try await Self.converse($0) }
    }

    @Test(arguments: [EAGAIN, EINTR], [nil, TestTLS.shared])
    func `calls of which every other fails for now`(_ code: Int32, _ tls: TestTLS?) async throws {
        let count = Counter()
        var calls = Self.linux
        calls.write = { descriptor, buffer in
            guard count.next() % 2 == 0 else { return -Int(code) }
            return Self.linux.write(descriptor, UnsafeRawBufferPointer(rebasing: buffer.prefix(100)))
        }
        calls.read = { count.next() % 2 == 0 ? Self.linux.read($0, $1) : -Int(code) }
        calls.accept = { count.next() % 2 == 0 ? Self.linux.accept($0) : (-code, nil) }
        try await withServer(tls: tls, calls: calls) { try await Self.converse($0) }
    }

    @Test(arguments: [ECONNRESET, ETIMEDOUT, EIO])
    func `a read that fails ends its connection and no other`(_ code: Int32) async throws {
        let count = Counter()
        var calls = Self.linux
        calls.read = { count.next() == 0 ? -Int(code) : Self.linux.read($0, $1) }
        try await withServer(calls: calls) { server in
            let client = try await server.connect()
            try await client.send("G")
            await #expect(throws: (any Error).self) { try await client.reply() }
            try await Self.converse(server)
        }
    }

    @Test(arguments: [ECONNRESET, EPIPE, EIO])
    func `a write that fails ends its connection and no other`(_ code: Int32) async throws {
        let count = Counter()
        var calls = Self.linux
        calls.write = { count.next() == 0 ? -Int(code) : Self.linux.write($0, $1) }
        try await withServer(calls: calls) { server in
            let client = try await server.connect()
            await #expect(throws: (any Error).self) { try await client.get("/") }
            try await Self.converse(server)
        }
    }

    @Test(arguments: [EMFILE, ENFILE, ENOMEM, ENOBUFS])
    func `accepts again when descriptors or memory are back`(_ code: Int32) async throws {
        let count = Counter()
        var calls = Self.linux
        calls.accept = { count.next() < 2 ? (-code, nil) : Self.linux.accept($0) }
        try await withServer(calls: calls) { server in
            try await Self.converse(server)
            // It paused between its attempts: a loop that spins would have come here thousands of times.
            #expect(count.value < 10)
        }
    }

    @Test(arguments: [ECONNABORTED, EPROTO, ENETDOWN, EPERM])
    func `passes over a connection that went before it was accepted`(_ code: Int32) async throws {
        let count = Counter()
        var calls = Self.linux
        calls.accept = { count.next() < 3 ? (-code, nil) : Self.linux.accept($0) }
        try await withServer(calls: calls) { try await Self.converse($0) }
    }
}

/// Numbers the calls, from 0.
final class Counter: Sendable {
    private let count = Atomic(0)
    func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
    var value: Int { count.load(ordering: .relaxed) }
}
