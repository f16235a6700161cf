/// Follows the frame headers of a connection (RFC 9113 §4.1), in whatever pieces they come.
///
/// nghttp2 drops some frames without a word, and each costs it time: whoever counts them must see them.
struct FrameScanner {
    struct Header: Equatable {
        /// Octets of payload.
        var length: Int
        var type: UInt8
        var stream: Int32
    }

    /// "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" (RFC 9113 §3.4).
    private static let prefaceBytes = 24
    private static let headerBytes = 9

    private var skip = prefaceBytes
    private var partial: [UInt8] = []

    /// Answers the headers that `bytes` complete.
    mutating func scan(_ bytes: [UInt8]) -> [Header] {
        var headers: [Header] = []
        var index = 0
        while index < bytes.count {
            if skip > 0 {
                let step = min(skip, bytes.count - index)
                skip -= step
                index += step
                continue
            }
            let step = min(Self.headerBytes - partial.count, bytes.count - index)
            partial.append(contentsOf: bytes[index..<(index + step)])
            index += step
            guard partial.count == Self.headerBytes else { break }
            let length = Int(partial[0]) << 16 | Int(partial[1]) << 8 | Int(partial[2])
            let stream =
                Int32(partial[5] & 0x7f) << 24 | Int32(partial[6]) << 16 | Int32(partial[7]) << 8 | Int32(partial[8])
            headers.append(Header(length: length, type: partial[3], stream: stream))
            skip = length
            partial.removeAll(keepingCapacity: true)
        }
        return headers
    }
}
