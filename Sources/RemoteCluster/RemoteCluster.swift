// RemoteCluster: the objects and facts of a real cluster, behind the protocols of KubeModel and HotplugAPI. May import
// KubeClient, KubeModel and HotplugAPI; knows no HTTP server.

package import KubeClient
package import KubeModel
import Synchronization

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
    /// Milliseconds for an answer from the cache, which waits for 3 s until it is as new as was asked (apiserver
    /// `pkg/storage/cacher/watch_cache.go`, blockTimeout).
    package static let cacheTimeout: Int64 = 4_000
    /// How long a cache that did not answer is not asked: it may lag, or not be ready.
    private static let cachePause = Duration.seconds(30)

    let client: KubeClient
    /// By path: an object that is missing is looked for each time, since its absence is what users hear of.
    private let existences: ExpiringCache<String, Void>
    /// By plural.
    private let caches = Mutex<[String: Cache]>([:])
    private let cacheTimeout: Int64
    private let now: @Sendable () -> ContinuousClock.Instant

    /// What is known of the cache of a resource.
    private struct Cache {
        /// The resourceVersion of this process's last write.
        var written: UInt64 = 0
        /// When it may be asked again.
        var pauseEnd: ContinuousClock.Instant?
    }

    /// - Parameter now: the clock of what is remembered here, which tests may play.
    package init(
        _ client: KubeClient, cacheTimeout: Int64 = RemoteCluster.cacheTimeout,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.client = client
        self.cacheTimeout = cacheTimeout
        self.now = now
        existences = ExpiringCache(lifetime: Self.existenceLifetime, entriesMax: Self.existencesMax, now: now)
    }

    // MARK: Reading

    package func get(
        _ resource: Resource, namespace: String?, name: String
    ) async throws(Status) -> StoredObject {
        try StoredObject(upstream: try await send(KubeRequest("GET", resource.path(namespace, name))))
    }

    /// Asks for what kube-apiserver's watch cache has, without a read from etcd, and waits until that has seen this
    /// process's last write (`resourceVersion` of a GET, kubernetes.io/docs/reference/using-api/api-concepts).
    package func cached(_ resource: Resource, namespace: String?, name: String) async -> StoredObject? {
        let known = caches.withLock { $0[resource.plural] ?? Cache() }
        if let end = known.pauseEnd, now() < end { return nil }
        var request = KubeRequest(
            "GET", resource.path(namespace, name), query: [(name: "resourceVersion", value: "\(known.written)")])
        request.timeout = cacheTimeout
        request.obeysRetryAfter = false
        do throws(Status) {
            return try StoredObject(upstream: try await send(request))
        } catch {
            if error.code != 404 { rest(resource) }
            return nil
        }
    }

    /// Asks the cache of a resource no more for a while, and then for whatever it has: were etcd restored from an older
    /// backup, what was written would never come.
    private func rest(_ resource: Resource) {
        let end = now() + Self.cachePause
        caches.withLock { $0[resource.plural] = Cache(pauseEnd: end) }
    }

    /// Notes a write, for `cached`.
    func record(_ stored: StoredObject, of resource: Resource) {
        caches.withLock { caches in
            let known = caches[resource.plural]?.written ?? 0
            caches[resource.plural, default: Cache()].written = max(known, stored.resourceVersion)
        }
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
    func send(_ request: KubeRequest) async throws(Status) -> [UInt8] { try await response(to: request).body }

    /// Answers a success.
    func response(to request: KubeRequest) async throws(Status) -> KubeResponse {
        let response: KubeResponse
        do throws(KubeClientError) {
            response = try await client.request(request)
        } catch {
            throw Status(error)
        }
        guard (200...299).contains(response.status) else { throw Status(upstream: response) }
        return response
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
        self.init(bytes: bytes, resourceVersion: try value.upstreamResourceVersion(), parsed: value)
    }

    init(upstream value: JSONValue) throws(Status) {
        self.init(bytes: value.serialized(), resourceVersion: try value.upstreamResourceVersion(), parsed: value)
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
