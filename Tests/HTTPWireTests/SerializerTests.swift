import Testing

@testable import HTTPWire

@Suite struct SerializerTests {
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    private static func written(
        _ status: Int, _ fields: [(String, String)] = [], framing: ResponseFraming, closes: Bool = false,
        keepsAlive: Bool = false
    ) -> String {
        var output: [UInt8] = []
        HTTP1Serializer.write(
            HTTPResponseHead(status: status, fields: fields.map { (name: $0.0, value: $0.1) }), framing: framing,
            date: date, closes: closes, keepsAlive: keepsAlive, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `writes a head with a length`() {
        #expect(
            Self.written(200, [("Content-Type", "application/json")], framing: .length(12))
                == "HTTP/1.1 200 OK\r\nDate: \(Self.date)\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"
        )
    }

    @Test func `prepared fields are written as others are`() {
        let fields = [(name: "X-A", value: "b"), (name: "X-C", value: "d\r\ne")]
        var prepared: [UInt8] = []
        var plain: [UInt8] = []
        HTTP1Serializer.write(
            HTTPResponseHead(status: 200, prepared: PreparedFields(fields)), framing: .none, date: Self.date,
            closes: false, into: &prepared)
        HTTP1Serializer.write(
            HTTPResponseHead(status: 200, fields: fields), framing: .none, date: Self.date, closes: false, into: &plain)
        #expect(prepared == plain)
    }

    @Test func `writes a chunked head`() {
        #expect(
            Self.written(201, framing: .chunked)
                == "HTTP/1.1 201 Created\r\nDate: \(Self.date)\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    @Test func `writes a head without content`() {
        #expect(
            Self.written(204, framing: .none, closes: true)
                == "HTTP/1.1 204 No Content\r\nDate: \(Self.date)\r\nConnection: close\r\n\r\n")
    }

    @Test func `tells an HTTP 1.0 client that the connection is kept, unless it is not`() {
        #expect(Self.written(200, framing: .length(0), keepsAlive: true).contains("\r\nConnection: keep-alive\r\n"))
        let closing = Self.written(200, framing: .length(0), closes: true, keepsAlive: true)
        #expect(closing.contains("\r\nConnection: close\r\n"))
        #expect(!closing.contains("keep-alive"))
    }

    @Test(arguments: ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\u{0}b", "\r\n\r\nHTTP/1.1 200 OK"])
    func `a value can't end its line`(_ value: String) {
        let text = Self.written(200, [("X", value)], framing: .length(0))
        // One CRLF for each of status line, Date, X, Content-Length, and the empty line.
        #expect(text.utf8.filter { $0 == 0x0D }.count == 5)
        #expect(text.utf8.filter { $0 == 0x0A }.count == 5)
        #expect(!text.utf8.contains(0))
    }

    @Test func `keeps tabs and octets above ASCII`() {
        #expect(Self.written(200, [("X", "a\té")], framing: .length(0)).contains("\r\nX: a\té\r\n"))
    }

    @Test(
        arguments: [
            ([UInt8](repeating: 0x61, count: 1), "1\r\na\r\n"),
            (Array("0123456789abcdef!".utf8), "11\r\n0123456789abcdef!\r\n"),
            ([], ""),
        ] as [([UInt8], String)])
    func `writes chunks, and none for nothing`(_ content: [UInt8], _ chunk: String) {
        var output: [UInt8] = []
        HTTP1Serializer.writeChunk(content, into: &output)
        #expect(String(decoding: output, as: UTF8.self) == chunk)
    }

    @Test func `what it chunks the decoder reads`() throws {
        var output: [UInt8] = []
        let pieces = [[UInt8](repeating: 1, count: 1), [UInt8](repeating: 2, count: 300), Array("\r\n0\r\n".utf8)]
        for piece in pieces { HTTP1Serializer.writeChunk(piece, into: &output) }
        output += HTTP1Serializer.lastChunk
        var decoder = ChunkedDecoder()
        var content: [UInt8] = []
        #expect(try decoder.decode(output, 0..<output.count, into: &content) == output.count)
        #expect(decoder.isDone)
        #expect(content == pieces.flatMap { $0 })
    }

    @Test func `writes 100 as RFC 9110 has it`() {
        #expect(HTTP1Serializer.continueResponse == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }

    @Test(arguments: [
        (200, "OK"), (404, "Not Found"), (405, "Method Not Allowed"), (408, "Request Timeout"),
        (413, "Content Too Large"), (414, "URI Too Long"), (417, "Expectation Failed"), (422, "Unprocessable Content"),
        (429, "Too Many Requests"), (431, "Request Header Fields Too Large"), (501, "Not Implemented"),
        (504, "Gateway Timeout"), (505, "HTTP Version Not Supported"), (299, "Unknown"),
    ])
    func `names each status by its phrase`(_ status: Int, _ phrase: String) {
        #expect(Self.written(status, framing: .none).hasPrefix("HTTP/1.1 \(status) \(phrase)\r\n"))
    }
}

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (68_169_600, "Tue, 29 Feb 1972 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"), (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"), (1_735_689_600, "Wed, 01 Jan 2025 00:00:00 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `formats seconds as an IMF-fixdate`(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.format(seconds) == text)
    }
}
