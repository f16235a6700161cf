package import HTTPServer
package import KubeModel

/// What a request is answered: the outcome of a handler, before it is written as HTTP.
package struct APIAnswer: Sendable {
    package enum Content: Sendable {
        case none
        /// JSON, compact, as it is to be sent.
        case json([UInt8])
        case document(StaticDocument)
        case text(String)
        /// Bytes of another media type.
        case bytes([UInt8], type: String)
        /// Sent piece by piece, for as long as the function runs.
        case stream(type: String, @Sendable (ResponseWriter) async -> Void)
    }

    package var status: Int
    package var content: Content
    /// For `Warning` headers, each once, in their order.
    package var warnings: [String] = []
    /// Fields beside those that every answer has.
    package var fields: [(name: String, value: String)] = []

    package init(status: Int = 200, _ content: Content = .none, warnings: [String] = []) {
        self.status = status
        self.content = content
        self.warnings = warnings
    }

    package init(status: Int = 200, _ value: JSONValue) {
        self.init(status: status, .json(value.serialized() + [UInt8(ascii: "\n")]))
    }

    /// JSON that is sent piece by piece, for as long as `produce` runs.
    init(stream produce: @escaping @Sendable (ResponseWriter) async -> Void) {
        self.init(.stream(type: "application/json", produce))
    }

    /// The same for a client that wants YAML.
    ///
    /// Throws 406 NotAcceptable for a list that is sent as it is read.
    func inYAML() throws(Status) -> APIAnswer {
        switch content {
        case .json(let bytes):
            guard let value = try? JSONValue(parsing: bytes), let yaml = value.yaml() else {
                throw .internalError("the answer cannot be written as YAML: ask for application/json")
            }
            var answer = self
            answer.content = .bytes(yaml, type: "application/yaml")
            return answer
        case .stream:
            var status = Status.notAcceptable(accepted: ["application/json"])
            status.message = "the list is too long for YAML: ask for application/json, or for pages of it by limit"
            throw status
        default: return self
        }
    }

    package init(_ failure: Status) {
        self.init(status: failure.code, failure.json)
        if let seconds = failure.details?.retryAfterSeconds, seconds > 0 {
            fields.append(("Retry-After", "\(seconds)"))
        }
    }
}

/// A request as handlers see it: authenticated, authorised, with its content read.
package struct APIRequest: Sendable {
    package let info: RequestInfo
    package let query: QueryParameters
    package let user: UserInfo
    package let body: [UInt8]
    /// Without parameters, in lower case; `nil` when there is none.
    package let contentType: String?
    /// The client's own name: User-Agent up to the first `/`, the default field manager.
    package let userAgent: String

    /// Characters of a client's own name as a field manager: apimachinery `FieldManagerMaxLength`.
    static let fieldManagerCharactersMax = 128

    /// `?fieldManager=`, or what stands for it.
    package var fieldManager: String {
        query.first("fieldManager").flatMap { $0.isEmpty ? nil : $0 }
            ?? String(userAgent.prefix { $0 != "/" }.prefix(Self.fieldManagerCharactersMax))
    }
}

/// Serves the subresources of one group.
package protocol SubresourceHandler: Sendable {
    /// PUT: `info.resource`, `info.subresource`, `info.namespace` and `info.name` are checked.
    func update(_ request: APIRequest) async throws(Status) -> APIAnswer
}
