/// One field line: a token, a colon, a value without the white space around it (RFC 9112 §5).
struct FieldLine {
    let name: Range<Int>
    let value: Range<Int>

    /// Reads `buffer[line]`, which has no CRLF.
    ///
    /// Throws 400.
    init(_ buffer: [UInt8], _ line: Range<Int>) throws(HTTPWireError) {
        var colon = line.lowerBound
        while colon < line.upperBound, ASCII.isToken(buffer[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, buffer[colon] == 0x3a else {
            let isFolded = buffer[line.lowerBound] == space || buffer[line.lowerBound] == tab
            throw HTTPWireError(
                400,
                isFolded
                    ? "a header field is folded over two lines" : "a header field has no valid name before its colon")
        }
        var first = colon + 1
        var end = line.upperBound
        while first < end, buffer[first] == space || buffer[first] == tab { first += 1 }
        while end > first, buffer[end - 1] == space || buffer[end - 1] == tab { end -= 1 }
        for index in first..<end where !ASCII.isFieldValue(buffer[index]) {
            throw HTTPWireError(400, "a header field has a control character in its value")
        }
        name = line.lowerBound..<colon
        value = first..<end
    }
}

/// What the fields say of the message's framing and of the connection, gathered line by line.
struct FieldFraming: Sendable {
    private var hosts = 0
    private var contentLength: Int?
    private var isChunked = false
    private var closes = false
    private var keepsAlive = false
    private(set) var expectsContinue = false

    /// Looks at one field.
    ///
    /// Throws for what makes the framing doubtful.
    mutating func take(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(HTTPWireError) {
        switch name.count {
        case 4 where Self.equal(name, "host"):
            hosts += 1
            guard hosts == 1 else { throw HTTPWireError(400, "there are two Host fields") }
            guard value.isEmpty || RequestTarget.isAuthority(value) else {
                throw HTTPWireError(400, "the Host field is not a host and port")
            }
        case 6 where Self.equal(name, "expect"):
            guard Self.equal(value, "100-continue") else {
                throw .unmetExpectation
            }
            expectsContinue = true
        case 10 where Self.equal(name, "connection"):
            for option in value.split(separator: 0x2c) {
                let option = Self.trimmed(option)
                if Self.equal(option, "close") { closes = true }
                if Self.equal(option, "keep-alive") { keepsAlive = true }
            }
        case 14 where Self.equal(name, "content-length"):
            guard contentLength == nil else { throw HTTPWireError(400, "there are two Content-Length fields") }
            contentLength = try Self.parseLength(value)
        case 17 where Self.equal(name, "transfer-encoding"):
            guard !isChunked else { throw HTTPWireError(400, "there are two Transfer-Encoding fields") }
            guard Self.equal(value, "chunked") else {
                throw !value.isEmpty && value.allSatisfy({ ASCII.isToken($0) })
                    ? HTTPWireError(501, "the only transfer coding that the server knows is chunked")
                    : HTTPWireError(400, "the Transfer-Encoding field is not: chunked")
            }
            isChunked = true
        default: break
        }
    }

    /// The one framing decision (RFC 9112 §6.3), once all fields are seen.
    func decide(
        minorVersion: Int, limits: HTTPLimits
    ) throws(HTTPWireError) -> (body: BodyFraming, isPersistent: Bool) {
        guard hosts == 1 || minorVersion == 0 else { throw HTTPWireError(400, "there is no Host field") }
        let isPersistent = !closes && (minorVersion > 0 || keepsAlive)
        if isChunked {
            guard minorVersion > 0 else { throw HTTPWireError(400, "HTTP/1.0 has no Transfer-Encoding") }
            guard contentLength == nil else {
                throw HTTPWireError(400, "there are both Transfer-Encoding and Content-Length")
            }
            return (.chunked, isPersistent)
        }
        let length = contentLength ?? 0
        guard length <= limits.bodyBytesMax else { throw HTTPWireError.bodyTooLarge(limits) }
        return (length == 0 ? .none : .length(length), isPersistent)
    }

    /// Digits only (RFC 9110 §8.6); what does not fit stands for "too large".
    private static func parseLength(_ value: ArraySlice<UInt8>) throws(HTTPWireError) -> Int {
        guard !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw HTTPWireError(400, "the Content-Length field is not a number")
        }
        var length = 0
        for digit in value {
            let (tenfold, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int(digit - 0x30))
            if overflow || carry { return Int.max }
            length = sum
        }
        return length
    }

    private static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var octets = octets
        while let first = octets.first, first == space || first == tab { octets.removeFirst() }
        while let last = octets.last, last == space || last == tab { octets.removeLast() }
        return octets
    }

    private static func equal(_ octets: ArraySlice<UInt8>, _ lowercased: String) -> Bool {
        guard octets.count == lowercased.utf8.count else { return false }
        // Not `zip`, which is a tenth of the parser's time.
        var index = octets.startIndex
        for octet in lowercased.utf8 {
            guard ASCII.lowercased(octets[index]) == octet else { return false }
            index += 1
        }
        return true
    }
}

extension HTTPWireError {
    package static func bodyTooLarge(_ limits: HTTPLimits) -> HTTPWireError {
        HTTPWireError(413, "Request entity too large: limit is \(limits.bodyBytesMax)")
    }

    package static let unmetExpectation = HTTPWireError(
        417, "the only expectation that the server meets is 100-continue")
}
