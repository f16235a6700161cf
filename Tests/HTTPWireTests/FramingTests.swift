import HTTP1Messages
import Testing

@testable import HTTPWire

@Suite struct FramingTests {
    private static func outcome(_ fields: String, version: String = "HTTP/1.1") -> (status: Int, framing: BodyFraming?)
    {
        do throws(HTTPWireError) {
            let head = try MessageReader.head("POST / \(version)\r\nHost: t\r\n\(fields)\r\n\r\n")
            return (200, head?.framing)
        } catch {
            return (error.status, nil)
        }
    }

    @Test(
        arguments: [
            ("Content-Length: 0", .none), ("Content-Length: 1", .length(1)), ("Content-Length: 0042", .length(42)),
            ("content-LENGTH:7", .length(7)), ("Content-Length: \t 7 \t", .length(7)), ("A: b", .none),
            ("Content-Length: 3145728", .length(3_145_728)), ("Transfer-Encoding: chunked", .chunked),
            ("Transfer-Encoding: Chunked ", .chunked), ("TRANSFER-ENCODING:chunked", .chunked),
        ] as [(String, BodyFraming)])
    func `decides on one framing`(_ field: String, _ framing: BodyFraming) {
        #expect(Self.outcome(field).framing == framing)
    }

    @Test(arguments: [
        ("Content-Length: 3145729", 413), ("Content-Length: 9223372036854775807", 413),
        ("Content-Length: 9223372036854775808", 413), ("Content-Length: 99999999999999999999999999999999999", 413),
        ("Content-Length: +5", 400), ("Content-Length: -1", 400), ("Content-Length:", 400),
        ("Content-Length: 5 5", 400), ("Content-Length: 5;", 400), ("Content-Length: 5, 5", 400),
        ("Content-Length: 0x5", 400), ("Content-Length: 5.0", 400), ("Content-Length: ５", 400),
        ("Content-Length: ²", 400), ("Content-Length: 5\r\nContent-Length: 5", 400),
        ("Content-Length: 5\r\nContent-Length: 6", 400), ("Content-Length: 0\r\nContent-Length: 5", 400),
    ])
    func `refuses a doubtful Content-Length`(_ fields: String, _ status: Int) {
        #expect(Self.outcome(fields).status == status)
    }

    @Test(arguments: [
        ("Transfer-Encoding: gzip", 501), ("Transfer-Encoding: identity", 501), ("Transfer-Encoding: xchunked", 501),
        ("Transfer-Encoding: chunked, gzip", 400), ("Transfer-Encoding: gzip, chunked", 400),
        ("Transfer-Encoding: chunked, chunked", 400), ("Transfer-Encoding: chunked;a=b", 400),
        ("Transfer-Encoding:", 400), ("Transfer-Encoding: \"chunked\"", 400), ("Transfer-Encoding: chunked,", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", 400),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
        ("Content-Length: 0\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: \u{B}chunked", 400), ("Transfer-Encoding: ch\u{212A}nked", 400),
    ])
    func `refuses a doubtful Transfer-Encoding`(_ fields: String, _ status: Int) {
        #expect(Self.outcome(fields).status == status)
    }

    @Test func `refuses Transfer-Encoding from HTTP 1.0`() {
        #expect(Self.outcome("Transfer-Encoding: chunked", version: "HTTP/1.0").status == 400)
    }

    @Test func `takes a field for what it is named, not for what its name looks like`() {
        #expect(Self.outcome("Content_Length: 5").framing == BodyFraming.none)
        #expect(Self.outcome("X-Content-Length: 5").framing == BodyFraming.none)
        #expect(Self.outcome("Transfer-Encodin\u{67}s: chunked").framing == BodyFraming.none)
    }
}
