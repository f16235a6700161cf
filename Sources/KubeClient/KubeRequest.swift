// KubeClient: a client of kube-apiserver on the epoll loops: configuration, credentials, requests, watches. The only
// module that knows libcurl; may import CCurl, Reactor and KubeModel.

import KubeModel

/// One request to kube-apiserver.
package struct KubeRequest: Sendable {
    package var method: String
    /// Percent-encoded, from the server's root on.
    package var path: String
    /// Not encoded.
    package var query: [(name: String, value: String)]
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]?
    /// Whether sending it twice does no more than sending it once, so that it may be repeated when the connection is
    /// lost.
    package var isRepeatable: Bool
    /// Milliseconds for all attempts together, their pauses included.
    package var timeout: Int64 = 32_000
    /// Whether an answer with Retry-After is waited out; else it is handed on at once.
    package var obeysRetryAfter = true
    /// Bytes of the response's content.
    package var responseBytesMax = 32 << 20

    package init(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        fields: [(name: String, value: String)] = [], body: [UInt8]? = nil, contentType: String = "application/json",
        isRepeatable: Bool? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = body == nil ? fields : fields + [("Content-Type", contentType)]
        self.body = body
        self.isRepeatable = isRepeatable ?? ["GET", "HEAD"].contains(method)
    }

    /// The path with its query, as it is sent.
    var target: String {
        let pairs = query.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }
        return pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
    }

    /// Encodes all but the unreserved characters (RFC 3986 §2.3).
    package static func encoded(_ text: String) -> String {
        var encoded = ""
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(octet))
            default: encoded += (octet < 16 ? "%0" : "%") + String(octet, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}

/// What kube-apiserver answered, whatever the status.
package struct KubeResponse: Sendable {
    package let status: Int
    /// Names in lower case.
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]

    /// The first value of a field; `name` is in lower case.
    package subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The texts of its `Warning` fields.
    package var warnings: [String] {
        fields.flatMap { $0.name == "warning" ? WarningHeader.texts(in: $0.value) : [] }
    }

    /// Seconds of a Retry-After field; the form with a date is not understood.
    package var retryAfterSeconds: Int? { self["retry-after"].flatMap(Int.init).flatMap { $0 >= 0 ? $0 : nil } }
}

/// Why there is no answer.
package struct KubeClientError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Nothing was sent: no address, no connection, a certificate that does not hold, no credentials.
        case unreachable
        /// The connection ended; the server may have done what it was asked.
        case connectionLost
        /// So too for a timeout.
        case timeout
        /// The answer is larger than the request allows.
        case tooLarge
    }

    package let kind: Kind
    /// Names the server and holds no credential.
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// The limits of a client; times are in milliseconds where the name has no unit.
package struct KubeClientLimits: Sendable {
    /// For name, TCP and TLS together.
    package var connectTimeout: Int64 = 10_000
    /// Attempts after the first that a server's Retry-After may ask for (client-go `rest/with_retry.go`).
    package var retriesMax = 10
    /// Of a Retry-After that is waited for; an answer that asks for more is handed on.
    package var retryAfterMaxSeconds = 10
    /// Attempts after the first when the connection of a repeatable request is lost.
    package var reconnectsMax = 2
    /// Before the second of them.
    package var reconnectPause: Int64 = 1_000
    /// Connections of one loop.
    package var connectionsMax = 25
    /// Bytes of a response's head.
    package var headBytesMax = 256 << 10
    /// Until the head of a watch's answer: kube-apiserver sends it at once, but for the wait in a queue of API Priority
    /// and Fairness, which is at most 15 s.
    package var watchHeadTimeout: Int64 = 30_000
    /// Without a byte of a watch, after which it is opened anew: bookmarks come about each minute (apiserver
    /// `pkg/storage/cacher`, bookmarkFrequency), and a kube-apiserver that hangs says nothing.
    package var watchIdleTimeout: Int64 = 150_000
    /// Bytes of a stream that wait to be read; a watch's event must fit.
    package var streamBytesMax = 16 << 20

    package init() {}
}
