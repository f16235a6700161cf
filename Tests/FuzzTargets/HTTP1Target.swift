package import Fuzzing
import HTTP1Messages
import HTTPWire

/// The request parser and the bodies behind it (RFC 9112): several requests of one connection.
extension FuzzTarget {
    package static let http1 = FuzzTarget(
        "http1",
        tokens: [
            "\r\n", "\n", "\r", " ", "\t", ":", "GET ", "PUT / HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.0\r\n",
            "Host: a\r\n",
            "Content-Length: ", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n",
            "\r\n0\r\n\r\n", "%2e", "%00", "http://a/", "[::1]", "\0",
        ],
        rounds: 3_000
    ) { octets in
        let (limits, tight) = (HTTPLimits(), tightLimits)
        let whole = MessageReader(reading: octets, limits: limits)
        try checkCuts(octets, whole, limits)
        let tightly = MessageReader(reading: octets, limits: tight)
        try checkCuts(octets, tightly, tight)
        for case .request(let line, let fields, let framing, let content) in whole.events {
            let again = MessageReader(reading: rewritten(line, fields, framing, content), limits: limits)
            try promise(
                again.events == [.request(line: line, fields: fields, framing: framing, content: content)],
                "\(line) is read differently when it is written again: \(again.events)")
        }
        if case .request = whole.events.first { return true }
        return false
    }

    private static let tightLimits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 120
        limits.fieldLineBytesMax = 80
        limits.headBytesMax = 300
        limits.fieldsMax = 6
        limits.bodyBytesMax = 64
        limits.chunkOverheadBytesMax = 60
        return limits
    }()

    /// The same requests and the same end, in pieces and octet by octet, and never more kept than may be.
    private static func checkCuts(
        _ octets: [UInt8], _ whole: MessageReader, _ limits: HTTPLimits
    ) throws {
        // A head, the line that is one too long to be one, and a CR that may be its end.
        let pendingMax = max(limits.headBytesMax, limits.requestLineBytesMax + 2 * limits.blankLinesMax) + 2
        for cuts in [pieces(of: octets), octets.indices.map { octets[$0...$0] }] {
            var reader = MessageReader(limits: limits)
            for piece in cuts {
                reader.read(piece)
                try promise(
                    reader.pendingOctets <= pendingMax, "\(reader.pendingOctets) octets are kept, not \(pendingMax)")
            }
            try promise(reader.events == whole.events, "whole: \(whole.events), in pieces: \(reader.events)")
            try promise(
                !whole.isOpen || reader.isInsideMessage == whole.isInsideMessage,
                "the end is inside a message only in pieces")
        }
        for case .request(_, let fields, _, let content) in whole.events {
            try promise(content.count <= limits.bodyBytesMax, "a body of \(content.count) octets")
            try promise(fields.count <= limits.fieldsMax, "\(fields.count) fields")
        }
    }

    private static func rewritten(
        _ line: String, _ fields: [String], _ framing: BodyFraming, _ content: [UInt8]
    ) -> [UInt8] {
        // "METHOD target minor-version".
        var octets = Array("\(line.dropLast())HTTP/1.\(line.suffix(1))\r\n".utf8)
        for field in fields { octets += Array("\(field)\r\n".utf8) }
        octets += Array("\r\n".utf8)
        guard framing == .chunked else { return octets + content }
        HTTP1Serializer.writeChunk(content, into: &octets)
        return octets + HTTP1Serializer.lastChunk
    }
}

/// The chunked transfer coding (RFC 9112 §7.1).
extension FuzzTarget {
    package static let chunks = FuzzTarget(
        "chunks",
        tokens: ["\r\n", "0\r\n\r\n", "1\r\n", "ffffffffffffffff", ";a=b", ";a=\"\\\"\"", "a: b\r\n", "\n", "\t"],
        rounds: 8_000
    ) { octets in
        var limits = HTTPLimits()
        limits.bodyBytesMax = 200
        limits.chunkOverheadBytesMax = 100
        let whole = try Decoding([octets[...]], limits)
        for cuts in [pieces(of: octets), octets.indices.map { octets[$0...$0] }] {
            let cut = try Decoding(cuts, limits)
            // The octets of the input before an error are content in either case.
            try promise(cut == whole, "whole: \(whole), in pieces: \(cut)")
        }
        guard whole.isDone else { return false }
        var again: [UInt8] = []
        HTTP1Serializer.writeChunk(whole.content, into: &again)
        let rewritten = try Decoding([(again + HTTP1Serializer.lastChunk)[...]], limits)
        try promise(rewritten.content == whole.content && rewritten.isDone, "written again: \(rewritten)")
        return true
    }

    private struct Decoding: Equatable {
        var content: [UInt8] = []
        var isDone = false
        var used = 0
        var failure: Int?

        init(_ pieces: [ArraySlice<UInt8>], _ limits: HTTPLimits) throws(BrokenPromise) {
            var decoder = ChunkedDecoder(limits: limits)
            do throws(HTTPWireError) {
                for piece in pieces where !decoder.isDone {
                    let piece = Array(piece)
                    used += try decoder.decode(piece, piece.indices, into: &content)
                }
            } catch {
                failure = error.status
                // How far an error is behind the piece's start is not told.
                used = 0
            }
            isDone = decoder.isDone
            try promise(content.count <= limits.bodyBytesMax, "\(content.count) octets of content")
            try promise(failure != nil || content.count <= used, "more content than input")
        }
    }
}
