/// Follows the frame headers of a connection (RFC 9113 §4.1), in whatever pieces they come.
///
/// nghttp2 drops some frames without a word, and each costs it time: whoever counts them must see them.
struct FrameScanner {
    struct Header: Equatable {
        /// Octets of payload.
        var length: Int
        var type: UInt8
        var flags: UInt8
        var stream: Int32
        /// Octets of the header block up to here that the frame is part of (RFC 9113 §4.3); else 0.
        var blockBytes = 0
    }

    /// "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" (RFC 9113 §3.4).
    private static let prefaceBytes = 24
    private static let headerBytes = 9
    private static let endHeaders: UInt8 = 4

    private var skip = prefaceBytes
    private var partial: [UInt8] = []
    private var isLastOfBlock = false
    /// When the header block (RFC 9113 §4.3) began that has not ended: milliseconds.
    private(set) var blockBegan: Int64?
    private var blockBytes = 0

    /// Answers the headers that `bytes` complete.
    mutating func scan(_ bytes: [UInt8], at now: Int64) -> [Header] {
        var headers: [Header] = []
        var index = 0
        while index < bytes.count {
            if skip > 0 {
                let step = min(skip, bytes.count - index)
                skip -= step
                index += step
                if skip == 0 { frameEnded() }
                continue
            }
            let step = min(Self.headerBytes - partial.count, bytes.count - index)
            partial.append(contentsOf: bytes[index..<(index + step)])
            index += step
            guard partial.count == Self.headerBytes else { break }
            let length = Int(partial[0]) << 16 | Int(partial[1]) << 8 | Int(partial[2])
            let stream =
                Int32(partial[5] & 0x7f) << 24 | Int32(partial[6]) << 16 | Int32(partial[7]) << 8 | Int32(partial[8])
            var header = Header(length: length, type: partial[3], flags: partial[4], stream: stream)
            partial.removeAll(keepingCapacity: true)
            follow(&header, at: now)
            headers.append(header)
            skip = length
            if skip == 0 { frameEnded() }
        }
        return headers
    }

    /// HEADERS begins a block, CONTINUATION goes on with it; END_HEADERS is on the last frame (RFC 9113 §6.2, §6.10).
    private mutating func follow(_ header: inout Header, at now: Int64) {
        switch header.type {
        case 1:
            blockBegan = now
            blockBytes = header.length
        case 9: blockBytes += header.length
        default: return
        }
        header.blockBytes = blockBytes
        isLastOfBlock = header.flags & Self.endHeaders != 0
    }

    private mutating func frameEnded() {
        if isLastOfBlock { blockBegan = nil }
        isLastOfBlock = false
    }
}
