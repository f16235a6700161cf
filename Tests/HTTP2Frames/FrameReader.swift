/// A frame of the server's.
package struct ReceivedFrame: Sendable, Equatable {
    package var type: UInt8
    package var flags: UInt8
    package var stream: Int32
    package var payload: [UInt8]

    /// The 32 bits at an offset of the payload; 0 when it is shorter.
    package func word(at offset: Int) -> UInt32 {
        guard offset + 4 <= payload.count else { return 0 }
        return payload[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    package var isEndStream: Bool { type <= 1 && flags & Frame.endStream != 0 }
}

/// Cuts what a server sends into frames.
package struct FrameReader {
    private var buffer: [UInt8] = []

    package init() {}

    /// Answers the frames that `bytes` complete.
    package mutating func read(_ bytes: [UInt8]) -> [ReceivedFrame] {
        buffer += bytes
        var frames: [ReceivedFrame] = []
        var index = 0
        while index + 9 <= buffer.count {
            let length = Int(buffer[index]) << 16 | Int(buffer[index + 1]) << 8 | Int(buffer[index + 2])
            guard index + 9 + length <= buffer.count else { break }
            let stream = buffer[(index + 5)..<(index + 9)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                ReceivedFrame(
                    type: buffer[index + 3], flags: buffer[index + 4], stream: Int32(stream & 0x7fff_ffff),
                    payload: Array(buffer[(index + 9)..<(index + 9 + length)])))
            index += 9 + length
        }
        buffer.removeFirst(index)
        return frames
    }
}
