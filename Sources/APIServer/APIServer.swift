package import HTTPServer
package import HTTPWire
import KubeModel
package import Logging
import Reactor

/// The filters that every request passes, in order: audit ID, authentication, limits, impersonation, authorization,
/// dispatch, log
/// (apiserver `pkg/server/config.go`, DefaultBuildHandlerChain).
package struct APIServer: HTTPHandler {
    /// Seconds after which a client may send again what nobody could authenticate: nothing has been done for it yet.
    private static let retryAfter = 1

    private let authenticator: any Authenticator
    private let authorizer: any Authorizer
    private let router: Router
    private let inFlight: InFlightLimit
    private let logger: Logger

    package init(
        authenticator: any Authenticator, authorizer: any Authorizer, router: Router, inFlight: InFlightLimit,
        logger: Logger
    ) {
        self.authenticator = authenticator
        self.authorizer = authorizer
        self.router = router
        self.inFlight = inFlight
        self.logger = logger
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        let started = ContinuousClock.now
        let head = request.head
        let auditID = AuditID.next(proposed: head.fields["audit-id"])
        var user: UserInfo?
        var answer: APIAnswer
        var failure: Status?
        do throws(Status) {
            let query = QueryParameters(head.query)
            guard let info = RequestInfo(method: head.method, path: head.path, query: query) else {
                // A segment that can be no name: nothing is there.
                throw .pathNotFound
            }
            let authenticated = try await authenticate(request, auditID: auditID)
            user = authenticated
            let place = try inFlight.acquire(authenticated, info)
            defer { inFlight.release(place) }
            let served = try await impersonated(by: authenticated, head.fields)
            if served != authenticated {
                logger.info(
                    "impersonation",
                    metadata: ["user": "\(authenticated.name)", "as": "\(served.name)", "audit-ID": "\(auditID)"])
            }
            user = served
            try await authorize(served, info)
            answer = try await router.answer(request, info: info, query: query, user: served)
        } catch {
            answer = APIAnswer(error)
            if error.code >= 500 { failure = error }
        }
        let response = ResponseWriting.response(answer, to: head, auditID: auditID)
        log(request, user: user, status: response.head.status, failure, auditID: auditID, since: started)
        return response
    }

    /// Public documents, for users who are known without asking anybody.
    package func immediateResponse(to request: HTTPRequest) -> HTTPResponse? {
        let started = ContinuousClock.now
        let head = request.head
        guard head.method == .get || head.method == .head, let entry = router.publicDocuments.entry(for: head),
            !Impersonation.isAsked(head.fields),
            case .user(let user) = authenticator.immediately(request),
            authorizer.immediately(user, head.method == .get ? entry.get : entry.head) == .allowed
        else { return nil }
        let auditID = AuditID.next(proposed: head.fields["audit-id"])
        log(request, user: user, status: 200, auditID: auditID, since: started)
        return HTTPResponse(
            head: HTTPResponseHead(status: 200, fields: [("Audit-Id", auditID)], prepared: entry.fields),
            content: .bytes(entry.document.bytes))
    }

    /// Messages that are no request get a Status too.
    package func response(to error: HTTPWireError) -> HTTPResponse {
        let reasons = [
            400: "BadRequest", 405: "MethodNotAllowed", 408: "Timeout", 413: "RequestEntityTooLarge", 504: "Timeout",
        ]
        let status = Status(
            code: error.status, reason: reasons[error.status] ?? "BadRequest", message: error.message)
        var bytes = status.json.serialized()
        bytes.append(UInt8(ascii: "\n"))
        logger.info("HTTP", metadata: ["resp": "\(error.status)", "error": "\(error.message)"])
        return HTTPResponse(
            head: HTTPResponseHead(
                status: error.status,
                fields: [("Content-Type", "application/json"), ("Cache-Control", "no-cache, private")]),
            content: .bytes(bytes))
    }

    private func authenticate(_ request: HTTPRequest, auditID: String) async throws(Status) -> UserInfo {
        do throws(AuthenticationError) {
            return try await authenticator.authenticate(request) ?? .anonymous
        } catch {
            logger.warning(
                "Unable to authenticate the request", metadata: ["err": "\(error.reason)", "audit-ID": "\(auditID)"])
            guard error.isUnknown else { throw .unauthorized() }
            throw .serviceUnavailable(
                "cannot find out who sent the request: the cluster does not say whether its bearer token is good",
                retryAfterSeconds: Self.retryAfter)
        }
    }

    /// Who is to be served: who asks, unless they may have the request served as somebody else and say so.
    private func impersonated(by user: UserInfo, _ fields: HTTPFields) async throws(Status) -> UserInfo {
        guard let impersonation = try Impersonation(fields) else { return user }
        for info in impersonation.requirements {
            switch try await authorizer.authorize(user, info) {
            case .allowed: continue
            case .denied(let reason): throw .forbidden(user, info, reason: reason)
            case .noOpinion: throw .forbidden(user, info, reason: "")
            }
        }
        return impersonation.user
    }

    private func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) {
        switch try await authorizer.authorize(user, info) {
        case .allowed: return
        case .denied(let reason): throw .forbidden(user, info, reason: reason)
        case .noOpinion:
            // Nobody in particular may do it either: the way on is to say who asks.
            throw user.isAnonymous ? .unauthorized() : .forbidden(user, info, reason: "")
        }
    }

    /// A failure is no client's fault: it is told at any verbosity, with its reason.
    private func log(
        _ request: HTTPRequest, user: UserInfo?, status: Int, _ failure: Status? = nil, auditID: String,
        since started: ContinuousClock.Instant
    ) {
        let level = failure == nil ? Logger.Level.info : .warning
        guard logger.logLevel <= level else { return }
        let duration = ContinuousClock.now - started
        let head = request.head
        let target = head.query.map { "\(head.path)?\($0)" } ?? head.path
        let microseconds =
            duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
        var metadata: Logger.Metadata = [
            "verb": "\(head.method.rawValue)", "URI": "\(target.prefix(1024))", "latency": "\(microseconds)µs",
            "userAgent": "\(head.fields["user-agent"]?.prefix(256) ?? "")", "audit-ID": "\(auditID)",
            "srcIP": "\(request.peerAddress?.description ?? "")", "user": "\(user?.name ?? "")",
            "resp": "\(status)",
        ]
        if let failure { metadata["err"] = "\(failure.message.prefix(1024))" }
        logger.log(level: level, "HTTP", metadata: metadata)
    }
}
