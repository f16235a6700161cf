package import APIServer
package import HTTPServer
import HTTPWire
package import KubeClient
import KubeModel
import Synchronization

/// The limits of `TokenReviewAuthenticator`.
package struct TokenReviewLimits: Sendable {
    /// Tokens that are remembered for their users, and as many again that are remembered as refused; in memory alone.
    package var tokensMax = 4096
    /// TokenReviews under way at once.
    package var reviewsMax = 100

    package init() {}
}

/// Bearer tokens, about which the cluster is asked: TokenReview, remembered for a while whether good or not
/// (apiserver `pkg/authentication/token/cache`).
///
/// Past `reviewsMax` the answer is that nobody could tell, which is 503 with Retry-After, as the limiter of requests in
/// flight answers at once: a token costs a stranger nothing, and a queue here would be theirs to fill.
package final class TokenReviewAuthenticator: Authenticator {
    private enum Verdict: Sendable {
        case user(UserInfo)
        /// The reason is for the log.
        case refused(String)
        /// Refused for an error, which may be over the next time: not remembered
        /// (`cached_token_authenticator.go`, cacheErrs).
        case failed(String)
        /// There was no review: not remembered.
        case unknown(String)
    }

    /// Milliseconds.
    private static let timeout: Int64 = 10_000

    private let client: KubeClient
    private let audiences: [String]
    private let limits: TokenReviewLimits
    /// Apart, so that strangers' tokens do not push out those of users.
    private let users: ExpiringCache<[UInt8], Verdict>
    private let refusals: ExpiringCache<[UInt8], Verdict>
    private let reviews = SingleFlight<[UInt8], Verdict>()
    private let reviewsUnderWay = Atomic(0)

    /// - Parameters:
    ///   - lifetime: for which an answer is remembered; zero means not at all.
    ///   - audiences: for whom a token must be; empty means kube-apiserver's own.
    ///   - now: the clock of the cache, which tests may play.
    package init(
        _ client: KubeClient, lifetime: Duration = .seconds(10), audiences: [String] = [],
        limits: TokenReviewLimits = TokenReviewLimits(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.client = client
        self.audiences = audiences
        self.limits = limits
        users = ExpiringCache(lifetime: lifetime, entriesMax: limits.tokensMax, now: now)
        refusals = ExpiringCache(lifetime: lifetime, entriesMax: limits.tokensMax, now: now)
    }

    package func authenticate(_ request: HTTPRequest) async throws(AuthenticationError) -> UserInfo? {
        try await user(authorization: request.head.fields.values("authorization"))
    }

    /// A user who is remembered, or nobody.
    package func immediately(_ request: HTTPRequest) -> ImmediateAuthentication {
        immediately(authorization: request.head.fields.values("authorization"))
    }

    func immediately(authorization values: [String]) -> ImmediateAuthentication {
        do throws(AuthenticationError) {
            guard let token = try BearerToken.read(values) else { return .nobody }
            guard case .user(let user)? = users[Array(token.utf8)] else { return .undecided }
            return .user(user)
        } catch {
            return .undecided
        }
    }

    /// Takes the values of the Authorization fields.
    func user(authorization values: [String]) async throws(AuthenticationError) -> UserInfo? {
        guard let token = try BearerToken.read(values) else { return nil }
        switch await verdict(token) {
        case .user(let user): return user
        case .refused(let reason), .failed(let reason):
            throw AuthenticationError(reason: "invalid bearer token\(reason)")
        case .unknown(let reason):
            throw AuthenticationError(reason: "cannot review a bearer token: \(reason)", isUnknown: true)
        }
    }

    private func verdict(_ token: String) async -> Verdict {
        let key = Array(token.utf8)
        if let known = users[key] ?? refusals[key] { return known }
        return await reviews.value(for: key) {
            defer { reviewsUnderWay.subtract(1, ordering: .relaxed) }
            guard reviewsUnderWay.add(1, ordering: .relaxed).newValue <= limits.reviewsMax else {
                return .unknown("\(limits.reviewsMax) TokenReviews are under way")
            }
            let verdict = await review(token)
            switch verdict {
            case .user: users.insert(verdict, for: key)
            case .refused: refusals.insert(verdict, for: key)
            case .failed, .unknown: break
            }
            return verdict
        }
    }

    private func review(_ token: String) async -> Verdict {
        var spec: JSONObject = ["token": .string(token)]
        if !audiences.isEmpty { spec["audiences"] = .array(audiences.map { .string($0) }) }
        let body: JSONValue = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": .object(spec),
        ]
        let answer: JSONValue
        do throws(Review.Failure) {
            answer = try await Review.post(
                body, to: "/apis/authentication.k8s.io/v1/tokenreviews", client, timeout: Self.timeout)
        } catch {
            return .unknown(error.reason)
        }
        guard answer["authenticated"]?.bool == true, let user = answer["user"],
            let name = user["username"]?.string, !name.isEmpty
        else {
            if let error = answer["error"]?.string, !error.isEmpty { return .failed(": \(error)") }
            return .refused("")
        }
        let granted = answer["audiences"]?.array?.compactMap(\.string) ?? []
        guard audiences.isEmpty || granted.contains(where: audiences.contains) else {
            return .refused(": for the audiences \(granted)")
        }
        return .user(
            UserInfo(
                name: name, uid: user["uid"]?.string ?? "",
                groups: user["groups"]?.array?.compactMap(\.string) ?? [],
                extra: (user["extra"]?.object?.members ?? []).map { name, values in
                    UserInfo.Extra(key: name, values: values.array?.compactMap(\.string) ?? [])
                }.sorted { $0.key < $1.key }))
    }
}

/// A question to the cluster that changes nothing there.
enum Review {
    struct Failure: Error {
        /// Holds nothing of what was asked.
        let reason: String
    }

    /// Answers the review's `status`.
    static func post(
        _ body: JSONValue, to path: String, _ client: KubeClient, timeout: Int64
    ) async throws(Failure) -> JSONValue {
        var request = KubeRequest("POST", path, body: body.serialized(), isRepeatable: true)
        request.timeout = timeout
        request.responseBytesMax = 1 << 20
        let response: KubeResponse
        do throws(KubeClientError) {
            response = try await client.request(request)
        } catch {
            throw Failure(reason: "\(error)")
        }
        guard (200...299).contains(response.status) else {
            throw Failure(reason: StatusText.reason(response.status, response.body))
        }
        guard let status = (try? JSONValue(parsing: response.body))?["status"], status.object != nil else {
            throw Failure(reason: "the answer is no review")
        }
        return status
    }
}
