/// Takes one message's content out of its framing, in whatever pieces it comes (RFC 9112 §6).
package struct HTTP1BodyDecoder: Sendable {
    private enum State: Sendable {
        case length(remaining: Int)
        case chunked(ChunkedDecoder)
    }

    private var state: State

    package init(framing: BodyFraming, limits: HTTPLimits) {
        switch framing {
        case .none: state = .length(remaining: 0)
        case .length(let length): state = .length(remaining: length)
        case .chunked: state = .chunked(ChunkedDecoder(limits: limits))
        }
    }

    /// Whether all of the message has been read.
    package var isDone: Bool {
        switch state {
        case .length(let remaining): remaining == 0
        case .chunked(let decoder): decoder.isDone
        }
    }

    /// Reads `buffer[range]` up to the end of the message, appends the content to `content`, and answers where it
    /// stopped.
    ///
    /// Throws 400 or 413.
    package mutating func decode(
        _ buffer: [UInt8], _ range: Range<Int>, into content: inout [UInt8]
    ) throws(HTTPWireError) -> Int {
        switch state {
        case .length(let remaining):
            let count = min(remaining, range.count)
            content.append(contentsOf: buffer[range.prefix(count)])
            state = .length(remaining: remaining - count)
            return range.lowerBound + count
        case .chunked(var decoder):
            let end = try decoder.decode(buffer, range, into: &content)
            state = .chunked(decoder)
            return end
        }
    }
}
