import Glibc
import KubeModel
import TLS

/// An answer as it came.
struct Reply: Sendable {
    let status: Int
    /// Names in lower case.
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    func fields(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue? { try? JSONValue(parsing: body) }
    var message: String { json?["message"]?.string ?? "" }
    /// `409 Conflict`, as far as it is a Status; else the code alone.
    var outcome: String {
        let reason = json.flatMap { $0["kind"] == "Status" ? $0["reason"]?.string : nil }
        return reason.map { "\(status) \($0)" } ?? "\(status)"
    }
}

/// HTTP/1.1 over TLS on a blocking socket: what is sent is sent as it is, byte for byte.
///
/// Belongs to one thread at a time.
final class APIConnection {
    /// Seconds that a read waits.
    private static let timeout = 20

    private let descriptor: Int32
    private let session: TLSSession
    private var inbound: [UInt8] = []
    private var isAtEnd = false

    /// Connects and shakes hands.
    convenience init(port: UInt16, context: TLSContext, serverName: String = "localhost") throws {
        try self.init(opening: port, context: context, serverName: serverName)
        try shakeHands()
    }

    /// Connects and sends the first flight, for which nobody needs to have accepted the connection.
    init(opening port: UInt16, context: TLSContext, serverName: String = "localhost") throws {
        guard let scratch = TLSScratch() else { throw Failure("no memory") }
        session = try TLSSession(clientOf: context, serverName: serverName, scratch: scratch)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        var limit = timeval(tv_sec: Self.timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafeBytes(of: &address) { bytes in
            connect(
                descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard connected == 0 else { throw Failure("connect: errno \(errno)") }
        var output: [UInt8] = []
        try session.start(output: &output)
        try write(output)
    }

    func shakeHands() throws {
        while !session.isEstablished { try needMore() }
    }

    /// Those for which something has come, once it has for one of them; none when nothing does in so many
    /// milliseconds.
    static func ready(_ connections: [APIConnection], within milliseconds: Int32) -> [APIConnection] {
        var polls = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        poll(&polls, nfds_t(polls.count), milliseconds)
        return zip(connections, polls).filter { $1.revents != 0 }.map(\.0)
    }

    deinit {
        close(descriptor)
    }

    private func write(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure("send: errno \(errno)") }
            offset += count
        }
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw Failure(count == 0 ? "the server closed" : "recv: errno \(errno)") }
        var output: [UInt8] = []
        isAtEnd = try session.receive(buffer, count: count, plaintext: &inbound, output: &output) == .closedByPeer
        try write(output)
    }

    func send(_ bytes: [UInt8]) throws {
        var output: [UInt8] = []
        try session.send(bytes, output: &output)
        try write(output)
    }

    private func needMore() throws {
        if isAtEnd { throw Failure("the server closed") }
        try receive()
    }

    /// The next answer; `hasContent` is false for one to HEAD.
    func reply(hasContent: Bool = true) throws -> Reply {
        while true {
            let end = Array("\r\n\r\n".utf8)
            guard let head = inbound.firstRange(of: end) else {
                try needMore()
                continue
            }
            let lines = String(decoding: inbound[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
            let status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
            inbound.removeSubrange(..<head.upperBound)
            guard status >= 200 else { continue }
            let fields = lines.dropFirst().map { line in
                let pair = line.split(separator: ":", maxSplits: 1).map(String.init)
                return (name: pair[0].lowercased(), value: String(pair.last?.drop { $0 == " " } ?? ""))
            }
            let length = fields.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
            let wanted = hasContent && status != 304 ? length : 0
            while inbound.count < wanted { try needMore() }
            defer { inbound.removeSubrange(..<wanted) }
            return Reply(status: status, fields: fields, body: Array(inbound[..<wanted]))
        }
    }

    /// Sends a request, and waits for the answer.
    func request(
        _ method: String, _ path: String, _ body: String? = nil, fields: KeyValuePairs<String, String> = [:]
    ) throws -> Reply {
        try request(method, path, body.map { Array($0.utf8) }, fields: fields)
    }

    func request(
        _ method: String, _ path: String, _ body: [UInt8]?, fields: KeyValuePairs<String, String> = [:]
    ) throws -> Reply {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        try send(Array((head + "\r\n").utf8) + (body ?? []))
        return try reply(hasContent: method != "HEAD")
    }
}
