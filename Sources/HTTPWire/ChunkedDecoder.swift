/// Decodes the chunked transfer coding (RFC 9112 §7.1), octet by octet, in whatever pieces it comes.
///
/// Extensions and trailers are checked and dropped; what they and needlessly small chunks cost is limited.
package struct ChunkedDecoder: Sendable {
    private enum State: Sendable {
        case sizeStart, size, sizeLineFeed
        case extensionSpace, extensionStart, extensionName, extensionNameSpace
        case extensionValueStart, extensionToken, extensionQuoted, extensionEscape, extensionAfterQuoted
        case data, dataCarriageReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed
        case done
    }

    private let limits: HTTPLimits
    private var state = State.sizeStart
    private var remaining = 0
    private var decoded = 0
    private var overhead = 0

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// Whether the last chunk and the trailers have been read.
    package var isDone: Bool { state == .done }

    /// Decodes `buffer[range]` up to the end of the message, appends the content to `content`, and answers where it
    /// stopped.
    ///
    /// Throws 400 or 413.
    package mutating func decode(
        _ buffer: [UInt8], _ range: Range<Int>, into content: inout [UInt8]
    ) throws(HTTPWireError) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, state != .done {
            if state == .data {
                let count = min(remaining, range.upperBound - index)
                content.append(contentsOf: buffer[index..<(index + count)])
                remaining -= count
                index += count
                if remaining == 0 { state = .dataCarriageReturn }
                continue
            }
            try step(buffer[index])
            index += 1
        }
        return index
    }

    private mutating func step(_ octet: UInt8) throws(HTTPWireError) {
        overhead += 1
        guard overhead <= limits.chunkOverheadBytesMax else {
            throw HTTPWireError(
                400, "chunk extensions and trailers are larger than \(limits.chunkOverheadBytesMax) bytes")
        }
        switch state {
        case .sizeStart, .size: try stepSize(octet)
        case .sizeLineFeed:
            guard octet == lineFeed else { throw Self.malformed }
            startChunk()
        case .extensionSpace, .extensionStart, .extensionName, .extensionNameSpace, .extensionValueStart,
            .extensionToken, .extensionQuoted, .extensionEscape, .extensionAfterQuoted:
            try stepExtension(octet)
        case .dataCarriageReturn:
            guard octet == carriageReturn else { throw Self.malformed }
            state = .dataLineFeed
        case .dataLineFeed:
            guard octet == lineFeed else { throw Self.malformed }
            state = .sizeStart
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed: try stepTrailer(octet)
        case .data, .done: break
        }
    }

    private mutating func stepSize(_ octet: UInt8) throws(HTTPWireError) {
        if let digit = ASCII.hexValue(octet) {
            remaining = remaining * 16 + digit
            guard decoded + remaining <= limits.bodyBytesMax else { throw HTTPWireError.bodyTooLarge(limits) }
            state = .size
            return
        }
        guard state == .size else { throw Self.malformed }
        switch octet {
        case carriageReturn: state = .sizeLineFeed
        case 0x3b: state = .extensionStart
        case space, tab: state = .extensionSpace
        default: throw Self.malformed
        }
    }

    /// A chunk's own size pays for its framing: 16 octets, and two for each octet of data.
    private mutating func startChunk() {
        overhead = max(0, overhead - 16 - 2 * remaining)
        decoded += remaining
        state = remaining == 0 ? .trailerStart : .data
    }

    /// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`, RFC 9112 §7.1.1.
    private mutating func stepExtension(_ octet: UInt8) throws(HTTPWireError) {
        let isBlank = octet == space || octet == tab
        let isToken = ASCII.isToken(octet)
        switch state {
        case .extensionSpace where isBlank, .extensionStart where isBlank, .extensionNameSpace where isBlank,
            .extensionValueStart where isBlank, .extensionName where isToken, .extensionToken where isToken:
            break
        case .extensionSpace where octet == 0x3b: state = .extensionStart
        case .extensionStart where isToken: state = .extensionName
        case .extensionName where octet == 0x3d, .extensionNameSpace where octet == 0x3d: state = .extensionValueStart
        case .extensionName where isBlank: state = .extensionNameSpace
        case .extensionName where octet == 0x3b, .extensionNameSpace where octet == 0x3b,
            .extensionToken where octet == 0x3b, .extensionAfterQuoted where octet == 0x3b:
            state = .extensionStart
        case .extensionName where octet == carriageReturn, .extensionToken where octet == carriageReturn,
            .extensionAfterQuoted where octet == carriageReturn:
            state = .sizeLineFeed
        case .extensionValueStart where isToken: state = .extensionToken
        case .extensionValueStart where octet == 0x22: state = .extensionQuoted
        case .extensionToken where isBlank, .extensionAfterQuoted where isBlank: state = .extensionSpace
        case .extensionQuoted where octet == 0x22: state = .extensionAfterQuoted
        case .extensionQuoted where octet == 0x5c: state = .extensionEscape
        case .extensionQuoted where ASCII.isFieldValue(octet): break
        case .extensionEscape where ASCII.isFieldValue(octet): state = .extensionQuoted
        default: throw Self.malformed
        }
    }

    private mutating func stepTrailer(_ octet: UInt8) throws(HTTPWireError) {
        switch state {
        case .trailerStart where octet == carriageReturn: state = .lastLineFeed
        case .trailerStart where ASCII.isToken(octet): state = .trailerName
        case .trailerName where ASCII.isToken(octet): break
        case .trailerName where octet == 0x3a: state = .trailerValue
        case .trailerValue where octet == carriageReturn: state = .trailerLineFeed
        case .trailerValue where ASCII.isFieldValue(octet): break
        case .trailerLineFeed where octet == lineFeed: state = .trailerStart
        case .lastLineFeed where octet == lineFeed: state = .done
        default: throw HTTPWireError(400, "a trailer field is malformed")
        }
    }

    private static var malformed: HTTPWireError { HTTPWireError(400, "the chunked transfer coding is malformed") }
}
