import HTTP1Messages
import Testing

@testable import HTTPWire

@Suite struct RequestLineTests {
    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func `takes each method that a handler may serve`(_ method: String) throws {
        let head = try #require(try MessageReader.head("\(method) /x HTTP/1.1\r\nHost: t\r\n\r\n"))
        #expect(head.method.rawValue == method)
    }

    @Test(arguments: [
        ("CONNECT", 405), ("TRACE", 405), ("get", 501), ("GETS", 501), ("PROPFIND", 501), ("G@T", 400), ("", 400),
        (" GET", 400), ("G\u{0}T", 400), ("GÉT", 400), ("(GET)", 400),
    ])
    func `refuses other methods`(_ method: String, _ status: Int) {
        #expect(MessageReader.status("\(method) / HTTP/1.1\r\nHost: t\r\n\r\n") == status)
    }

    @Test(arguments: [
        ("HTTP/1.1", 200), ("HTTP/1.0", 200), ("HTTP/1.2", 200), ("HTTP/1.9", 200), ("HTTP/2.0", 505),
        ("HTTP/0.9", 505), ("HTTP/3.0", 505), ("http/1.1", 400), ("HTTP/1", 400), ("HTTP/1.", 400),
        ("HTTP/1.10", 400), ("HTTP/11.1", 400), ("HTTP/+1.1", 400), ("HTTP/1,1", 400), ("HTTP/1.1 ", 400),
        ("HTTP /1.1", 400), ("ICY/1.1", 400), ("", 400), ("HTTP/1.x", 400), ("HTTP/٠.1", 400),
    ])
    func `takes versions 1.x`(_ version: String, _ status: Int) {
        #expect(MessageReader.status("GET / \(version)\r\nHost: t\r\n\r\n") == status)
    }

    @Test(arguments: [
        "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 ", "GET /",
        "GET / / HTTP/1.1", "/ HTTP/1.1", "GET", " ", "\t", "GET / HTTP/1.1\r", "GET /\rHTTP/1.1", "\u{16}\u{3}\u{1}",
    ])
    func `refuses a request line that is not three words with one space between`(_ line: String) {
        #expect(MessageReader.status("\(line)\r\nHost: t\r\n\r\n") == 400)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: t\n\n", "GET / HTTP/1.1\r\nHost: t\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\n\n",
        "\nGET / HTTP/1.1\r\nHost: t\r\n\r\n",
    ])
    func `refuses LF without CR`(_ text: String) {
        #expect(MessageReader.status(text) == 400)
    }

    @Test func `passes over empty lines before the request line, up to the limit`() {
        let request = "GET / HTTP/1.1\r\nHost: t\r\n\r\n"
        #expect(MessageReader.status(String(repeating: "\r\n", count: 4) + request) == 200)
        #expect(MessageReader.status(String(repeating: "\r\n", count: 5) + request) == 400)
    }

    @Test func `counts empty lines anew for each message`() {
        let request = "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n"
        let events = MessageReader(reading: Array((request + request).utf8)).events
        #expect(events.count == 2)
        #expect(!events.contains(.refused(400)))
    }

    @Test(
        arguments: [
            ("/", "/", nil), ("/a/b?c=d&e", "/a/b", "c=d&e"), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"),
            ("//x", "//x", nil), ("/a//b", "/a//b", nil), ("/%41%2f", "/%41%2f", nil),
            ("/a;b=c:d@e", "/a;b=c:d@e", nil),
            ("/a?x=[1]", "/a", "x=[1]"), ("http://t/a?b", "/a", "b"), ("http://t", "/", nil),
            ("HTTPS://t:443/x", "/x", nil),
            ("http://t?q", "/", "q"), ("http://[::1]:80/x", "/x", nil), ("/...", "/...", nil),
            ("/.hidden", "/.hidden", nil),
            ("/a?../b", "/a", "../b"), ("/%2e%2e%2e", "/%2e%2e%2e", nil), ("/a?%2e%2e", "/a", "%2e%2e"),
        ] as [(String, String, String?)])
    func `splits targets into path and query`(_ target: String, _ path: String, _ query: String?) throws {
        let head = try #require(try MessageReader.head("GET \(target) HTTP/1.1\r\nHost: t\r\n\r\n"))
        #expect(head.path == path)
        #expect(head.query == query)
    }

    @Test(arguments: [
        "*", "a", "t:80", "http:/t/", "http:///x", "http://", "http://u@t/", "http://t:x/", "http://[::1/", "ftp://t/",
        "/a#b", "/\"", "/<", "/>", "/\\", "/^", "/`", "/{", "/|", "/}", "/é", "/%", "/%4", "/%4g", "/%zz", "/a?%x1",
        "/%00", "/a?%00", "/.", "/..", "/a/./b", "/a/../b", "/a/..", "/%2e", "/%2E%2e/x", "/.%2e", "/%2E./x",
        "/\u{7F}", "/\u{1}", "https://t%zz/",
    ])
    func `refuses other targets`(_ target: String) {
        #expect(MessageReader.status("GET \(target) HTTP/1.1\r\nHost: t\r\n\r\n") == 400)
    }

    @Test func `takes the asterisk for OPTIONS alone`() throws {
        let head = try #require(try MessageReader.head("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n"))
        #expect(head.path == "*")
        #expect(MessageReader.status("POST * HTTP/1.1\r\nHost: t\r\n\r\n") == 400)
        #expect(MessageReader.status("OPTIONS *x HTTP/1.1\r\nHost: t\r\n\r\n") == 400)
    }

    @Test(
        arguments: [
            ("/a?b", "/a", "b"), ("*", "*", nil), ("http://t/a", nil, nil), ("a", nil, nil), ("", nil, nil),
            ("/..", nil, nil),
            ("/%zz", nil, nil), ("/a b", nil, nil),
        ] as [(String, String?, String?)])
    func `splits the path of an HTTP 2 request, which has no authority`(
        _ target: String, _ path: String?, _ query: String?
    ) {
        let parts = try? RequestTarget.split(Array(target.utf8), method: .options)
        #expect(parts?.path == path)
        #expect(parts?.query == query)
    }

    @Test(arguments: [("t:80", true), ("[::1]", true), ("u@t", false), ("t:x", false), ("a/b", false)])
    func `checks the authority of an HTTP 2 request`(_ authority: String, _ isValid: Bool) {
        let checked: Void? = try? RequestTarget.checkAuthority(Array(authority.utf8))
        #expect((checked != nil) == isValid)
    }
}
