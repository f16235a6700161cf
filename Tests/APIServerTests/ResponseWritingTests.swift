import HTTPServer
import HTTPWire
import KubeModel
import Testing

@testable import APIServer

@Suite struct ResponseWritingTests {
    private func written(_ answer: APIAnswer, _ head: HTTPRequestHead = Fixture.head()) -> HTTPResponse {
        ResponseWriting.response(answer, to: head, auditID: "id-1")
    }

    private func values(_ name: String, _ response: HTTPResponse) -> [String] {
        response.head.fields.filter { $0.name == name }.map(\.value)
    }

    private func bytes(_ response: HTTPResponse) -> [UInt8]? {
        if case .bytes(let bytes) = response.content { bytes } else { nil }
    }

    private func text(_ response: HTTPResponse) -> String? {
        bytes(response).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `gives every answer the fields of an API server`() {
        let answers = [
            APIAnswer(status: 202, .none), APIAnswer(["a": 1]), APIAnswer(.text("ok")), APIAnswer(Status.pathNotFound),
            APIAnswer(.document(StaticDocument([:]))), APIAnswer(.bytes([1], type: "x/y")),
        ]
        let types = [
            [], ["application/json"], ["text/plain; charset=utf-8"], ["application/json"], ["application/json"],
            ["x/y"],
        ]
        for (answer, types) in zip(answers, types) {
            let response = written(answer)
            #expect(values("Audit-Id", response) == ["id-1"])
            #expect(values("Content-Type", response) == types)
            #expect(values("Cache-Control", response).count == 1)
            #expect(values("X-Content-Type-Options", response) == ["nosniff"])
        }
        #expect(values("Cache-Control", written(answers[0])) == ["no-cache, private"])
        #expect(values("Cache-Control", written(answers[4])) == ["public"])
        #expect(bytes(written(answers[0])) == [])
    }

    @Test func `writes a failure as its Status`() {
        let response = written(APIAnswer(Status.tooManyRequests(retryAfterSeconds: 3)))
        #expect(response.head.status == 429)
        #expect(values("Retry-After", response) == ["3"])
        #expect(
            text(response)
                == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#
                + #""message":"Too many requests, please try again later.","reason":"TooManyRequests","#
                + #""details":{"retryAfterSeconds":3},"code":429}"# + "\n")
        #expect(values("Retry-After", written(APIAnswer(Status.pathNotFound))).isEmpty)
    }

    @Test(arguments: [
        ("curl/7.88.1", nil, true), ("Wget/1.21", nil, true), ("Mozilla/5.0 (X11)", nil, true),
        ("kubectl/v1.33", nil, false), (nil, nil, false), ("xcurl/1", nil, false), ("Mozilla/4.0", nil, false),
        ("kubectl", "pretty=1", true), ("kubectl", "a=b&pretty=true", true), (nil, "pretty=true", true),
        ("curl/8", "pretty=0", false), ("curl/8", "pretty=false", false),
    ]) func `indents for people`(agent: String?, query: String?, isPretty: Bool) {
        let head = Fixture.head(query: query, agent.map { ["User-Agent": $0] } ?? [:])
        let pretty = "{\n  \"a\": 1.0\n}\n"
        let compact = "{\"a\":1.0}\n"
        let value: JSONValue = ["a": .number(JSONNumber(validated: "1.0"))]
        #expect(text(written(APIAnswer(value), head)) == (isPretty ? pretty : compact))
        #expect(text(written(APIAnswer(.document(StaticDocument(value))), head)) == (isPretty ? pretty : compact))
    }

    @Test func `compresses what is above the threshold, for who asks`() throws {
        let threshold = ResponseWriting.gzipThreshold
        #expect(threshold == 131_072)
        let head = Fixture.head(["Accept-Encoding": "gzip"])
        let text = APIAnswer(.text(String(repeating: "a", count: threshold)))
        let longer = APIAnswer(.text(String(repeating: "a", count: threshold + 1)))
        #expect(values("Content-Encoding", written(text, head)).isEmpty)
        #expect(bytes(written(text, head))?.count == threshold)

        let response = written(longer, head)
        #expect(values("Content-Encoding", response) == ["gzip"])
        #expect(values("Vary", response) == ["Accept-Encoding"])
        let compressed = try #require(bytes(response))
        #expect(compressed.count < 2000)
        // RFC 1952 §2.3.1: the magic and deflate, and at the end the length.
        #expect(compressed.prefix(3) == [0x1f, 0x8b, 8])
        #expect(compressed.suffix(4) == [0x01, 0x00, 0x02, 0x00])
    }

    @Test(arguments: [
        ("gzip", true), ("deflate, gzip;q=0.5", true), ("*", true), ("GZIP", true), ("gzip;q=0", false),
        ("identity", false), ("deflate, br", false), ("", false),
    ]) func `compresses only by what is accepted`(encoding: String, isCompressed: Bool) {
        let answer = APIAnswer(.text(String(repeating: "a", count: ResponseWriting.gzipThreshold + 1)))
        let response = written(answer, Fixture.head(["Accept-Encoding": encoding]))
        #expect(values("Content-Encoding", response).isEmpty == !isCompressed)
    }

    @Test func `writes a Warning field for each warning, escaped`() {
        let answer = APIAnswer(status: 202, .none, warnings: ["plain", "say \"no\" \\\r\nX-Evil: 1", "é"])
        #expect(
            values("Warning", written(answer))
                == [#"299 - "plain""#, #"299 - "say \"no\" \\X-Evil: 1""#, #"299 - "é""#])
    }

    @Test func `answers 304 to who has the document`() {
        let document = StaticDocument(["a": 1])
        let answer = APIAnswer(.document(document))
        let same = written(answer, Fixture.head(["If-None-Match": document.entityTag]))
        #expect(same.head.status == 304)
        #expect(bytes(same) == [])
        #expect(values("ETag", same) == [document.entityTag])
        let other = written(answer, Fixture.head(["If-None-Match": "\"0\""]))
        #expect(other.head.status == 200)
        #expect(bytes(other) == document.bytes)
        #expect(values("ETag", other) == [document.entityTag])
    }

    @Test func `leaves an answer its own type and caching`() {
        var answer = APIAnswer(.document(StaticDocument([:])))
        answer.fields = [("Content-Type", "application/json;g=x"), ("Cache-Control", "public, immutable")]
        let response = written(answer)
        #expect(values("Content-Type", response) == ["application/json;g=x"])
        #expect(values("Cache-Control", response) == ["public, immutable"])
    }

    @Test func `gave the pretty and the compact document one validator`() throws {
        let document = StaticDocument(["a": ["b": 1]])
        let answer = APIAnswer(.document(document))
        let pretty = written(answer, Fixture.head(["User-Agent": "curl/8"]))
        let tag = try #require(values("ETag", pretty).first)
        #expect(tag != document.entityTag)
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
        #expect(written(answer, Fixture.head(["User-Agent": "curl/8", "If-None-Match": tag])).head.status == 304)
        #expect(written(answer, Fixture.head(["If-None-Match": tag])).head.status == 200)
        #expect(
            written(answer, Fixture.head(["User-Agent": "curl/8", "If-None-Match": document.entityTag])).head.status
                == 200)
    }

    @Test func `gave the compressed and the plain document one validator`() throws {
        let text = String(repeating: "x", count: ResponseWriting.gzipThreshold)
        let answer = APIAnswer(.document(StaticDocument(["a": .string(text)])))
        let plain = try #require(values("ETag", written(answer)).first)
        let compressed = written(answer, Fixture.head(["Accept-Encoding": "gzip"]))
        #expect(values("Content-Encoding", compressed) == ["gzip"])
        #expect(values("ETag", compressed) != [plain])
        let tag = try #require(values("ETag", compressed).first)
        let again = written(answer, Fixture.head(["Accept-Encoding": "gzip", "If-None-Match": tag]))
        #expect(again.head.status == 304)
        #expect(bytes(again) == [])
        #expect(values("Content-Encoding", again).isEmpty)
    }

    @Test(arguments: [
        ("TAG", 304), ("W/TAG", 304), ("\"other\", TAG", 304), ("*", 304), ("\"other\"", 200), ("", 200),
    ]) func `knows a validator in each form that If-None-Match takes`(value: String, status: Int) {
        let document = StaticDocument(["a": 1])
        let value = value.replacing("TAG", with: document.entityTag)
        let response = written(APIAnswer(.document(document)), Fixture.head(["If-None-Match": value]))
        #expect(response.head.status == status)
    }
}
