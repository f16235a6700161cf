/// Cuts a stream into its JSON objects, wherever the pieces of it end and whatever stands between them.
struct JSONFrames {
    struct TooLong: Error {}

    private var pending: [UInt8] = []
    private var scanned = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private let frameBytesMax: Int

    init(frameBytesMax: Int) {
        self.frameBytesMax = frameBytesMax
    }

    /// Takes a piece, and answers the objects that it completes.
    mutating func append(_ piece: [UInt8]) throws(TooLong) -> [[UInt8]] {
        pending += piece
        var frames: [[UInt8]] = []
        var start = 0
        while scanned < pending.count {
            let octet = pending[scanned]
            scanned += 1
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if octet == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if octet == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch octet {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth <= 0 else { continue }
                depth = 0
                frames.append(Array(pending[start..<scanned]))
                start = scanned
            default: break
            }
        }
        pending.removeFirst(start)
        scanned -= start
        guard pending.count <= frameBytesMax else { throw TooLong() }
        return frames
    }
}
