import HTTP2Frames
import HTTPWire
import Testing

@testable import HTTP2Wire

/// RFC 9113 §8: what is a request.
struct MessageTests {
    private static let malformed = Outcome.stream(1, .protocolError)

    private static func request(
        _ section: String, _ what: String, _ fields: [(String, String)], _ outcome: Outcome = malformed
    ) -> Case {
        Case(section, what, Frame.headers(stream: 1, fields), outcome)
    }

    private static func without(_ name: String) -> [(String, String)] { Frame.request().filter { $0.0 != name } }

    private static func replacing(_ name: String, _ value: String) -> [(String, String)] {
        Frame.request().map { $0.0 == name ? (name, value) : $0 }
    }

    @Test(arguments: [
        request("8.2.1", "a name in upper case", Frame.request() + [("Accept", "a")]),
        request("8.2.1", "an empty name", Frame.request() + [("", "a")]),
        request("8.2.1", "a space in a name", Frame.request() + [("a b", "a")]),
        request("8.2.1", "a colon in a name", Frame.request() + [("a:b", "a")]),
        request("8.2.1", "a NUL in a value", Frame.request() + [("a", "b\0c")]),
        request("8.2.1", "a line feed in a value", Frame.request() + [("a", "b\nc: d")]),
        request("8.2.1", "a carriage return in a value", Frame.request() + [("a", "b\rc")]),
        request("8.2.1", "a space before a value", Frame.request() + [("a", " b")], .events(["malformed 1 400"])),
        request("8.2.1", "a tab after a value", Frame.request() + [("a", "b\t")], .events(["malformed 1 400"])),
        request("8.2.1", "an empty value", Frame.request() + [("a", "")], .events(["request 1 GET /x"])),
        request("8.2.2", "Connection", Frame.request() + [("connection", "close")]),
        request("8.2.2", "Keep-Alive", Frame.request() + [("keep-alive", "5")]),
        request("8.2.2", "Proxy-Connection", Frame.request() + [("proxy-connection", "close")]),
        request("8.2.2", "Transfer-Encoding", Frame.request() + [("transfer-encoding", "chunked")]),
        request("8.2.2", "Upgrade", Frame.request() + [("upgrade", "h2c")]),
        request("8.2.2", "TE: gzip", Frame.request() + [("te", "trailers, gzip")]),
        request("8.2.2", "TE: trailers", Frame.request() + [("te", "trailers")], .events(["request 1 GET /x"])),
    ])
    func `fields are in lower case, clean, and none is about the connection`(_ item: Case) throws { try item.check() }

    @Test(arguments: [
        request("8.3", "a pseudo-field that nobody knows", Frame.request() + [(":other", "a")]),
        request("8.3", "a pseudo-field of responses", Frame.request() + [(":status", "200")]),
        request("8.3", "a pseudo-field after a field", without(":path") + [("a", "b"), (":path", "/x")]),
        request("8.3", "a pseudo-field twice", Frame.request() + [(":path", "/y")]),
        request("8.3.1", "no :method", without(":method")),
        request("8.3.1", "no :scheme", without(":scheme")),
        request("8.3.1", "no :path", without(":path")),
        request("8.3.1", "no :authority and no Host", without(":authority")),
        request(
            "8.3.1", "Host for :authority", without(":authority") + [("host", "h")], .events(["request 1 GET /x"])),
        request(
            "8.3.1", "Host like :authority", Frame.request() + [("host", "localhost")],
            .events(["request 1 GET /x"])),
        request("8.3.1", "another Host", Frame.request() + [("host", "h")], .events(["malformed 1 400"])),
        request("8.3.1", "Host twice", without(":authority") + [("host", "h"), ("host", "h")]),
        request("8.3.1", "an empty :authority", replacing(":authority", "")),
        request("8.3.1", "a user in :authority", replacing(":authority", "u@localhost"), .events(["malformed 1 400"])),
        request(
            "8.3.1", "an IPv6 literal that is open", replacing(":authority", "[::1"), .events(["malformed 1 400"])),
        request("8.3.1", "an IPv6 literal", replacing(":authority", "[::1]:443"), .events(["request 1 GET /x"])),
        request("8.3.1", "an empty :path", replacing(":path", "")),
        request("8.3.1", "a :path without a slash", replacing(":path", "x")),
        request("8.3.1", "a whole URI for :path", replacing(":path", "https://localhost/x")),
        request("8.3.1", "a fragment in :path", replacing(":path", "/x#y"), .events(["malformed 1 400"])),
        request("8.3.1", "* for :path of a GET", replacing(":path", "*")),
        request(
            "8.3.1", "* for :path of OPTIONS",
            [(":method", "OPTIONS"), (":scheme", "https"), (":path", "*"), (":authority", "a")],
            .events(["request 1 OPTIONS *"])),
        request("8.3.1", "a query", replacing(":path", "/x?a=%20&b"), .events(["request 1 GET /x?a=%20&b"])),
        request(
            "8.5", "CONNECT", [(":method", "CONNECT"), (":authority", "localhost:443")], .events(["malformed 1 405"])),
        request("8.5", "CONNECT with a :path", replacing(":method", "CONNECT")),
    ])
    func `pseudo-fields are each there, once, first and well formed`(_ item: Case) throws { try item.check() }

