import Foundation
import Glibc
import Reactor
import TLS

enum ClientError: Error {
    case system(String, Int32)
    case wrongAddress
    case noMemory
    /// The server's bytes are no response.
    case malformed(String)
    /// The server ended the connection inside a response, or reset it.
    case ended(received: Int)
    case reset
}

struct Reply: Sendable, Equatable {
    var status = 0
    var fields: [String: String] = [:]
    var content: [UInt8] = []
    var text: String { String(decoding: content, as: UTF8.self) }
}

/// A raw, blocking client on a thread of its own; one call at a time.
final class Client: @unchecked Sendable {
    private let descriptor: Int32
    private let tls: TLSSession?
    private let queue = DispatchQueue(label: "client")
    private var inbound: [UInt8] = []
    private var hasEnded = false

    /// Connects, and shakes hands when there is a context.
    ///
    /// - Parameter receiveBufferBytes: SO_RCVBUF: a small one makes a slow reader.
    init(port: UInt16, tls context: TLSContext? = nil, receiveBufferBytes: Int32? = nil) async throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ClientError.system("socket", errno) }
        if let context {
            guard let scratch = TLSScratch() else { throw ClientError.noMemory }
            tls = try TLSSession(clientOf: context, serverName: "localhost", scratch: scratch)
        } else {
            tls = nil
        }
        // Longer than any test: a hang becomes a failure that says where.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        try await run { [self] in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard connected == 0 else { throw ClientError.system("connect", errno) }
            guard let tls else { return }
            var output: [UInt8] = []
            try tls.start(output: &output)
            try write(output)
            while !tls.isEstablished { try receive() }
        }
    }

    deinit {
        close(descriptor)
    }

    private func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    // MARK: Sending

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await run { [self] in
            guard let tls else { return try write(bytes) }
            var output: [UInt8] = []
            try tls.send(bytes, output: &output)
            try write(output)
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw errno == ECONNRESET ? ClientError.reset : .system("send", errno) }
            offset += count
        }
    }

    /// Sends FIN and reads on.
    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends RST: the peer's next call fails.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        // The descriptor's number stays this client's: dup2 closes the socket and nothing else.
        let null = Glibc.open("/dev/null", O_RDWR)
        dup2(null, descriptor)
        close(null)
    }

    // MARK: Receiving

    /// Reads once; answers false at the end of the stream.
    @discardableResult
    private func receive(atMost bytes: Int = 65_536) throws -> Bool {
        guard !hasEnded else { return false }
        var buffer = [UInt8](repeating: 0, count: bytes)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw errno == ECONNRESET ? ClientError.reset : .system("recv", errno) }
        guard count > 0 else {
            hasEnded = true
            return false
        }
        guard let tls else {
            inbound += buffer[..<count]
            return true
        }
        var output: [UInt8] = []
        if try tls.receive(buffer, count: count, plaintext: &inbound, output: &output) == .closedByPeer {
            hasEnded = true
        }
        try write(output)
        return true
    }

    /// The next response; `forHead` when it has no content whatever it says.
    func reply(forHead: Bool = false) async throws -> Reply {
        try await run { [self] in
            let lines = try head()
            var reply = Reply()
            let words = lines[0].split(separator: " ", maxSplits: 2)
            guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
                throw ClientError.malformed(lines[0])
            }
            reply.status = status
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { throw ClientError.malformed(line) }
                reply.fields[line[..<colon].lowercased()] = line[line.index(after: colon)...]
                    .trimmingCharacters(in: .whitespaces)
            }
            if forHead || status < 200 || status == 204 || status == 304 { return reply }
            if reply.fields["transfer-encoding"] == "chunked" {
                reply.content = try chunks()
            } else if let length = reply.fields["content-length"].flatMap(Int.init) {
                reply.content = try take(length)
            } else {
                while try receive() {}
                reply.content = inbound
                inbound = []
            }
            return reply
        }
    }

    private func head() throws -> [String] {
        while true {
            let text = String(decoding: inbound.prefix(16_384), as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                inbound.removeFirst(text[..<end.upperBound].utf8.count)
                return text[..<end.lowerBound].components(separatedBy: "\r\n")
            }
            guard try receive() else { throw ClientError.ended(received: inbound.count) }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while inbound.count < count {
            guard try receive() else { throw ClientError.ended(received: inbound.count) }
        }
        defer { inbound.removeFirst(count) }
        return Array(inbound.prefix(count))
    }

    private func chunks() throws -> [UInt8] {
        var content: [UInt8] = []
        while true {
            var line: [UInt8] = []
            while !line.suffix(2).elementsEqual([13, 10]) { line += try take(1) }
            guard let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else {
                throw ClientError.malformed("chunk size")
            }
            content += try take(size)
            guard try take(2) == [13, 10] else { throw ClientError.malformed("chunk end") }
            if size == 0 { return content }
        }
    }

    /// Reads at most so many bytes as they are.
    func bytes(_ count: Int) async throws -> [UInt8] { try await run { [self] in try take(count) } }

    /// Waits for the server's end; answers what came before it.
    @discardableResult
    func end() async throws -> [UInt8] {
        try await run { [self] in
            while try receive() {}
            defer { inbound = [] }
            return inbound
        }
    }

    func get(_ target: String) async throws -> Reply {
        try await send("GET \(target) HTTP/1.1\r\nHost: t\r\n\r\n")
        return try await reply()
    }
}
