import HTTP1Messages
import Testing

@testable import HTTPWire

/// The byte strings of `http1.json`, where it is at hand, fed to parser and chunk decoder in every way in which a
/// network may cut them.
@Suite(.enabled(if: VectorFile.exists))
struct VectorTests {
    @Test func `the file has the vectors`() {
        #expect(VectorFile.vectors.count >= 300)
    }

    @Test(arguments: VectorFile.vectors)
    func `each vector has an outcome that the RFCs allow`(_ vector: Vector) {
        var reader = MessageReader(reading: vector.octets)
        if vector.mode == "wait100", let body = vector.body {
            #expect(reader.expectsContinue)
            let isChunked = vector.id.contains("chunked")
            reader.read((isChunked ? Self.chunked(body) : body)[...])
        }
        #expect(
            ([vector.recommended] + vector.alsoAllowed).contains { Self.matches(reader, $0) }, "\(reader.events)")
        if let body = vector.body, case .request(_, _, _, let content) = reader.events.first {
            #expect(content == body)
        }
    }

    @Test func `nearly all vectors have the recommended outcome`() {
        let others = VectorFile.vectors.filter { vector in
            vector.mode != "wait100" && !Self.matches(MessageReader(reading: vector.octets), vector.recommended)
        }
        #expect(others.count <= 5, "\(others.map(\.id))")
    }

    @Test(arguments: VectorFile.vectors)
    func `each vector has the same outcome however it is cut`(_ vector: Vector) {
        let octets = vector.octets
        let whole = MessageReader(reading: octets).events
        // Long vectors repeat one octet: pieces of a prime length reach all their states.
        let pieceBytes = octets.count <= 2_000 ? 1 : octets.count <= 30_000 ? 13 : 4_999
        var prefix = MessageReader()
        var start = 0
        while start < octets.count {
            let end = min(start + pieceBytes, octets.count)
            prefix.read(octets[start..<end])
            start = end
            if start < octets.count, octets.count <= 500 {
                var cut = MessageReader()
                cut.read(octets[..<start])
                cut.read(octets[start...])
                #expect(cut.events == whole, "cut at \(start)")
            }
        }
        #expect(prefix.events == whole, "in pieces of \(pieceBytes)")
    }

    private static func matches(_ reader: MessageReader, _ outcome: Vector.Outcome) -> Bool {
        var requests = 0
        var status: Int?
        for event in reader.events {
            switch event {
            case .request: requests += 1
            case .refused(let code): status = code
            }
        }
        switch outcome.expected {
        case "accept": return status == nil && requests == outcome.responses
        case "reject":
            guard requests == outcome.appBefore, let status else { return false }
            return outcome.status?.contains(status) == true
        case "close":
            // The peer ends; the connection must not have made a request of what it sent.
            return requests == outcome.appBefore && status == nil
        default: return false
        }
    }

    private static func chunked(_ content: [UInt8]) -> [UInt8] {
        Array("\(String(content.count, radix: 16))\r\n".utf8) + content + Array("\r\n0\r\n\r\n".utf8)
    }
}
