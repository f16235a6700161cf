package import KubeModel

/// Decides whether a user may do what a request asks.
package protocol Authorizer: Sendable {
    /// Throws a Status when it cannot find out: that is never a yes.
    func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision

    /// What `authorize` would answer, where that is known without a wait; else `nil`.
    func immediately(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision?

    /// What the user may do, as far as it can be listed.
    func rules(for user: UserInfo) -> AuthorizationRules
}

extension Authorizer {
    package func rules(for user: UserInfo) -> AuthorizationRules { AuthorizationRules(isIncomplete: true) }

    package func immediately(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision? { nil }
}

package enum AuthorizationDecision: Sendable, Equatable {
    case allowed
    /// Not for this authorizer to say: the next one is asked.
    case noOpinion
    /// A no, with its reason for the client; may be empty.
    case denied(String)
}

/// The first that has an opinion.
package struct UnionAuthorizer: Authorizer {
    fileprivate let authorizers: [any Authorizer]

    package init(_ authorizers: [any Authorizer]) {
        self.authorizers = authorizers
    }

    package func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision {
        for authorizer in authorizers {
            let decision = try await authorizer.authorize(user, info)
            if decision != .noOpinion { return decision }
        }
        return .noOpinion
    }

    package func immediately(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision? {
        for authorizer in authorizers {
            guard let decision = authorizer.immediately(user, info) else { return nil }
            if decision != .noOpinion { return decision }
        }
        return .noOpinion
    }
}

extension UnionAuthorizer {
    package func rules(for user: UserInfo) -> AuthorizationRules {
        authorizers.reduce(AuthorizationRules()) { $0 + $1.rules(for: user) }
    }
}

/// `system:masters` may do everything, without asking anybody.
package struct PrivilegedGroupAuthorizer: Authorizer {
    package init() {}

    package func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision {
        decision(user)
    }

    package func immediately(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision? { decision(user) }

    package func rules(for user: UserInfo) -> AuthorizationRules {
        guard decision(user) == .allowed else { return AuthorizationRules() }
        return AuthorizationRules(
            resources: [AuthorizationRules.ResourceRule(verbs: ["*"], groups: ["*"], resources: ["*"])],
            paths: [AuthorizationRules.PathRule(verbs: ["*"], paths: ["*"])])
    }

    private func decision(_ user: UserInfo) -> AuthorizationDecision {
        user.groups.contains(UserInfo.privilegedGroup) ? .allowed : .noOpinion
    }
}

/// Paths that anybody may read: health, version and discovery.
///
/// They tell nothing but the names of our resources, and must answer when everything else is down.
package struct PublicPathAuthorizer: Authorizer {
    private let exact: Set<String>
    private let prefixes: [String]

    /// A path that ends in `*` stands for all that begin like it.
    package init(paths: [String] = Self.defaultPaths) {
        exact = Set(paths.filter { !$0.hasSuffix("*") })
        prefixes = paths.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
    }

    package static let defaultPaths = [
        "/", "/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/api", "/apis",
        "/openapi/*",
    ]

    package func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision {
        decision(info)
    }

    package func immediately(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision? { decision(info) }

    package func rules(for user: UserInfo) -> AuthorizationRules {
        let discovery = ["/api/*", "/apis/*"]
        return AuthorizationRules(
            paths: [
                AuthorizationRules.PathRule(
                    verbs: ["get"], paths: (exact.sorted() + prefixes.sorted().map { "\($0)*" }) + discovery)
            ])
    }

    private func decision(_ info: RequestInfo) -> AuthorizationDecision {
        guard info.verb == "get" || info.verb == "head" || info.verb == "list" else { return .noOpinion }
        // Discovery: /api/V, /apis/G, /apis/G/V, and the version and health of a group.
        if info.segments.first == "api", info.segments.count <= 2 { return .allowed }
        if info.segments.first == "apis", info.segments.count <= 3 { return .allowed }
        if info.isResourceRequest, info.segments.count == 4, ["version", "healthz"].contains(info.resource) {
            return .allowed
        }
        guard !info.isResourceRequest else { return .noOpinion }
        return exact.contains(info.path) || prefixes.contains { info.path.hasPrefix($0) } ? .allowed : .noOpinion
    }
}

extension Status {
    /// 403 in the words of apiserver `pkg/endpoints/handlers/responsewriters/errors.go`.
    package static func forbidden(_ user: UserInfo, _ info: RequestInfo, reason: String) -> Status {
        let suffix = reason.isEmpty ? "" : ": \(reason)"
        guard info.isResourceRequest else {
            return .forbidden(
                "forbidden: User \"\(escaped(user.name))\" cannot \(info.verb) path \"\(escaped(info.path))\"\(suffix)",
                details: Details())
        }
        let resource = info.subresource.isEmpty ? info.resource : "\(info.resource)/\(info.subresource)"
        let scope = info.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(escaped(info.namespace))\""
        let name = info.name.isEmpty ? "" : " \"\(escaped(info.name))\""
        return .forbidden(
            "\(escaped(info.groupResource))\(name) is forbidden: User \"\(escaped(user.name))\" "
                + "cannot \(info.verb) resource \"\(escaped(resource))\" in API group \"\(escaped(info.group))\" "
                + "\(scope)\(suffix)",
            details: Details(name: info.name, group: info.group, kind: info.resource))
    }

    /// What came from the client is never markup in a browser's eyes.
    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x26, 0x3c, 0x3e].contains($0) }) else { return text }
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
