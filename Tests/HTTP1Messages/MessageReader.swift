// HTTP1Messages: a connection's reading of HTTP/1.1 without the connection, for tests; may import HTTPWire.

package import HTTPWire

/// What a connection makes of its octets, without the connection: requests with their content, then how it ends.
package struct MessageReader {
    package enum Event: Equatable, CustomStringConvertible {
        case request(line: String, fields: [String], framing: BodyFraming, content: [UInt8])
        case refused(Int)

        package var description: String {
            switch self {
            case .request(let line, _, let framing, let content): "\(line) \(framing) \(content.count)"
            case .refused(let status): "\(status)"
            }
        }
    }

    private enum State {
        case head
        case body(HTTP1BodyDecoder)
        case ended
    }

    private let limits: HTTPLimits
    private var parser: HTTP1RequestParser
    private var state = State.head
    private var buffer: [UInt8] = []
    private var start = 0
    private var head: HTTPRequestHead?
    private var content: [UInt8] = []
    package private(set) var events: [Event] = []
    /// Whether the last request asked for the connection to be kept.
    package private(set) var isOpen = true
    /// Whether the client waits for 100 now.
    package private(set) var expectsContinue = false

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        parser = HTTP1RequestParser(limits: limits)
    }

    package init(reading octets: [UInt8], limits: HTTPLimits = HTTPLimits()) {
        self.init(limits: limits)
        read(octets[...])
    }

    /// Whether the peer's end would cut a message short.
    package var isInsideMessage: Bool {
        if case .head = state { return parser.isInsideMessage }
        return isOpen
    }

    /// Octets that are kept until more come.
    package var pendingOctets: Int { isOpen ? buffer.count - start : 0 }

    package mutating func read(_ octets: ArraySlice<UInt8>) {
        guard isOpen else { return }
        buffer.append(contentsOf: octets)
        do throws(HTTPWireError) {
            while try step() {}
        } catch {
            events.append(.refused(error.status))
            isOpen = false
        }
    }

    /// Answers false when it needs more octets, or will use no more.
    private mutating func step() throws(HTTPWireError) -> Bool {
        switch state {
        case .ended: return false
        case .head:
            guard case .head(let head, let length) = try parser.parse(buffer, from: start) else { return false }
            start += length
            self.head = head
            content = []
            expectsContinue = head.expectsContinue
            if head.framing == .none {
                finish(head)
            } else {
                state = .body(HTTP1BodyDecoder(framing: head.framing, limits: limits))
            }
        case .body(var decoder):
            guard start < buffer.count else { return false }
            start = try decoder.decode(buffer, start..<buffer.count, into: &content)
            state = .body(decoder)
            if decoder.isDone, let head { finish(head) }
        }
        return true
    }

    private mutating func finish(_ head: HTTPRequestHead) {
        let target = head.path + (head.query.map { "?" + $0 } ?? "")
        events.append(
            .request(
                line: "\(head.method.rawValue) \(target) \(head.minorVersion)",
                fields: head.fields.all.map { "\($0.name): \($0.value)" }, framing: head.framing, content: content))
        expectsContinue = false
        isOpen = head.isPersistent
        state = head.isPersistent ? .head : .ended
    }
}

extension MessageReader {
    /// Reads one head; its error's status when it is refused, `nil` when more octets are needed.
    package static func head(
        _ text: String, limits: HTTPLimits = HTTPLimits()
    ) throws(HTTPWireError) -> HTTPRequestHead? {
        try head(Array(text.utf8), limits: limits)
    }

    package static func head(
        _ octets: [UInt8], limits: HTTPLimits = HTTPLimits()
    ) throws(HTTPWireError) -> HTTPRequestHead? {
        var parser = HTTP1RequestParser(limits: limits)
        guard case .head(let head, _) = try parser.parse(octets, from: 0) else { return nil }
        return head
    }

    /// The status with which one head is refused: 200 when it is taken, 0 when it is not complete.
    package static func status(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Int {
        status(Array(text.utf8), limits: limits)
    }

    package static func status(_ octets: [UInt8], limits: HTTPLimits = HTTPLimits()) -> Int {
        do throws(HTTPWireError) {
            return try head(octets, limits: limits) == nil ? 0 : 200
        } catch {
            return error.status
        }
    }
}
