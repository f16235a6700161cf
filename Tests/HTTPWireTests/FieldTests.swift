import HTTP1Messages
import Testing

@testable import HTTPWire

@Suite struct FieldTests {
    private static func status(fields: String) -> Int {
        MessageReader.status("GET / HTTP/1.1\r\n\(fields)\r\n\r\n")
    }

    @Test(arguments: [
        "t", "t:80", "t:", "a.b-c_d~e", "127.0.0.1:6443", "[::1]", "[::1]:6443", "[::]", "[1:2:3:4:5:6:7:8]",
        "[1::8]", "[::ffff:127.0.0.1]", "[1:2:3:4:5:6:1.2.3.4]", "", "x.svc:65535", "%41",
    ])
    func `takes a host and port`(_ host: String) {
        #expect(Self.status(fields: "Host: \(host)") == 200)
    }

    @Test(arguments: [
        "t:x", "t:-1", "t:65536", "t:99999999999999999999", "t:80:80", "u@t", "t/", "a b", "a,b", "[::1", "::1", "[]",
        "[::1]x", "[1:2]", "[1::2::3]", "[:::]", "[12345::]", "[g::]", "[1:2:3:4:5:6:7:8:9]", "[::1.2.3]",
        "[::1.2.3.256]", "[1.2.3.4::]", "%zz", "t%0", "é", "a\\b", "[v1.x]", "[::1%25eth0]", "[1:2:3:4:5:6:7::8:9]",
        "t:８０", "[::1.2.3.4.5]", "[::1.2.3.0001]",
    ])
    func `refuses any other Host`(_ host: String) {
        #expect(Self.status(fields: "Host: \(host)") == 400)
    }

    @Test func `wants one Host, except from HTTP 1.0`() {
        #expect(Self.status(fields: "A: b") == 400)
        #expect(Self.status(fields: "Host: t\r\nHost: t") == 400)
        #expect(Self.status(fields: "Host: t\r\nhOST: u") == 400)
        #expect(MessageReader.status("GET / HTTP/1.0\r\n\r\n") == 200)
        #expect(MessageReader.status("GET / HTTP/1.0\r\nHost: t\r\nHost: t\r\n\r\n") == 400)
        #expect(MessageReader.status("GET / HTTP/1.0\r\nHost: t:x\r\n\r\n") == 400)
    }

    @Test(arguments: [
        "A: b", "A:b", "A:", "A: \t b \t ", "A:\tb", "!#$%&'*+-.^_`|~9: x", "A: b:c", "A: \u{80}\u{FF}é",
    ])
    func `takes a token, a colon and a value`(_ line: String) {
        #expect(Self.status(fields: "Host: t\r\n\(line)") == 200)
    }

    @Test(arguments: [
        "A : b", "A\t: b", ": b", "A", " A: b", "\tA: b", "A b: c", "A\u{0}: b", "A: b\u{0}", "A: b\rc", "A: \u{7F}",
        "A: \u{1B}[31m", "A(: b", "Ä: b", "A: b\r", "A@B: c", "A\"B: c", "[A]: b",
    ])
    func `refuses any other field line`(_ line: String) {
        #expect(Self.status(fields: "Host: t\r\n\(line)") == 400)
    }

    @Test func `refuses a folded field, and says so`() {
        #expect {
            try MessageReader.head("GET / HTTP/1.1\r\nHost: t\r\nA: b\r\n c\r\n\r\n")
        } throws: { error in
            (error as? HTTPWireError)?.message == "a header field is folded over two lines"
        }
    }

    @Test func `trims white space around a value and keeps it inside`() throws {
        let head = try #require(try MessageReader.head("GET / HTTP/1.1\r\nHost: t\r\nA: \t b \t c \t\r\n\r\n"))
        #expect(head.fields["a"] == "b \t c")
    }

    @Test(arguments: [
        ("HTTP/1.1", "A: b", true), ("HTTP/1.1", "Connection: close", false), ("HTTP/1.1", "Connection: CLOSE", false),
        ("HTTP/1.1", "Connection: x, close", false), ("HTTP/1.1", "Connection: x\r\nConnection: ,close ,", false),
        ("HTTP/1.1", "Connection: keep-alive", true), ("HTTP/1.1", "Connection: closed", true),
        ("HTTP/1.1", "Connection: keep-alive, close", false), ("HTTP/1.0", "A: b", false),
        ("HTTP/1.0", "Connection: keep-alive", true), ("HTTP/1.0", "Connection: Keep-Alive, close", false),
    ])
    func `knows whether the connection is kept`(_ version: String, _ field: String, _ isPersistent: Bool) throws {
        let head = try #require(try MessageReader.head("GET / \(version)\r\nHost: t\r\n\(field)\r\n\r\n"))
        #expect(head.isPersistent == isPersistent)
    }

    @Test(arguments: [
        ("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nExpect: 100-continue", true),
        ("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nEXPECT: 100-Continue", true),
        ("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\nExpect: 100-continue", false),
        ("GET / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue", false),
        ("POST / HTTP/1.0\r\nHost: t\r\nContent-Length: 1\r\nExpect: 100-continue", false),
    ])
    func `knows whether the client waits for 100`(_ lines: String, _ expectsContinue: Bool) throws {
        let head = try #require(try MessageReader.head(lines + "\r\n\r\n"))
        #expect(head.expectsContinue == expectsContinue)
    }

    @Test(arguments: ["100-continued", "", "100-continue, x", "200-ok"])
    func `answers 417 to any other expectation`(_ value: String) {
        #expect(Self.status(fields: "Host: t\r\nExpect: \(value)") == 417)
    }
}