    private static func content(
        _ what: String, length: String, _ frames: [UInt8], _ outcome: Outcome = malformed
    ) -> Case {
        Case(
            "8.1.1", what,
            Frame.headers(
                stream: 1, Frame.request("PUT") + [("content-length", length)], flags: Frame.endHeaders) + frames,
            outcome)
    }

    @Test(arguments: [
        content(
            "as long as it says", length: "3",
            Frame.data(stream: 1, [1, 2]) + Frame.data(stream: 1, [3], isLast: true),
            .events(["request 1 PUT /x +", "content 1 2", "content 1 1", "end 1"])),
        content("shorter", length: "3", Frame.data(stream: 1, [1, 2], isLast: true)),
        content("longer, in one frame", length: "3", Frame.data(stream: 1, [1, 2, 3, 4])),
        content("longer, in two", length: "3", Frame.data(stream: 1, [1, 2]) + Frame.data(stream: 1, [3, 4])),
        content("cut short by trailers", length: "3", Frame.headers(stream: 1, [("a", "b")])),
        content("no number", length: "3 ", []),
        content("negative", length: "-1", []),
        content("with a sign", length: "+3", []),
        content("hexadecimal", length: "0x3", []),
        content("above 64 bits", length: "18446744073709551616", []),
        content("empty", length: "", []),
        Case(
            "8.1.1", "none for a length", Frame.headers(stream: 1, Frame.request("PUT") + [("content-length", "3")]),
            malformed),
        Case(
            "8.1.1", "two lengths",
            Frame.headers(
                stream: 1, Frame.request("PUT") + [("content-length", "3"), ("content-length", "3")],
                flags: Frame.endHeaders), malformed),
        Case(
            "8.1.1", "none for a length of 0",
            Frame.headers(stream: 1, Frame.request("PUT") + [("content-length", "0")]),
            .events(["request 1 PUT /x"])),
    ])
    func `content is as long as Content-Length says`(_ item: Case) throws { try item.check() }

    @Test(arguments: [
        Case(
            "8.1", "trailers", after: Requests.put(),
            Frame.data(stream: 1, [1]) + Frame.headers(stream: 1, [("a", "b")]), .events(["content 1 1", "end 1"])),
        Case(
            "8.1", "trailers in pieces", after: Requests.put(),
            Frame.headers(stream: 1, [("a", "b")], flags: Frame.endStream)
                + Frame.continuation(stream: 1, Frame.block([("c", "d")])), .events(["end 1"])),
        Case(
            "8.1", "trailers without END_STREAM", after: Requests.put(),
            Frame.headers(stream: 1, [("a", "b")], flags: Frame.endHeaders), malformed),
        Case(
            "8.1", "a pseudo-field in trailers", after: Requests.put(), Frame.headers(stream: 1, [(":path", "/y")]),
            malformed),
        Case(
            "8.1", "an upper-case name in trailers", after: Requests.put(), Frame.headers(stream: 1, [("A", "b")]),
            malformed),
        Case(
            "8.1", "DATA after trailers", after: Requests.put() + Frame.headers(stream: 1, [("a", "b")]),
            Frame.data(stream: 1, [1]), .connection(.streamClosed)),
    ])
    func `trailers end a message`(_ item: Case) throws { try item.check() }

    @Test func `trailers are no fields of the head`() throws {
        let test = try TestSession()
        let events = test.session.receive(
            Requests.put() + Frame.headers(stream: 1, [("authorization", "Bearer x")]), at: 0)
        let heads = events.compactMap { event -> HTTPRequestHead? in
            if case .request(_, let head) = event { head } else { nil }
        }
        #expect(heads.map { $0.fields["authorization"] } == [nil])
    }

    @Test func `a head keeps its fields in their order`() throws {
        let test = try TestSession()
        let fields = Frame.request() + [("x-remote-group", "a"), ("accept", "b"), ("x-remote-group", "c")]
        for event in test.session.receive(Frame.headers(stream: 1, fields), at: 0) {
            guard case .request(_, let head) = event else { continue }
            #expect(head.fields.values("x-remote-group") == ["a", "c"])
            #expect(head.fields["accept"] == "b")
            #expect(!head.expectsContinue)
        }
    }

    @Test func `a request that is whole never waits for 100`() throws {
        for (flags, expects) in [(Frame.endHeaders, true), (Frame.endHeaders | Frame.endStream, false)] {
            let test = try TestSession()
            let bytes = Frame.headers(stream: 1, Frame.request("PUT") + [("expect", "100-Continue")], flags: flags)
            for event in test.session.receive(bytes, at: 0) {
                guard case .request(_, let head) = event else { continue }
                #expect(head.expectsContinue == expects)
            }
        }
    }
}
