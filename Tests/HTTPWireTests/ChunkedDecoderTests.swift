import Testing

@testable import HTTPWire

@Suite struct ChunkedDecoderTests {
    /// The content, or the status with which it is refused; `nil` when it is not complete.
    private static func decode(
        _ text: String, pieceBytes: Int = .max, limits: HTTPLimits = HTTPLimits()
    ) -> Result<[UInt8]?, HTTPWireError> {
        var decoder = ChunkedDecoder(limits: limits)
        var content: [UInt8] = []
        let octets = Array(text.utf8)
        do throws(HTTPWireError) {
            var start = 0
            while start < octets.count {
                let end = pieceBytes < octets.count - start ? start + pieceBytes : octets.count
                start = try decoder.decode(octets, start..<end, into: &content)
                if decoder.isDone { break }
            }
            return .success(decoder.isDone ? content : nil)
        } catch {
            return .failure(error)
        }
    }

    @Test(
        arguments: [
            ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
            ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("a\r\n0123456789\r\n000\r\n\r\n", "0123456789"),
            ("0005\r\nhello\r\n0\r\n\r\n", "hello"), ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"), ("1;a\r\nx\r\n0\r\n\r\n", "x"),
            ("1;a=b\r\nx\r\n0\r\n\r\n", "x"), ("1;a=\"b;\\\"\r\"\r\nx\r\n0\r\n\r\n", nil),
            ("1;a=\"b;\\\"c\"\r\nx\r\n0\r\n\r\n", "x"), ("1 ; a = b ; c\r\nx\r\n0\r\n\r\n", "x"),
            ("1\t;\ta=\"\"\r\nx\r\n0;z\r\n\r\n", "x"), ("0\r\nA: b\r\nC:\r\n\r\n", ""),
            ("0\r\nA: \u{E9}\t\r\n\r\n", ""),
        ] as [(String, String?)])
    func `decodes chunks, extensions and trailers`(_ text: String, _ content: String?) {
        for pieceBytes in [Int.max, 1, 2, 3] {
            let outcome = Self.decode(text, pieceBytes: pieceBytes)
            if let content {
                #expect(outcome == .success(Array(content.utf8)))
            } else {
                #expect(throws: HTTPWireError.self) { try outcome.get() }
            }
        }
    }

    @Test(arguments: [
        "\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", "1\n", "1\r1", "１\r\n", "1\r\nab",
        "1\r\na\n",
        "1\r\na\rb", "1\r\na1\r\n", "1,1\r\n", "1;\r\n", "1;=b\r\n", "1;a=\r\n", "1;a=b c\r\n", "1;a=\"b\r\n",
        "1;a=\"\n\"\r\n", "1;a=\"\\\r\"\r\n", "1;a\n", "1;a b\r\n", "1;a=\"b\"c\r\n", "0\r\n\n", "0\r\n: b\r\n",
        "0\r\nA b: c\r\n", "0\r\n A: b\r\n", "0\r\nA\r\n", "0\r\nA: b\n", "0\r\nA: \u{0}\r\n", "0\r\nA: b\r\r",
        "0\r\n\rx", ";a\r\n", "0\r\nA : b\r\n",
    ])
    func `refuses what is malformed`(_ text: String) {
        for pieceBytes in [Int.max, 1] {
            #expect(throws: HTTPWireError.self) { try Self.decode(text, pieceBytes: pieceBytes).get() }
        }
    }

    @Test(arguments: [
        "", "1", "1\r", "1\r\n", "1\r\na", "1\r\na\r", "1\r\na\r\n", "0\r\n", "0\r\n\r", "0\r\nA: b\r\n\r",
    ])
    func `waits for the rest`(_ text: String) {
        #expect(Self.decode(text) == .success(nil))
    }

    @Test func `stops at the end of the message`() throws {
        var decoder = ChunkedDecoder()
        var content: [UInt8] = []
        let octets = Array("..1\r\na\r\n0\r\n\r\nGET /".utf8)
        #expect(try decoder.decode(octets, 2..<octets.count, into: &content) == octets.count - 5)
        #expect(content == [0x61])
        #expect(try decoder.decode(octets, 4..<octets.count, into: &content) == 4)
    }

    @Test(arguments: ["ffffffffffffffff", "8000000000000000", "10000000000000000", "7fffffffffffffff", "300001"])
    func `refuses a size past the limit and past 64 bits`(_ size: String) {
        #expect(Self.decode("\(size)\r\n") == .failure(HTTPWireError.bodyTooLarge(HTTPLimits())))
    }

    @Test func `takes content at the limit and refuses one octet more, in one chunk or many`() {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 10
        #expect(Self.decode("a\r\n0123456789\r\n0\r\n\r\n", limits: limits) == .success(Array("0123456789".utf8)))
        let tooLarge = Result<[UInt8]?, HTTPWireError>.failure(.bodyTooLarge(limits))
        #expect(Self.decode("b\r\n", limits: limits) == tooLarge)
        #expect(Self.decode("9\r\n012345678\r\n2\r\n", limits: limits) == tooLarge)
        #expect(
            Self.decode("9\r\n012345678\r\n1\r\n9\r\n0\r\n\r\n", limits: limits) == .success(Array("0123456789".utf8)))
    }

    @Test func `limits what extensions cost`() {
        var limits = HTTPLimits()
        limits.chunkOverheadBytesMax = 20
        // Size, semicolon, name, CR, LF: 20 octets in all.
        #expect(throws: Never.self) {
            try Self.decode("0;" + String(repeating: "a", count: 16) + "\r\n", limits: limits).get()
        }
        #expect(throws: HTTPWireError.self) {
            try Self.decode("0;" + String(repeating: "a", count: 17) + "\r\n", limits: limits).get()
        }
    }

    @Test func `limits what trailers cost`() {
        var limits = HTTPLimits()
        limits.chunkOverheadBytesMax = 20
        #expect(throws: Never.self) {
            try Self.decode("0\r\nA: " + String(repeating: "b", count: 13) + "\r\n\r\n", limits: limits).get()
        }
        #expect(throws: HTTPWireError.self) {
            try Self.decode("0\r\nA: " + String(repeating: "b", count: 14) + "\r\n\r\n", limits: limits).get()
        }
    }

    @Test func `takes any number of small honest chunks`() {
        let text = String(repeating: "1\r\na\r\n", count: 5_000) + "0\r\n\r\n"
        #expect(Self.decode(text) == .success([UInt8](repeating: 0x61, count: 5_000)))
    }

    @Test func `refuses many small chunks with extensions`() {
        let text = String(repeating: "1;0123456789abcdef\r\na\r\n", count: 5_000)
        #expect(throws: HTTPWireError.self) { try Self.decode(text).get() }
    }
}
