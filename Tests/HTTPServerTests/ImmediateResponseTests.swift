import HTTPServer
import HTTPWire
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ImmediateResponseTests {
    /// Answers `/now` without a task, and anything else with one.
    private static let handler: TestHandler = {
        var handler = TestHandler { request in
            let content = (try? await request.content()) ?? []
            return .text("later " + request.target + " " + String(decoding: content, as: UTF8.self))
        }
        handler.immediate = { request in
            switch request.head.path {
            case "/now": .text("now " + request.target)
            case "/stream": HTTPResponse(head: HTTPResponseHead(status: 200), content: .stream { _ in })
            default: nil
            }
        }
        return handler
    }()

    @Test(arguments: [nil, TestTLS.shared])
    func `answers with and without a task stay in order`(_ tls: TestTLS?) async throws {
        try await withServer(Self.handler, tls: tls) { server in
            let client = try await server.connect()
            let paths = (0..<200).map { $0 % 3 == 0 ? "/later" : "/now" }
            try await client.send(paths.map { "GET \($0)?\($0) HTTP/1.1\r\nHost: t\r\n\r\n" }.joined())
            for path in paths {
                #expect(try await client.reply().text.hasPrefix("\(path.dropFirst()) \(path)"))
            }
        }
    }

    @Test func `a request with content is never answered before it is read`() async throws {
        try await withServer(Self.handler) { server in
            let client = try await server.connect()
            try await client.send("PUT /now HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab")
            #expect(try await client.reply().text == "later /now ab")
        }
    }

    @Test func `a client that wants the connection closed gets that`() async throws {
        try await withServer(Self.handler) { server in
            let client = try await server.connect()
            try await client.send("GET /now HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(try await client.reply().fields["connection"] == "close")
            #expect(try await client.end().isEmpty)
        }
    }

    @Test func `an answer in pieces needs the task`() async throws {
        try await withServer(Self.handler) { server in
            let client = try await server.connect()
            #expect(try await client.get("/stream").text == "later /stream ")
        }
    }
}
