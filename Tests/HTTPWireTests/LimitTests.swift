import HTTP1Messages
import Testing

@testable import HTTPWire

/// Each limit at its value and one past it, in one piece and octet by octet.
@Suite struct LimitTests {
    private static func statuses(_ text: String, _ limits: HTTPLimits) -> [Int] {
        let octets = Array(text.utf8)
        return [MessageReader(reading: octets, limits: limits), MessageReader.dribbled(octets, limits: limits)].map {
            switch $0.events.first {
            case .request: 200
            case .refused(let status): status
            case nil: 0
            }
        }
    }

    private static func request(lineBytes: Int, _ fields: String = "Host: t") -> String {
        "GET /" + String(repeating: "a", count: lineBytes - 14) + " HTTP/1.1\r\n" + fields + "\r\n\r\n"
    }

    @Test func `a request line at the limit is refused when its CR comes without its LF`() {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 100
        #expect(Self.statuses(Self.request(lineBytes: 100), limits) == [200, 200])
        #expect(Self.statuses(Self.request(lineBytes: 101), limits) == [414, 414])
    }

    @Test func `a field line at the limit is refused when its CR comes without its LF`() {
        var limits = HTTPLimits()
        limits.fieldLineBytesMax = 50
        func field(_ bytes: Int) -> String { "Host: t\r\nA: " + String(repeating: "b", count: bytes - 3) }
        #expect(Self.statuses(Self.request(lineBytes: 20, field(50)), limits) == [200, 200])
        #expect(Self.statuses(Self.request(lineBytes: 20, field(51)), limits) == [431, 431])
    }

    @Test func `a head at the limit is refused when a CR comes without its LF`() {
        var limits = HTTPLimits()
        // Request line, Host and one more, each with its CRLF; the empty line does not count.
        limits.headBytesMax = 22 + 9 + 50
        func field(_ bytes: Int) -> String { "Host: t\r\nA: " + String(repeating: "b", count: bytes - 3) }
        #expect(Self.statuses(Self.request(lineBytes: 20, field(48)), limits) == [200, 200])
        #expect(Self.statuses(Self.request(lineBytes: 20, field(49)), limits) == [431, 431])
    }

    @Test func `a line past the limit that ends in LF alone is refused in two ways, by how it is cut`() {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 100
        #expect(Self.statuses("GET /" + String(repeating: "a", count: 200) + "\n", limits) == [414, 414])
    }

    @Test func `a line without an end is refused once it is past the limit`() {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 100
        limits.fieldLineBytesMax = 100
        let line = String(repeating: "a", count: 101)
        #expect(Self.statuses(line, limits) == [414, 414])
        #expect(Self.statuses("GET / HTTP/1.1\r\n" + line, limits) == [431, 431])
        #expect(Self.statuses("GET / HTTP/1.1\r\n" + line.dropLast(), limits) == [0, 0])
    }

    @Test func `field lines are counted`() {
        var limits = HTTPLimits()
        limits.fieldsMax = 3
        #expect(Self.statuses(Self.request(lineBytes: 20, "Host: t\r\nA: b\r\nA: b"), limits) == [200, 200])
        #expect(Self.statuses(Self.request(lineBytes: 20, "Host: t\r\nA: b\r\nA: b\r\nA:"), limits) == [431, 431])
    }

    @Test func `content is limited before it comes`() {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 3
        #expect(
            Self.statuses(Self.request(lineBytes: 20, "Host: t\r\nContent-Length: 3") + "abc", limits) == [200, 200])
        #expect(Self.statuses(Self.request(lineBytes: 20, "Host: t\r\nContent-Length: 4"), limits) == [413, 413])
    }
}

extension MessageReader {
    /// Reads octet by octet.
    static func dribbled(_ octets: [UInt8], limits: HTTPLimits = HTTPLimits()) -> MessageReader {
        var reader = MessageReader(limits: limits)
        for index in octets.indices { reader.read(octets[index...index]) }
        return reader
    }
}
