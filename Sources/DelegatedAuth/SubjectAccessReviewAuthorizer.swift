package import APIServer
package import KubeClient
package import KubeModel

/// Asks the cluster whether a user may: SubjectAccessReview, remembered for a while whether yes or no
/// (apiserver `plugin/pkg/authorizer/webhook`, `pkg/server/options/authorization.go`).
///
/// To be asked last: a no with a reason is final.
package final class SubjectAccessReviewAuthorizer: Authorizer {
    private typealias Outcome = Result<AuthorizationDecision, Status>

    /// Answers of one kind that are remembered.
    private static let decisionsMax = 8192
    /// Bytes of what a client chooses itself; above, the decision is not remembered.
    private static let cachedBytesMax = 10_000
    /// Milliseconds.
    private static let timeout: Int64 = 10_000
    /// Seconds after which a client may ask again when there was no review: nothing has been done for it yet.
    private static let retryAfter = 1

    private let client: KubeClient
    /// By the octets of the review's `spec`.
    private let allowed: ExpiringCache<[UInt8], AuthorizationDecision>
    private let refused: ExpiringCache<[UInt8], AuthorizationDecision>
    private let reviews = SingleFlight<[UInt8], Outcome>()

    /// - Parameters:
    ///   - allowedLifetime: for which a yes is remembered; zero means not at all.
    ///   - refusedLifetime: so too for a no.
    ///   - now: the clock of the caches, which tests may play.
    package init(
        _ client: KubeClient, allowedLifetime: Duration = .seconds(10), refusedLifetime: Duration = .seconds(10),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.client = client
        allowed = ExpiringCache(lifetime: allowedLifetime, entriesMax: Self.decisionsMax, now: now)
        refused = ExpiringCache(lifetime: refusedLifetime, entriesMax: Self.decisionsMax, now: now)
    }

    /// Throws 503 ServiceUnavailable with Retry-After when there is no review.
    package func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision {
        let spec = Self.spec(user, info)
        let key = spec.serialized()
        if let known = allowed[key] ?? refused[key] { return known }
        let outcome = await reviews.value(for: key) {
            let outcome = await review(spec)
            if case .success(let decision) = outcome, info.chosenBytes < Self.cachedBytesMax {
                (decision == .allowed ? allowed : refused).insert(decision, for: key)
            }
            return outcome
        }
        return try outcome.get()
    }

    /// A decision that is remembered.
    package func immediately(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision? {
        let key = Self.spec(user, info).serialized()
        return allowed[key] ?? refused[key]
    }

    private func review(_ spec: JSONValue) async -> Outcome {
        let body: JSONValue = [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec,
        ]
        do throws(Review.Failure) {
            let status = try await Review.post(
                body, to: "/apis/authorization.k8s.io/v1/subjectaccessreviews", client, timeout: Self.timeout)
            let reason = status["reason"]?.string ?? ""
            if status["denied"]?.bool == true { return .success(.denied(reason)) }
            if status["allowed"]?.bool == true { return .success(.allowed) }
            return .success(reason.isEmpty ? .noOpinion : .denied(reason))
        } catch {
            return .failure(
                .serviceUnavailable(
                    "cannot find out whether the request is allowed: \(error.reason)",
                    retryAfterSeconds: Self.retryAfter))
        }
    }

    /// Empty members are left out, as Go leaves them.
    static func spec(_ user: UserInfo, _ info: RequestInfo) -> JSONValue {
        var spec = JSONObject()
        if info.isResourceRequest {
            spec["resourceAttributes"] = object([
                ("namespace", info.namespace), ("verb", info.verb), ("group", info.group), ("version", info.version),
                ("resource", info.resource), ("subresource", info.subresource), ("name", info.name),
            ])
        } else {
            spec["nonResourceAttributes"] = object([("path", info.path), ("verb", info.verb)])
        }
        spec["user"] = .string(user.name)
        if !user.groups.isEmpty { spec["groups"] = .array(user.groups.map { .string($0) }) }
        if !user.uid.isEmpty { spec["uid"] = .string(user.uid) }
        if !user.extra.isEmpty {
            var extra = JSONObject()
            for item in user.extra { extra[item.key] = .array(item.values.map { .string($0) }) }
            spec["extra"] = .object(extra)
        }
        return .object(spec)
    }

    private static func object(_ members: [(String, String)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members where !value.isEmpty { object[name] = .string(value) }
        return .object(object)
    }
}

extension RequestInfo {
    /// Of the attributes that a client chooses.
    fileprivate var chosenBytes: Int {
        [verb, path, group, version, namespace, resource, subresource, name].reduce(0) { $0 + $1.utf8.count }
    }
}
