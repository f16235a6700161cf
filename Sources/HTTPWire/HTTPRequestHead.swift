/// The methods that reach a handler (RFC 9110 §9, RFC 5789).
package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"

    /// Throws 405 for a method that this server never serves, and 501 for one that it does not know.
    package init(name: String) throws(HTTPWireError) {
        guard let method = HTTPMethod(rawValue: name) else {
            throw name == "CONNECT" || name == "TRACE"
                ? HTTPWireError(405, "the server does not allow this method")
                : HTTPWireError(501, "the server does not know this method")
        }
        self = method
    }
}

/// How the content is framed; decided once for each message (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Equatable {
    case none
    /// Octets; at least 1.
    case length(Int)
    case chunked
}

/// A request without its content.
package struct HTTPRequestHead: Sendable {
    package var method: HTTPMethod
    /// As it came: percent-encoded, without scheme and authority.
    ///
    /// Starts with `/`, or is `*`.
    package var path: String
    /// As it came, without the `?`.
    package var query: String?
    /// 0 or 1: HTTP/1.0 or HTTP/1.1.
    package var minorVersion: Int
    package var fields: HTTPFields
    package var framing: BodyFraming
    /// Whether the client wants the connection kept (RFC 9112 §9.3).
    package var isPersistent: Bool
    /// Whether the client waits for 100 before it sends the content (RFC 9110 §10.1.1).
    package var expectsContinue: Bool

    package init(
        method: HTTPMethod, path: String, query: String? = nil, minorVersion: Int = 1,
        fields: HTTPFields = HTTPFields(),
        framing: BodyFraming = .none, isPersistent: Bool = true, expectsContinue: Bool = false
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.minorVersion = minorVersion
        self.fields = fields
        self.framing = framing
        self.isPersistent = isPersistent
        self.expectsContinue = expectsContinue
    }
}
