import Deflate
import HTTPServer
import HTTPWire
import KubeModel

/// Writes an answer as HTTP, with what every answer carries (apiserver
/// `pkg/endpoints/handlers/responsewriters/writers.go`).
enum ResponseWriting {
    /// Responses above this many bytes are compressed for clients that ask (apiserver `defaultGzipThresholdBytes`).
    static let gzipThreshold = 128 * 1024

    static func response(_ answer: APIAnswer, to head: HTTPRequestHead, auditID: String) -> HTTPResponse {
        var fields: [(name: String, value: String)] = []
        fields.reserveCapacity(10)
        fields.append(("Audit-Id", auditID))
        var status = answer.status
        var content: [UInt8] = []
        var cacheControl = "no-cache, private"
        switch answer.content {
        case .none: break
        case .json(let bytes):
            fields.append(("Content-Type", "application/json"))
            content = isPretty(head) ? pretty(bytes) : bytes
        case .document(let document):
            let isPretty = isPretty(head)
            content = isPretty ? document.value.prettyPrinted() + [UInt8(ascii: "\n")] : document.bytes
            let tag = EntityTag.of(
                document, isPretty: isPretty, isCompressed: content.count > gzipThreshold && acceptsGzip(head))
            fields.append(("ETag", tag))
            cacheControl = "public"
            if answer.fields.allSatisfy({ $0.name != "Content-Type" }) {
                fields.append(("Content-Type", "application/json"))
            }
            if EntityTag.isKnown(tag, to: head) {
                status = 304
                content = []
            }
        case .text(let text):
            fields.append(("Content-Type", "text/plain; charset=utf-8"))
            content = Array(text.utf8)
        case .bytes(let bytes, let type):
            fields.append(("Content-Type", type))
            content = bytes
        case .stream(let type, _): fields.append(("Content-Type", type))
        }
        fields += answer.fields
        if !fields.contains(where: { $0.name == "Cache-Control" }) { fields.append(("Cache-Control", cacheControl)) }
        fields += security
        for warning in answer.warnings { fields.append(("Warning", WarningHeader.value(warning))) }
        if case .stream(_, let produce) = answer.content {
            return HTTPResponse(head: HTTPResponseHead(status: status, fields: fields), content: .stream(produce))
        }
        if content.count > gzipThreshold, acceptsGzip(head), let compressed = Gzip.compress(content) {
            fields.append(("Content-Encoding", "gzip"))
            fields.append(("Vary", "Accept-Encoding"))
            content = compressed
        }
        return HTTPResponse(head: HTTPResponseHead(status: status, fields: fields), content: .bytes(content))
    }

    /// What every response with this document has, besides what is the request's own.
    static func fields(of document: StaticDocument) -> [(name: String, value: String)] {
        [
            ("ETag", document.entityTag), ("Content-Type", "application/json"), ("Cache-Control", "public"),
        ] + security
    }

    private static let security: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"), ("Strict-Transport-Security", "max-age=31536000"),
    ]

    /// Whether a person reads it: asked for, or by the client's name (apiserver `negotiate.go`).
    static func isPretty(_ head: HTTPRequestHead) -> Bool {
        if let query = head.query, query.contains("pretty") {
            return QueryParameters(query).flag("pretty")
        }
        return ["curl", "Wget", "Mozilla/5.0"].contains { head.fields.has("user-agent", prefix: $0) }
    }

    private static func pretty(_ bytes: [UInt8]) -> [UInt8] {
        do throws(JSONError) {
            return try JSONValue(parsing: bytes).prettyPrinted() + [UInt8(ascii: "\n")]
        } catch {
            return bytes
        }
    }

    private static func acceptsGzip(_ head: HTTPRequestHead) -> Bool {
        MediaTypes(head.fields.values("accept-encoding")).clauses.contains { $0.type == "gzip" || $0.type == "*" }
    }
}
