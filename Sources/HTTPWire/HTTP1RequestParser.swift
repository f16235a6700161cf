/// Reads the head of one request at a time from a buffer that grows (RFC 9112 §2 to §6).
///
/// Strict where a lax reader in a chain lets requests be smuggled: a line ends in CRLF, one space separates, and what
/// the RFC lets a server repair is refused. It can stop and go on at any octet.
package struct HTTP1RequestParser: Sendable {
    package enum Outcome: Sendable {
        /// More octets are needed.
        case incomplete
        /// A head, and how many octets of the buffer it took.
        case head(HTTPRequestHead, length: Int)
    }

    private struct RequestLine {
        var method: HTTPMethod
        var path: String
        var query: String?
        var minorVersion: Int
    }

    private let limits: HTTPLimits
    // Places are counted from where the message starts in the buffer.
    private var lineStart = 0
    private var scanned = 0
    private var blankLines = 0
    private var requestLine: RequestLine?
    private var fieldsStart = 0
    private var entries: [HTTPFields.Entry] = []
    private var framing = FieldFraming()

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// Whether a message has begun: an end of the stream now cuts it short.
    package var isInsideMessage: Bool { requestLine != nil || scanned > lineStart }

    /// Reads `buffer[start...]`, which begins with the octets of the previous call that was `incomplete`.
    ///
    /// After `head` the parser is ready for the next message; after an error it is of no more use.
    package mutating func parse(_ buffer: [UInt8], from start: Int) throws(HTTPWireError) -> Outcome {
        let available = buffer.count - start
        while let end = nextLineFeed(buffer, start, available) {
            // Before all else, so that a long line is refused alike however it comes.
            try checkLength(buffer, start, end)
            guard end > lineStart, buffer[start + end - 1] == carriageReturn else {
                throw HTTPWireError(400, "a line ends in LF without CR")
            }
            let line = (start + lineStart)..<(start + end - 1)
            scanned = end + 1
            lineStart = end + 1
            if line.isEmpty {
                if requestLine == nil {
                    blankLines += 1
                    guard blankLines <= limits.blankLinesMax else {
                        throw HTTPWireError(400, "too many empty lines before the request line")
                    }
                    continue
                }
                return try finish(buffer, start)
            }
            if requestLine == nil {
                requestLine = try Self.parseRequestLine(buffer, line)
                fieldsStart = lineStart
                entries.reserveCapacity(16)
            } else {
                try parseField(buffer, line, start)
            }
        }
        scanned = max(available, lineStart)
        try checkLength(buffer, start, scanned)
        return .incomplete
    }

    private func nextLineFeed(_ buffer: [UInt8], _ start: Int, _ available: Int) -> Int? {
        var index = scanned
        while index < available {
            if buffer[start + index] == lineFeed { return index }
            index += 1
        }
        return nil
    }

    /// Measures the line up to `end`; a CR there does not count, for it may be the line's end.
    private func checkLength(_ buffer: [UInt8], _ start: Int, _ end: Int) throws(HTTPWireError) {
        let endsInReturn = end > lineStart && buffer[start + end - 1] == carriageReturn
        let lineBytes = end - lineStart - (endsInReturn ? 1 : 0)
        if requestLine == nil {
            guard lineBytes <= limits.requestLineBytesMax else {
                throw HTTPWireError(414, "the request line is longer than \(limits.requestLineBytesMax) bytes")
            }
        } else {
            guard lineBytes <= limits.fieldLineBytesMax, lineStart + lineBytes <= limits.headBytesMax else {
                throw HTTPWireError(
                    431,
                    "the header fields are larger than \(limits.fieldLineBytesMax) bytes each or "
                        + "\(limits.headBytesMax) bytes in all")
            }
        }
    }

    private static func parseRequestLine(
        _ buffer: [UInt8], _ line: Range<Int>
    ) throws(HTTPWireError) -> RequestLine {
        let octets = buffer[line]
        guard let first = octets.firstIndex(of: space), first > line.lowerBound,
            octets[..<first].allSatisfy({ ASCII.isToken($0) })
        else { throw HTTPWireError(400, "the request line does not start with a method and a space") }
        let afterMethod = octets[(first + 1)...]
        guard let second = afterMethod.firstIndex(of: space), second > first + 1 else {
            throw HTTPWireError(400, "the request line is not: method, space, target, space, version")
        }
        let minorVersion = try parseVersion(octets[(second + 1)...])
        let method = try HTTPMethod(name: String(decoding: octets[..<first], as: UTF8.self))
        let (path, query) = try RequestTarget.parse(afterMethod[..<second], method: method)
        return RequestLine(method: method, path: path, query: query, minorVersion: minorVersion)
    }

    /// `HTTP/1.x` (RFC 9112 §2.3); a later minor version is served as 1.1.
    private static func parseVersion(_ octets: ArraySlice<UInt8>) throws(HTTPWireError) -> Int {
        let start = octets.startIndex
        guard octets.count == 8, octets.starts(with: "HTTP/".utf8), octets[start + 6] == 0x2e,
            (0x30...0x39).contains(octets[start + 5]), (0x30...0x39).contains(octets[start + 7])
        else { throw HTTPWireError(400, "the request line does not end in an HTTP version") }
        guard octets[start + 5] == 0x31 else {
            throw HTTPWireError(505, "the server speaks HTTP/1.1 on this connection")
        }
        return octets[start + 7] == 0x30 ? 0 : 1
    }

    private mutating func parseField(
        _ buffer: [UInt8], _ line: Range<Int>, _ start: Int
    ) throws(HTTPWireError) {
        guard entries.count < limits.fieldsMax else {
            throw HTTPWireError(431, "there are more than \(limits.fieldsMax) header fields")
        }
        let field = try FieldLine(buffer, line)
        let base = start + fieldsStart
        entries.append(
            HTTPFields.Entry(
                name: (field.name.lowerBound - base)..<(field.name.upperBound - base),
                value: (field.value.lowerBound - base)..<(field.value.upperBound - base)))
        try framing.take(name: buffer[field.name], value: buffer[field.value])
    }

    private mutating func finish(_ buffer: [UInt8], _ start: Int) throws(HTTPWireError) -> Outcome {
        guard let requestLine else { return .incomplete }
        let (body, isPersistent) = try framing.decide(minorVersion: requestLine.minorVersion, limits: limits)
        let length = lineStart
        let head = HTTPRequestHead(
            method: requestLine.method, path: requestLine.path, query: requestLine.query,
            minorVersion: requestLine.minorVersion,
            fields: HTTPFields(block: Array(buffer[(start + fieldsStart)..<(start + length)]), entries: entries),
            framing: body, isPersistent: isPersistent,
            // RFC 9110 §10.1.1: an HTTP/1.0 client's expectation is ignored.
            expectsContinue: framing.expectsContinue && requestLine.minorVersion > 0 && body != .none)
        self = HTTP1RequestParser(limits: limits)
        return .head(head, length: length)
    }
}
