import Glibc
import HTTPServer
import HTTPWire
import Reactor
import Testing

/// What one connection, or the listener, may take before the others have their turn, and what may wait for a peer.
@Suite(.timeLimit(.minutes(1)))
struct TurnTests {
    private static let linux = SystemCalls.linux

    @Test(arguments: [(1_000, false), (1_001, true)])
    func `a producer waits for the peer once more than the limit waits for it`(
        _ bytes: Int, _ waits: Bool
    ) async throws {
        let count = Counter()
        var calls = Self.linux
        // The socket takes the head, and then nothing for a few calls: the first is made by what is written.
        calls.write = { (1..<4).contains(count.next()) ? -Int(EAGAIN) : Self.linux.write($0, $1) }
        let handler = TestHandler { _ in
            HTTPResponse(
                head: HTTPResponseHead(status: 200),
                content: .stream { writer in
                    #expect(await writer.write([UInt8](repeating: 0x78, count: bytes)))
                    #expect((count.value > 4) == waits)
                })
        }
        try await withServer(handler, calls: calls, configure: { $0.outboundBytesMax = 1_000 }) { server in
            let client = try await server.connect()
            // To HTTP/1.0 content goes without chunks' sizes.
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await client.reply().content.count == bytes)
        }
    }

    /// How often something had been done at each turn of a loop at which it was more than before, until it was done
    /// `end` times.
    private static func counts(
        _ count: Counter, until end: Int, on loop: isolated EventLoop, began: Latch
    ) async throws -> [Int] {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ClientError.system("pipe", errno) }
        defer { for end in ends { close(end) } }
        let watch = TurnWatch(count, until: end)
        // An empty pipe can be written to at every turn.
        watch.token = try loop.selector.register(ends[1], interest: .writable, handler: watch)
        began.open()
        await withCheckedContinuation { watch.onEnd = $0.resume }
        return watch.counts
    }

    @Test func `so many connections are taken in a turn, and the next ones in the next`() async throws {
        let count = Counter()
        var calls = Self.linux
        // Clients that have gone before they were accepted, without end.
        calls.accept = { _ in
            _ = count.next()
            return (-ECONNABORTED, nil)
        }
        try await withServer(calls: calls, configure: { $0.acceptsPerTurn = 3 }) { server in
            let began = Latch()
            async let counts = Self.counts(count, until: 12, on: server.loop, began: began)
            await began.wait()
            let client = try await server.connect()
            #expect(try await counts == [0, 3, 6, 9, 12])
            withExtendedLifetime(client) {}
        }
    }

    @Test func `a connection is read from so often in a turn, and again in the next`() async throws {
        let reads = 9
        let bytes = reads * 32 * 1_024
        let head = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: \(bytes)\r\n\r\n"
        let count = Counter()
        var calls = Self.linux
        // A client whose content is always there: after the head each read fills the buffer.
        calls.read = { descriptor, buffer in
            switch count.next() {
            case 0: Self.linux.read(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(head.utf8.count)))
            case ...reads: buffer.count
            default: -Int(EAGAIN)
            }
        }
        let configure = { (configuration: inout ServerConfiguration) in
            configuration.readsPerTurn = 3
            configuration.inboundBytesMax = bytes
        }
        try await withServer(calls: calls, configure: configure) { server in
            let began = Latch()
            async let counts = Self.counts(count, until: 1 + reads, on: server.loop, began: began)
            await began.wait()
            let client = try await server.connect()
            try await client.send(head + "x")
            #expect(try await counts == [0, 1, 4, 7, 10])
            #expect(try await client.reply().content.count == 2 + bytes)
        }
    }
}

/// Looks at a counter once a turn.
private final class TurnWatch: ReadinessHandler {
    private let count: Counter
    private let end: Int
    private(set) var counts: [Int]
    var token: Selector.Token?
    var onEnd: (() -> Void)?

    init(_ count: Counter, until end: Int) {
        self.count = count
        self.end = end
        counts = [count.value]
    }

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) {
        let value = count.value
        if counts.last != value { counts.append(value) }
        guard value >= end, let token else { return }
        loop.selector.deregister(token)
        onEnd?()
    }

    func deadlinePassed(on loop: isolated EventLoop) {}
}
