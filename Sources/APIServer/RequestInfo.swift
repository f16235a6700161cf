// APIServer: from an HTTP request to a Kubernetes API request and back: who asks, whether they may, what for, and the
// answer as metav1.Status. May import HTTPServer, HTTPWire, Deflate, TLS and KubeModel; knows no store and no rule of
// the subresource.

package import HTTPWire
package import KubeModel

/// What a request is about, read from its URL alone
/// (apiserver `pkg/endpoints/request/requestinfo.go`).
package struct RequestInfo: Sendable, Equatable {
    /// Whether it is about a resource of a group, and not about a path such as `/healthz`.
    package var isResourceRequest = false
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for other paths the HTTP
    /// method in lower case.
    package var verb = ""
    /// The path, percent-decoded once.
    package var path = ""
    package var group = ""
    package var version = ""
    package var namespace = ""
    package var resource = ""
    package var subresource = ""
    package var name = ""
    /// The segments of the path behind the subresource: there is nothing there.
    package var extraSegments = 0
    /// The path's segments, decoded; never empty ones.
    package var segments: [String] = []

    /// `virtualmachines.kubevirt.io`; the core group is not written.
    var groupResource: String { group.isEmpty ? resource : "\(resource).\(group)" }

    /// Whether it asks how the server is.
    var isProbe: Bool { !isResourceRequest && ["healthz", "livez", "readyz"].contains(segments.first) }

    /// What a read of one object would be about.
    package init(get resource: Resource, namespace: String, name: String) {
        isResourceRequest = true
        verb = "get"
        group = resource.group
        version = resource.version
        self.namespace = namespace
        self.resource = resource.plural
        self.name = name
    }

    /// For attributes that are no URL's.
    init() {}

    /// `nil` when the path has a segment that cannot be a name: encoded slashes or bad UTF-8.
    package init?(method: HTTPMethod, path rawPath: String, query: QueryParameters) {
        var segments: [String] = []
        let isPlain = !rawPath.utf8.contains(UInt8(ascii: "%"))
        for raw in rawPath.utf8.split(separator: UInt8(ascii: "/")) {
            if isPlain {
                segments.append(String(Substring(raw)))
                continue
            }
            guard let segment = PercentEncoding.decode(raw), !segment.utf8.contains(UInt8(ascii: "/")) else {
                return nil
            }
            segments.append(segment)
        }
        self.segments = segments
        path = "/" + segments.joined(separator: "/")
        verb = Self.lowercaseName(method)
        var rest: ArraySlice<String>
        switch segments.first {
        case "api" where segments.count > 2:
            version = segments[1]
            rest = segments[2...]
        case "apis" where segments.count > 3:
            group = segments[1]
            version = segments[2]
            rest = segments[3...]
        default: return
        }

        isResourceRequest = true
        if rest.first == "namespaces", rest.count > 1 {
            namespace = rest[rest.startIndex + 1]
            // A namespace is in itself: `namespaces/x` and its own subresources are about it.
            if rest.count > 2, !Self.namespaceSubresources.contains(rest[rest.startIndex + 2]) {
                rest = rest.dropFirst(2)
            }
        }
        resource = rest.popFirst() ?? ""
        name = rest.popFirst() ?? ""
        subresource = rest.popFirst() ?? ""
        extraSegments = rest.count
        verb = Self.verb(method, hasName: !name.isEmpty, query: query)
    }

    private static let namespaceSubresources: Set = ["status", "finalize"]

    private static func lowercaseName(_ method: HTTPMethod) -> String {
        switch method {
        case .get: "get"
        case .head: "head"
        case .post: "post"
        case .put: "put"
        case .patch: "patch"
        case .delete: "delete"
        case .options: "options"
        }
    }

    private static func verb(_ method: HTTPMethod, hasName: Bool, query: QueryParameters) -> String {
        switch method {
        case .get, .head:
            if hasName { return "get" }
            let watch = query.first("watch")?.lowercased()
            return watch == nil || watch == "0" || watch == "false" ? "list" : "watch"
        case .post: return "create"
        case .put: return "update"
        case .patch: return "patch"
        case .delete: return hasName ? "delete" : "deletecollection"
        case .options: return ""
        }
    }
}

/// Percent-encoding (RFC 3986 §2.1).
package enum PercentEncoding {
    /// Decodes once; `nil` when the result is not UTF-8 or the encoding is broken.
    package static func decode(_ octets: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(octets.count)
        var iterator = octets.makeIterator()
        while let octet = iterator.next() {
            switch octet {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
                    return nil
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
            default: decoded.append(octet)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func hexValue(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
