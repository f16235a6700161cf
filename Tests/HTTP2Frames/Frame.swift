// HTTP2Frames: HTTP/2 frames as a client writes and reads them, for tests; may import CNghttp2, for HPACK.

/// Frames as a client writes them (RFC 9113 §4.1), with header blocks of literals without indexing (RFC 7541 §6.2.2).
package enum Frame {
    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    package static let endStream: UInt8 = 0x1
    package static let endHeaders: UInt8 = 0x4
    package static let padded: UInt8 = 0x8
    package static let hasPriority: UInt8 = 0x20

    package static func frame(
        _ type: UInt8, flags: UInt8 = 0, stream: Int32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), type, flags]
            + word(UInt32(bitPattern: stream)) + payload
    }

    package static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 0xff) }
    }

    // MARK: By type (RFC 9113 §6)

    package static func data(stream: Int32, _ content: [UInt8], isLast: Bool = false) -> [UInt8] {
        frame(0, flags: isLast ? endStream : 0, stream: stream, content)
    }

    package static func headers(
        stream: Int32, _ fields: [(String, String)], flags: UInt8 = endHeaders | endStream
    ) -> [UInt8] {
        frame(1, flags: flags, stream: stream, block(fields))
    }

    package static func priority(stream: Int32, on other: UInt32 = 0) -> [UInt8] {
        frame(2, stream: stream, word(other) + [15])
    }

    package static func reset(stream: Int32, code: UInt32 = 8) -> [UInt8] { frame(3, stream: stream, word(code)) }

    package static func settings(_ entries: [(id: UInt8, value: UInt32)] = []) -> [UInt8] {
        frame(4, entries.flatMap { [0, $0.id] + word($0.value) })
    }

    package static let settingsAck = frame(4, flags: 1)

    package static func ping(_ payload: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]) -> [UInt8] { frame(6, payload) }

    package static func goAway(last: UInt32 = 0, code: UInt32 = 0) -> [UInt8] { frame(7, word(last) + word(code)) }

    package static func windowUpdate(stream: Int32 = 0, _ increment: UInt32) -> [UInt8] {
        frame(8, stream: stream, word(increment))
    }

    package static func continuation(stream: Int32, _ block: [UInt8], isLast: Bool = true) -> [UInt8] {
        frame(9, flags: isLast ? endHeaders : 0, stream: stream, block)
    }

    /// HEADERS and as many CONTINUATION as a block needs in frames of 16 384 octets.
    package static func headers(stream: Int32, block: [UInt8], isEnd: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = []
        var start = 0
        repeat {
            let end = min(start + 16_384, block.count)
            let flags = (end == block.count ? endHeaders : 0) | (start == 0 && isEnd ? endStream : 0)
            bytes += frame(start == 0 ? 1 : 9, flags: flags, stream: stream, Array(block[start..<end]))
            start = end
        } while start < block.count
        return bytes
    }

    // MARK: Fields

    package static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + string(name) + string(value) }
    }

    /// A field that enters the dynamic table (RFC 7541 §6.2.1); `[0xbe]` stands for the last that did.
    package static func indexed(_ name: String, _ value: String) -> [UInt8] { [0x40] + string(name) + string(value) }

    /// Shorter than 127 octets, or a length of two octets more.
    private static func string(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        guard count >= 127 else { return [UInt8(count)] + Array(text.utf8) }
        var rest = count - 127
        var length: [UInt8] = [127]
        while rest >= 128 {
            length.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return length + [UInt8(rest)] + Array(text.utf8)
    }

    package static func request(_ method: String = "GET", path: String = "/x") -> [(String, String)] {
        [(":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost")]
    }
}
