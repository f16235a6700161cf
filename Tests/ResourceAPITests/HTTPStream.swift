import Dispatch
import Foundation
import Glibc
import KubeModel

/// One request on a blocking socket, and its answer as it comes.
///
/// It blocks a thread of its own; one call at a time.
final class HTTPStream: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "stream")
    private var inbound: [UInt8] = []
    private var position = 0
    private(set) var status = 0
    /// Names in lower case.
    private(set) var fields: [String: String] = [:]
    private var content: [UInt8] = []
    private var left: Int?
    /// Whether the answer came to its own end.
    private(set) var isComplete = false

    /// - Parameter receiveBufferBytes: SO_RCVBUF: a small one makes a slow reader.
    init(
        port: UInt16, _ method: String, _ target: String, body: String = "", type: String = "",
        receiveBufferBytes: Int32? = nil
    ) async throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        // Longer than any test: a hang becomes a failure that says where.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure("connect: errno \(errno)") }
        let typeField = type.isEmpty ? "" : "Content-Type: \(type)\r\n"
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        let head = "\(method) \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(typeField)\(length)\r\n\(body)"
        let bytes = Array(head.utf8)
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure("send: errno \(errno)")
        }
        try await run { try self.readHead() }
    }

    deinit {
        Glibc.close(descriptor)
    }

    private func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    private func readHead() throws {
        let words = try rawLine().split(separator: " ")
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        while true {
            let line = try rawLine()
            if line.isEmpty { break }
            let pair = line.split(separator: ":", maxSplits: 1)
            fields[pair[0].lowercased()] = pair.count > 1 ? pair[1].trimmingCharacters(in: .whitespaces) : ""
        }
        if fields["transfer-encoding"] == nil { left = Int(fields["content-length"] ?? "0") }
    }

    /// Without its end; `nil` at the end of the answer.
    private func line() throws -> String? {
        while true {
            if let end = content.firstIndex(of: 0x0a) {
                defer { content.removeSubrange(...end) }
                return String(decoding: content[..<end], as: UTF8.self)
            }
            guard try more() else { return nil }
        }
    }

    /// The next event of a watch: `ADDED name`, `BOOKMARK`; `nil` at the end.
    func event() async throws -> (text: String, object: JSONValue)? {
        guard let line = try await run({ try self.line() }) else { return nil }
        let value = try JSONValue(parsing: Array(line.utf8))
        let object = value["object"] ?? .null
        let name = object.metadataName.map { " \($0)" } ?? ""
        return ((value["type"]?.string ?? "") + name, object)
    }

    /// What is left of the content.
    func rest() async throws -> String {
        try await run {
            while try self.more() {}
            defer { self.content = [] }
            return String(decoding: self.content, as: UTF8.self)
        }
    }

    /// Reads a piece of the content; answers whether there was one.
    private func more() throws -> Bool {
        guard !isComplete else { return false }
        if let left {
            content += try raw(left)
            isComplete = true
            return left > 0
        }
        guard let line = try? rawLine() else { return false }
        guard let size = Int(line, radix: 16) else { throw Failure("no chunk size: \(line)") }
        content += try raw(size)
        _ = try rawLine()
        isComplete = size == 0
        return size > 0
    }

    private func rawLine() throws -> String {
        while true {
            if let end = inbound[position...].firstIndex(of: 0x0a) {
                defer { position = end + 1 }
                return String(decoding: inbound[position..<end], as: UTF8.self).trimmingCharacters(in: ["\r"])
            }
            try receive()
        }
    }

    private func raw(_ count: Int) throws -> ArraySlice<UInt8> {
        while inbound.count - position < count { try receive() }
        defer { position += count }
        return inbound[position..<(position + count)]
    }

    private func receive() throws {
        if position > 1 << 16 {
            inbound.removeFirst(position)
            position = 0
        }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw Failure(count == 0 ? "the server closed" : "recv: errno \(errno)") }
        inbound += buffer[..<count]
    }
}
