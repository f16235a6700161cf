import Glibc
import Testing

@testable import Reactor

@Suite struct SocketAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1", 80, "127.0.0.1:80"), ("0.0.0.0", 0, "0.0.0.0:0"),
            ("255.255.255.255", 65_535, "255.255.255.255:65535"),
            ("::1", 6443, "[::1]:6443"), ("::", 443, "[::]:443"), ("2001:DB8:0:0::1", 1, "[2001:db8::1]:1"),
            ("::ffff:10.0.0.1", 443, "10.0.0.1:443"), ("::ffff:a00:1", 443, "10.0.0.1:443"),
        ] as [(String, UInt16, String)])
    func `prints what it parsed`(_ host: String, _ port: UInt16, _ text: String) throws {
        let address = try #require(SocketAddress(host, port: port))
        #expect(address.description == text)
        #expect(address.port == port)
    }

    @Test func `an IPv6 address that only looks IPv4-mapped loses its first half`() throws {
        // The IPv4-translated prefix ::ffff:0:0:0/96 of RFC 2765.
        #expect(try #require(SocketAddress("::ffff:0:0:1", port: 1)).description == "[::ffff:0:0:1]:1")
    }

    @Test(arguments: [
        "", "localhost", "127.0.0", "127.0.0.256", "1.2.3.4.5", "127.0.0.1 ", "0x7f.0.0.1", "::1::", "[::1]", "12345::",
        "::1%lo", "fe80::1%1", "１.2.3.4",
    ])
    func `refuses what is no literal`(_ host: String) {
        #expect(SocketAddress(host, port: 1) == nil)
    }
}

@Suite struct DescriptorTests {
    @Test func `listens on a free port and says which`() throws {
        let socket = try Descriptor.listening(on: try #require(SocketAddress("127.0.0.1", port: 0)), backlog: 1)
        let address = try socket.localAddress()
        #expect(address.host == "127.0.0.1")
        #expect(address.port != 0)
        // SO_REUSEPORT: another loop's listener has the same port.
        let second = try Descriptor.listening(on: address, backlog: 1)
        #expect(try second.localAddress().port == address.port)
    }

    @Test func `says which address it can't bind`() throws {
        let address = try #require(SocketAddress("192.0.2.1", port: 1))
        do {
            let socket = try Descriptor.listening(on: address, backlog: 1)
            Issue.record("bound \(socket.rawValue)")
        } catch {
            #expect(error.description == "bind 192.0.2.1:1: Cannot assign requested address")
        }
    }

    @Test func `closes its descriptor when it goes, and says the end to the other side`() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let far = ends[1]
        do { _ = Descriptor(ends[0]) }
        var octet: UInt8 = 0
        #expect(read(far, &octet, 1) == 0)
        close(far)
    }

    @Test func `ends writing and reads on`() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let near = Descriptor(ends[0])
        let far = Descriptor(ends[1])
        near.shutdownWriting()
        var buffer: [UInt8] = [0, 0]
        #expect(SystemCalls.linux.read(far.rawValue, into: &buffer) == .endOfStream)
        #expect(SystemCalls.linux.write(far.rawValue, from: [7, 8], at: 1) == .bytes(1))
        #expect(SystemCalls.linux.read(near.rawValue, into: &buffer) == .bytes(1))
        #expect(buffer[0] == 8)
    }
}

/// A kernel that answers by script.
private final class Script: Sendable {
    private let answers: Protected<[Int]>
    init(_ answers: [Int]) { self.answers = Protected(answers) }
    func next() -> Int { answers.withLock { $0.isEmpty ? -Int(EIO) : $0.removeFirst() } }
    var isUsedUp: Bool { answers.withLock { $0.isEmpty } }
}

@Suite struct SystemCallsTests {
    @Test(
        arguments: [
            ([3], .bytes(3)), ([-Int(EINTR), -Int(EINTR), 3], .bytes(3)), ([0], .endOfStream),
            ([-Int(EAGAIN)], .wouldBlock),
            ([-Int(EINTR), -Int(EAGAIN)], .wouldBlock),
            ([-Int(ECONNRESET)], .failed(SystemError("recv", errno: ECONNRESET))),
        ] as [([Int], IOResult)])
    func `reads, and again when a signal came between`(_ answers: [Int], _ result: IOResult) {
        let script = Script(answers)
        var calls = SystemCalls.linux
        calls.read = { _, _ in script.next() }
        var buffer = [UInt8](repeating: 0, count: 8)
        #expect(calls.read(-1, into: &buffer) == result)
        #expect(script.isUsedUp)
    }

    @Test(
        arguments: [
            ([2], .bytes(2)), ([-Int(EINTR), 1], .bytes(1)), ([-Int(EAGAIN)], .wouldBlock),
            ([-Int(EPIPE)], .failed(SystemError("send", errno: EPIPE))),
        ] as [([Int], IOResult)])
    func `writes, and again when a signal came between`(_ answers: [Int], _ result: IOResult) {
        let script = Script(answers)
        var calls = SystemCalls.linux
        calls.write = { _, buffer in
            #expect(Array(buffer) == [2, 3])
            return script.next()
        }
        #expect(calls.write(-1, from: [1, 2, 3], at: 1) == result)
        #expect(script.isUsedUp)
    }

    @Test func `the kernel's own errors come as errors`() {
        var buffer: [UInt8] = [0]
        #expect(SystemCalls.linux.read(-1, into: &buffer) == .failed(SystemError("recv", errno: EBADF)))
        #expect(SystemCalls.linux.write(-1, from: [1], at: 0) == .failed(SystemError("send", errno: EBADF)))
        #expect(SystemCalls.linux.accept(-1).descriptor == -EBADF)
    }

    @Test func `a write to an end that has gone is an error and no signal`() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        close(ends[1])
        #expect(SystemCalls.linux.write(ends[0], from: [1], at: 0) == .failed(SystemError("send", errno: EPIPE)))
        close(ends[0])
    }

    @Test func `accepts a connection without blocking, with its address`() throws {
        let listener = try Descriptor.listening(on: try #require(SocketAddress("127.0.0.1", port: 0)), backlog: 1)
        #expect(SystemError("accept", errno: -SystemCalls.linux.accept(listener.rawValue).descriptor).isWouldBlock)
        let client = Descriptor(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var storage = try listener.localAddress().storage
        let connected = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client.rawValue, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        #expect(connected == 0)
        let (descriptor, peer) = SystemCalls.linux.accept(listener.rawValue)
        let accepted = Descriptor(descriptor)
        #expect(peer?.description == (try client.localAddress()).description)
        #expect(fcntl(accepted.rawValue, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(accepted.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        accepted.prepareConnection(deliveryTimeout: 1_000)
        var buffer: [UInt8] = [0]
        #expect(SystemCalls.linux.read(accepted.rawValue, into: &buffer) == .wouldBlock)
    }

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func `knows when descriptors or memory are used up`(_ code: Int32) {
        #expect(SystemError("accept", errno: code).isExhaustion)
        #expect(!SystemError("accept", errno: code).isWouldBlock)
        #expect(!SystemError("accept", errno: ECONNABORTED).isExhaustion)
    }

    @Test func `an error prints its call and reason`() {
        #expect(SystemError("bind", errno: EADDRINUSE).description == "bind: Address already in use")
    }

    @Test func `the wall clock prints RFC 3339 with microseconds`() {
        let text = WallClock.timestamp
        #expect(text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)
        #expect(WallClock.seconds > 1_700_000_000)
    }
}
