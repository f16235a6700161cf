import HTTP2Frames
import HTTPServer
import HTTPWire
import Logging
import Reactor
import Synchronization
import TLS
import Testing

/// HTTP/2 over TLS on several loops: many streams of many connections, at once.
@Suite(.timeLimit(.minutes(2))) struct LoopsTests {
    private static let loops = 4
    private static let clients = 64
    private static let streams = 10

    /// On which loops each connection's handlers ran.
    private final class Places: Sendable {
        private let loops: [EventLoop]
        private let places = Mutex<[String: Set<Int>]>([:])

        init(_ loops: [EventLoop]) {
            self.loops = loops
        }

        func note(_ request: HTTPRequest) {
            let index = loops.firstIndex { $0.executor.isIsolatingCurrentContext() == true } ?? -1
            places.withLock { _ = $0["\(request.peerAddress.map { "\($0)" } ?? "")", default: []].insert(index) }
        }

        var all: [Set<Int>] { places.withLock { Array($0.values) } }
    }

    /// How many handlers of slow requests have begun; they end when the latch opens.
    private struct Slow: Sendable {
        let latch = Latch()
        let begun = Counter()
        let allBegun = Latch()
    }

    /// Up to 6 kB, each of another size and with another text in it.
    private static func content(_ client: Int, _ stream: Int) -> [UInt8] {
        Array(String(repeating: "\(client)/\(stream) ", count: 1 + (client * 31 + stream * 577) % 900).utf8)
    }

    /// The suite is about order, and machines are slow.
    private static var patient: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.handshakeTimeout = 600_000
        configuration.bodyIdleTimeout = 600_000
        configuration.bodyGrace = 600_000
        configuration.requestTimeout = 600_000
        configuration.writeStallTimeout = 600_000
        configuration.writeGrace = 600_000
        return configuration
    }

    private static func handler(_ places: Places, _ slow: Slow) -> TestHandler {
        TestHandler { request in
            places.note(request)
            let content: [UInt8]
            do throws(HTTPWireError) {
                content = try await request.content()
            } catch {
                return TestHandler.refusal(error)
            }
            if request.target.hasPrefix("/slow") {
                if slow.begun.next() == clients - 1 { slow.allBegun.open() }
                await slow.latch.wait()
            } else {
                await EventLoop.yield()
            }
            places.note(request)
            return .bytes(Array("\(request.target):".utf8) + content)
        }
    }

    /// A client that speaks HTTP/2 frame by frame.
    private struct H2Client: Sendable {
        let number: Int
        let client: Client

        init(_ number: Int, port: UInt16, tls: TLSContext) async throws {
            self.number = number
            client = try await Client(port: port, tls: tls)
            // Windows that hold all answers.
            try await client.send(
                Frame.preface + Frame.settings([(4, 1 << 20)]) + Frame.windowUpdate(1 << 30) + Frame.settingsAck)
        }

        /// Sends requests whose contents come piece by piece in turn, and takes every third back before its end.
        func sendAll() async throws {
            var rest: [(stream: Int32, content: ArraySlice<UInt8>)] = []
            for index in 0..<LoopsTests.streams {
                let stream = Int32(2 * index + 1)
                try await client.send(
                    Frame.headers(
                        stream: stream, Frame.request("POST", path: "/c\(number)/s\(stream)"), flags: Frame.endHeaders))
                rest.append((stream, LoopsTests.content(number, Int(stream))[...]))
            }
            while !rest.isEmpty {
                var bytes: [UInt8] = []
                for index in rest.indices {
                    let piece = rest[index].content.prefix(1_000)
                    rest[index].content = rest[index].content.dropFirst(1_000)
                    let isLast = rest[index].content.isEmpty
                    if isLast, Self.isTakenBack(rest[index].stream) {
                        bytes += Frame.reset(stream: rest[index].stream)
                    } else {
                        bytes += Frame.data(stream: rest[index].stream, Array(piece), isLast: isLast)
                    }
                }
                rest.removeAll { $0.content.isEmpty }
                try await client.send(bytes)
            }
        }

        static func isTakenBack(_ stream: Int32) -> Bool { stream % 6 == 5 }

        /// Reads until the answers to all of `streams` are whole; answers their contents, and whether GOAWAY came.
        func answers(to streams: Set<Int32>) async throws -> (contents: [Int32: [UInt8]], hasGoneAway: Bool) {
            var open = streams
            var contents: [Int32: [UInt8]] = [:]
            var hasGoneAway = false
            while !open.isEmpty {
                let frame = try await frame()
                switch frame.type {
                case 0: contents[frame.stream, default: []] += frame.payload
                case 3: throw ClientError.malformed("stream \(frame.stream) was reset: \(frame.word(at: 0))")
                case 7: hasGoneAway = true
                default: break
                }
                if frame.isEndStream { open.remove(frame.stream) }
            }
            return (contents, hasGoneAway)
        }

        private func frame() async throws -> ReceivedFrame {
            var reader = FrameReader()
            let head = try await client.bytes(9)
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard let frame = reader.read(head + (length > 0 ? try await client.bytes(length) : [])).first else {
                throw ClientError.malformed("frame")
            }
            return frame
        }
    }

    @Test func `each stream has its own answer whatever others do, on one loop, and the drain answers what runs`()
        async throws
    {
        let tls = try #require(TestTLS.shared)
        let loops = try (0..<Self.loops).map { try EventLoop(name: "test-\($0)") }
        let (places, slow) = (Places(loops), Slow())
        let address = try #require(SocketAddress("127.0.0.1", port: 0))
        let server = try await HTTPServer(
            on: address, loops: loops, handler: Self.handler(places, slow), tls: TLSContextReference(tls.server),
            configuration: Self.patient, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let context = try TLSContext(trusting: tls.bundle, http2: true)
        let port = server.address.port
        let clients = try await withThrowingTaskGroup(of: H2Client.self) { group in
            for number in 0..<Self.clients {
                group.addTask {
                    let client = try await H2Client(number, port: port, tls: context)
                    try await client.sendAll()
                    let streams = Set((0..<Self.streams).map { Int32(2 * $0 + 1) }.filter { !H2Client.isTakenBack($0) })
                    let (contents, hasGoneAway) = try await client.answers(to: streams)
                    #expect(!hasGoneAway)
                    for stream in streams {
                        let expected =
                            Array("/c\(number)/s\(stream):".utf8) + Self.content(number, Int(stream))
                        #expect(contents[stream] == expected, "client \(number), stream \(stream)")
                    }
                    // Nothing for those that were taken back.
                    #expect(Set(contents.keys) == streams)
                    return client
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(places.all.count == Self.clients)
        #expect(places.all.allSatisfy { $0.count == 1 })
        #expect(places.all.reduce(into: Set<Int>()) { $0.formUnion($1) } == Set(0..<Self.loops))

        let late = Int32(2 * Self.streams + 1)
        for client in clients {
            try await client.client.send(
                Frame.headers(stream: late, Frame.request(path: "/slow/c\(client.number)")))
        }
        await slow.allBegun.wait()
        async let ended: Void = server.shutdown(grace: 600_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients {
                group.addTask {
                    // GOAWAY, and still the answer.
                    #expect(
                        try await client.answers(to: [late]).contents[late] == Array("/slow/c\(client.number):".utf8))
                    try await client.client.end()
                }
            }
            slow.latch.open()
            try await group.waitForAll()
        }
        await ended
        #expect(places.all.allSatisfy { $0.count == 1 })
        for loop in loops { await loop.stop() }
    }
}
