// RemoteCluster: the objects and facts of a real cluster, behind the protocols of KubeModel and HotplugAPI. May import
// KubeClient, KubeModel and HotplugAPI; knows no HTTP server.

package import KubeClient
package import KubeModel

/// The objects of a real cluster, read and written through its kube-apiserver.
///
/// What kube-apiserver refuses is thrown as its own Status. Without an answer it is 503 ServiceUnavailable, or 504
/// Timeout, with the reason.
package final class RemoteCluster: Cluster {
    /// Objects of one page of a list.
    private static let pageItems = 500
    /// How long an object that was there is believed to be there.
    private static let existenceLifetime = Duration.seconds(10)
    /// Objects that are believed to be there.
    private static let existencesMax = 1024

    let client: KubeClient
    /// By path: an object that is missing is looked for each time, since its absence is what users hear of.
    private let existences: ExpiringCache<String, Void>

    /// - Parameter now: the clock of the cache, which tests may play.
    package init(_ client: KubeClient, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.client = client
        existences = ExpiringCache(lifetime: Self.existenceLifetime, entriesMax: Self.existencesMax, now: now)
    }

    // MARK: Reading

    package func get(
        _ resource: Resource, namespace: String?, name: String
    ) async throws(Status) -> StoredObject {
        try StoredObject(upstream: try await send(KubeRequest("GET", resource.path(namespace, name))))
    }

    /// Remembers for ten seconds that the object is there, and nothing else of it: it may have 1.5 MB.
    package func checkExistence(of resource: Resource, namespace: String?, name: String) async throws(Status) {
        let key = resource.path(namespace, name)
        guard existences[key] == nil else { return }
        _ = try await get(resource, namespace: namespace, name: name)
        existences.insert((), for: key)
    }

    package func list(_ resource: Resource, namespace: String?) async throws(Status) -> ObjectList {
        var items: [StoredObject] = []
        var token = ""
        while true {
            var request = KubeRequest(
                "GET", resource.path(namespace), query: [(name: "limit", value: "\(Self.pageItems)")])
            if !token.isEmpty { request.query.append((name: "continue", value: token)) }
            let page = try JSONValue(upstream: try await send(request))
            for item in page["items"]?.array ?? [] { items.append(try StoredObject(upstream: item)) }
            token = page[path: "metadata", "continue"]?.string ?? ""
            if token.isEmpty {
                return ObjectList(items: items, resourceVersion: try page.upstreamResourceVersion())
            }
        }
    }

    // MARK: Sending

    /// Answers the content of a success.
    func send(_ request: KubeRequest) async throws(Status) -> [UInt8] {
        let response: KubeResponse
        do throws(KubeClientError) {
            response = try await client.request(request)
        } catch {
            throw Status(error)
        }
        guard (200...299).contains(response.status) else { throw Status(upstream: response) }
        return response.body
    }
}

extension Resource {
    /// The path of the list, of an object, or of an object's subresource.
    func path(_ namespace: String?, _ name: String? = nil, subresource: String? = nil) -> String {
        var segments = ["apis", group, version]
        if isNamespaced, let namespace { segments += ["namespaces", namespace] }
        segments.append(plural)
        if let name { segments.append(name) }
        if let subresource { segments.append(subresource) }
        return segments.map { "/" + KubeRequest.encoded($0) }.joined()
    }
}

extension StoredObject {
    /// An object as kube-apiserver sent it.
    init(upstream bytes: [UInt8]) throws(Status) {
        let value = try JSONValue(upstream: bytes)
        self.init(bytes: bytes, resourceVersion: try value.upstreamResourceVersion())
    }

    init(upstream value: JSONValue) throws(Status) {
        self.init(bytes: value.serialized(), resourceVersion: try value.upstreamResourceVersion())
    }
}

extension JSONValue {
    init(upstream bytes: [UInt8]) throws(Status) {
        do throws(JSONError) {
            self = try JSONValue(parsing: bytes)
        } catch {
            throw .internalError("the cluster's answer is not JSON: \(error)")
        }
    }

    /// etcd's revision, which since Kubernetes 1.35 may be relied upon to be a number.
    func upstreamResourceVersion() throws(Status) -> UInt64 {
        guard let version = metadataResourceVersion.flatMap({ UInt64($0) }) else {
            throw .internalError("the cluster's answer has no metadata.resourceVersion that is a number")
        }
        return version
    }
}
