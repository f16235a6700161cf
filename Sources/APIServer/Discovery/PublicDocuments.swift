import HTTPServer
import HTTPWire

/// The documents that every client reads first, by path, ready to be sent.
///
/// Only for the plain request: without a query, a validator, or a reader who wants it laid out. What
/// `ResponseWriting` makes of the same request is the same response.
struct PublicDocuments: Sendable {
    /// One document, and what stands in its responses; a class, so that finding it copies one reference.
    final class Entry: Sendable {
        let document: StaticDocument
        let fields: PreparedFields
        /// What a GET and a HEAD of it ask for.
        let get: RequestInfo
        let head: RequestInfo

        init(_ document: StaticDocument, get: RequestInfo, head: RequestInfo) {
            self.document = document
            fields = PreparedFields(ResponseWriting.fields(of: document))
            self.get = get
            self.head = head
        }
    }

    private let entries: [String: Entry]

    init(_ documents: [(path: String, document: StaticDocument)]) {
        var entries: [String: Entry] = [:]
        for (path, document) in documents where document.bytes.count <= ResponseWriting.gzipThreshold {
            let none = QueryParameters(nil)
            guard let get = RequestInfo(method: .get, path: path, query: none),
                let head = RequestInfo(method: .head, path: path, query: none)
            else { continue }
            entries[path] = Entry(document, get: get, head: head)
        }
        self.entries = entries
    }

    /// The document for a request that asks for nothing but it.
    func entry(for head: HTTPRequestHead) -> Entry? {
        guard head.query == nil, let entry = entries[head.path], !head.fields.contains("if-none-match"),
            !ResponseWriting.isPretty(head)
        else { return nil }
        return entry
    }
}
