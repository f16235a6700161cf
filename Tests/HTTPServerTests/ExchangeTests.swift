import HTTPServer
import HTTPWire
import Reactor
import TLS
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ExchangeTests {
    @Test(arguments: [nil, TestTLS.shared])
    func `keeps the connection from request to request`(_ tls: TestTLS?) async throws {
        try await withServer(tls: tls) { server in
            let client = try await server.connect()
            for number in 0..<3 {
                let reply = try await client.get("/\(number)?q")
                #expect(reply.status == 200)
                #expect(reply.text == "/\(number)?q ")
                #expect(reply.fields["connection"] == nil)
                #expect(reply.fields["date"]?.hasSuffix(" GMT") == true)
            }
        }
    }

    @Test(arguments: [nil, TestTLS.shared])
    func `answers 1000 pipelined requests in their order`(_ tls: TestTLS?) async throws {
        try await withServer(tls: tls) { server in
            let client = try await server.connect()
            let requests = (0..<1_000).map { "GET /\($0) HTTP/1.1\r\nHost: t\r\n\r\n" }.joined()
            try await client.send(requests)
            for number in 0..<1_000 {
                let reply = try await client.reply()
                guard reply.text == "/\(number) " else {
                    Issue.record("\(number): \(reply)")
                    return
                }
            }
        }
    }

    @Test()
    func `pipelined requests whose responses are large are never all served`() async throws {
        let content = [UInt8](repeating: 0x78, count: 64 * 1_024)
        try await withServer(TestHandler { _ in .bytes(content) }) { server in
            let client = try await server.connect()
            try await client.send(String(repeating: "GET / HTTP/1.1\r\nHost: t\r\n\r\n", count: 100))
            for number in 0..<100 {
                let reply = try await client.reply()
                #expect(reply.content.count == content.count, "\(number)")
            }
        }
    }

    @Test func `a handler that waits holds back the requests behind it`() async throws {
        let latch = Latch()
        let handler = TestHandler { request in
            if request.target == "/slow" { await latch.wait() }
            return .text(request.target)
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            let other = try await server.connect()
            try await client.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\nGET /fast HTTP/1.1\r\nHost: t\r\n\r\n")
            // Other connections of the loop go on.
            #expect(try await other.get("/other").text == "/other")
            latch.open()
            #expect(try await client.reply().text == "/slow")
            #expect(try await client.reply().text == "/fast")
        }
    }

    @Test func `HEAD has the fields of GET and no content`() async throws {
        try await withServer(TestHandler { _ in .text("hello") }) { server in
            let client = try await server.connect()
            try await client.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(try await client.reply(forHead: true).fields["content-length"] == "5")
            #expect(try await client.get("/").text == "hello")
        }
    }

    @Test(arguments: [204, 304])
    func `a status that has no content sends none`(_ status: Int) async throws {
        try await withServer(TestHandler { _ in .text("hello", status: status) }) { server in
            let client = try await server.connect()
            let reply = try await client.get("/")
            #expect(reply.status == status)
            #expect(reply.fields["content-length"] == nil)
            #expect(try await client.get("/").status == status)
        }
    }

    @Test(arguments: [nil, TestTLS.shared])
    func `takes content with a length and in chunks`(_ tls: TestTLS?) async throws {
        try await withServer(tls: tls) { server in
            let client = try await server.connect()
            try await client.send("POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try await client.reply().text == "/a hello")
            try await client.send("POST /b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\n")
            try await client.send("llo\r\n0\r\nA: b\r\n\r\n")
            #expect(try await client.reply().text == "/b hello")
            let large = String(repeating: "0123456789", count: 300_000)
            try await client.send("POST /c HTTP/1.1\r\nHost: t\r\nContent-Length: \(large.utf8.count)\r\n\r\n" + large)
            #expect(try await client.reply().content.count == large.utf8.count + 3)
        }
    }

    @Test func `answers an HTTP 1 point 0 client and ends, or keeps the connection when asked`() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try await client.reply().fields["connection"] == "keep-alive")
            try await client.send("GET /b HTTP/1.0\r\n\r\n")
            #expect(try await client.reply().fields["connection"] == "close")
            #expect(try await client.end().isEmpty)
        }
    }

    @Test(arguments: [nil, TestTLS.shared])
    func `ends the connection after the response when the client asks`(_ tls: TestTLS?) async throws {
        try await withServer(tls: tls) { server in
            let client = try await server.connect()
            try await client.send(
                "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\nGET /no HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(try await client.reply().fields["connection"] == "close")
            #expect(try await client.end().isEmpty)
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: t\r\n\r\n", "PATCH /x HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
    func `HTTP on the port of HTTPS got no answer`(_ request: String) async throws {
        let tls = try #require(TestTLS.shared)
        try await withServer(tls: tls) { server in
            let client = try await Client(port: server.port)
            try await client.send(request)
            let answer = String(decoding: try await client.end(), as: UTF8.self)
            #expect(
                answer == "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
        }
    }

    @Test(arguments: ["\u{16}GET / HTTP/1.1", "BREW / HTTP/1.1\r\n"])
    func `what is neither TLS nor HTTP gets none`(_ bytes: String) async throws {
        let tls = try #require(TestTLS.shared)
        try await withServer(tls: tls) { server in
            let client = try await Client(port: server.port)
            try await client.send(bytes)
            let answer = String(decoding: try await client.end(), as: UTF8.self)
            #expect(!answer.contains("HTTP"))
        }
    }

    @Test func `a handler knows the client's certificate and address`() async throws {
        let tls = try #require(TestTLS.shared)
        let pool = try CertificatePool(bundle: tls.bundle)
        let handler = TestHandler { request in
            guard case .verified(let peer) = request.verifyPeer(against: pool) else { return .text("unknown") }
            return .text("\(peer.commonName) \(peer.organizations) \(request.peerAddress?.host ?? "")")
        }
        try await withServer(handler, tls: tls) { server in
            let client = try await server.connect()
            #expect(try await client.get("/").text == #"alice ["a", "b"] 127.0.0.1"#)
        }
        try await withServer(handler) { server in
            let client = try await server.connect()
            #expect(try await client.get("/").text == "unknown")
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ExpectTests {
    private static let head = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"

    @Test func `sends 100 once the handler asks for the content`() async throws {
        try await withServer { server in
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send(Self.head)
                #expect(try await client.reply().status == 100)
                try await client.send("hello")
                #expect(try await client.reply().text == "/ hello")
            }
        }
    }

    @Test func `sends no 100 when the content has already begun`() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send(Self.head + "hello")
            #expect(try await client.reply().status == 200)
        }
    }

    @Test func `answers without 100 when the handler does not ask, and ends`() async throws {
        try await withServer(TestHandler { _ in .text("no", status: 403) }) { server in
            let client = try await server.connect()
            try await client.send(Self.head)
            let reply = try await client.reply()
            #expect(reply.status == 403)
            #expect(reply.fields["connection"] == "close")
            #expect(try await client.end().isEmpty)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct RefusalTests {
    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: t\r\n\r\n", 505),
        ("BREW / HTTP/1.1\r\nHost: t\r\n\r\n", 501),
        ("CONNECT t:1 HTTP/1.1\r\nHost: t\r\n\r\n", 405), ("GET / HTTP/1.1\r\nHost: t\r\nExpect: x\r\n\r\n", 417),
        ("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3145729\r\n\r\n", 413),
        ("GET /" + String(repeating: "a", count: 16_385), 414),
        ("GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 16_385), 431),
        ("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
        ("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n300001\r\n", 413),
    ])
    func `answers what the handler says of a broken message, and ends`(_ text: String, _ status: Int) async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send(text)
            let reply = try await client.reply()
            #expect(reply.status == status)
            #expect(reply.fields["x-by"] == "handler")
            #expect(reply.fields["connection"] == "close")
            #expect(reply.text.hasPrefix("\(status): "))
            #expect(try await client.end().isEmpty)
        }
    }

    @Test(arguments: [nil, TestTLS.shared])
    func `serves nothing behind a broken message`(_ tls: TestTLS?) async throws {
        try await withServer(tls: tls) { server in
            let client = try await server.connect()
            try await client.send("GET /a HTTP/1.1\r\nHost: t\r\n\r\nBAD\r\n\r\nGET /b HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(try await client.reply().text == "/a ")
            #expect(try await client.reply().status == 400)
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `refuses content past the limit before all of it has come`() async throws {
        try await withServer(configure: { $0.http.bodyBytesMax = 100_000 }) { server in
            let client = try await server.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<10 {
                try await client.send("2710\r\n" + String(repeating: "x", count: 10_000) + "\r\n")
            }
            try await client.send("1\r\n")
            #expect(try await client.reply().status == 413)
        }
    }

    @Test func `an early answer reads on when little is left, and keeps the connection`() async throws {
        try await withServer(
            TestHandler { request in .text(request.target) }, configure: { $0.discardBytesMax = 1_000 }
        ) { server in
            let client = try await server.connect()
            try await client.send("POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n")
            try await client.send([UInt8](repeating: 0x78, count: 1_000))
            let reply = try await client.reply()
            #expect(reply.text == "/a")
            #expect(reply.fields["connection"] == nil)
            #expect(try await client.get("/b").text == "/b")
        }
    }

    @Test func `an early answer ends the connection when much is left`() async throws {
        try await withServer(
            TestHandler { request in .text(request.target) }, configure: { $0.discardBytesMax = 1_000 }
        ) { server in
            let client = try await server.connect()
            try await client.send("POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n")
            let reply = try await client.reply()
            #expect(reply.text == "/a")
            #expect(reply.fields["connection"] == "close")
            #expect(try await client.end().isEmpty)
        }
    }
}
