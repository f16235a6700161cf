/// A response without its content.
package struct HTTPResponseHead: Sendable {
    /// 200 to 599.
    package var status: Int
    /// Names in the case in which they are sent.
    ///
    /// No Content-Length, Transfer-Encoding, Connection or Date: those are the server's.
    package var fields: [(name: String, value: String)]
    /// Fields beside those, sent before them.
    package var prepared: PreparedFields?

    package init(status: Int, fields: [(name: String, value: String)] = [], prepared: PreparedFields? = nil) {
        self.status = status
        self.fields = fields
        self.prepared = prepared
    }
}

/// How a response's content is framed on HTTP/1.1.
package enum ResponseFraming: Sendable, Equatable {
    /// Content-Length, in octets; for a HEAD too.
    case length(Int)
    case chunked
    /// No content and no length: 204, 304.
    case none
}

/// Writes HTTP/1.1 responses (RFC 9112 §4 to §7).
package enum HTTP1Serializer {
    /// `HTTP/1.1 100 Continue`.
    package static let continueResponse = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    /// The chunk that ends a message.
    package static let lastChunk = Array("0\r\n\r\n".utf8)

    /// Appends a head to `output`.
    ///
    /// - Parameters:
    ///   - date: an IMF-fixdate (RFC 9110 §5.6.7).
    ///   - closes: whether the connection ends after this response.
    ///   - keepsAlive: whether to say so: an HTTP/1.0 client that asked must be told.
    package static func write(
        _ head: HTTPResponseHead, framing: ResponseFraming, date: String, closes: Bool, keepsAlive: Bool = false,
        into output: inout [UInt8]
    ) {
        output.append(contentsOf: statusLine(head.status))
        output.append(contentsOf: dateName)
        output.append(contentsOf: date.utf8)
        if let prepared = head.prepared { output.append(contentsOf: prepared.lines) }
        for field in head.fields { append(field.name, field.value, to: &output) }
        switch framing {
        case .length(let length):
            output.append(contentsOf: contentLengthName)
            output.append(contentsOf: String(length).utf8)
        case .chunked: output.append(contentsOf: chunkedField)
        case .none: break
        }
        if closes {
            output.append(contentsOf: closeField)
        } else if keepsAlive {
            output.append(contentsOf: keepAliveField)
        }
        output.append(contentsOf: endOfHead)
    }

    // Constant pieces as octets: appending an array is one copy.
    private static let okLine = Array("HTTP/1.1 200 OK".utf8)
    private static let dateName = Array("\r\nDate: ".utf8)
    private static let contentLengthName = Array("\r\nContent-Length: ".utf8)
    private static let chunkedField = Array("\r\nTransfer-Encoding: chunked".utf8)
    private static let closeField = Array("\r\nConnection: close".utf8)
    private static let keepAliveField = Array("\r\nConnection: keep-alive".utf8)
    private static let endOfHead = Array("\r\n\r\n".utf8)

    private static func statusLine(_ status: Int) -> [UInt8] {
        status == 200 ? okLine : Array("HTTP/1.1 \(status) \(reason(status))".utf8)
    }

    /// Appends one chunk; an empty one would end the message, so nothing is written for it.
    package static func writeChunk(_ content: [UInt8], into output: inout [UInt8]) {
        guard !content.isEmpty else { return }
        output.append(contentsOf: String(content.count, radix: 16).utf8)
        output.append(contentsOf: "\r\n".utf8)
        output.append(contentsOf: content)
        output.append(contentsOf: "\r\n".utf8)
    }

    /// Writes a field behind what is there; no value may end the line early, wherever it came from.
    static func append(_ name: String, _ value: String, to output: inout [UInt8]) {
        output.append(carriageReturn)
        output.append(lineFeed)
        output.append(contentsOf: name.utf8)
        output.append(0x3a)
        output.append(space)
        let start = output.count
        output.append(contentsOf: value.utf8)
        for index in start..<output.count where output[index] < space && output[index] != tab {
            output[index] = space
        }
    }

    /// The phrases of RFC 9110 §15, RFC 6585 and RFC 4918 for what this server sends.
    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}
