package import KubeModel

/// Whoever is known may ask what they themselves may do: kube-apiserver's ClusterRole `system:basic-user`.
package struct SelfReviewAuthorizer: Authorizer {
    package init() {}

    package func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision {
        decision(user, info)
    }

    package func immediately(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision? { decision(user, info) }

    package func rules(for user: UserInfo) -> AuthorizationRules {
        guard !user.isAnonymous else { return AuthorizationRules() }
        return AuthorizationRules(
            resources: SelfReviews.groups.map { group in
                AuthorizationRules.ResourceRule(
                    verbs: ["create"], groups: [group.name],
                    resources: group.versions.first?.resources.map(\.plural) ?? [])
            })
    }

    private func decision(_ user: UserInfo, _ info: RequestInfo) -> AuthorizationDecision {
        let isReview = SelfReviews.resources.contains { $0.group == info.group && $0.plural == info.resource }
        return info.isResourceRequest && info.verb == "create" && info.subresource.isEmpty && isReview
            && !user.isAnonymous ? .allowed : .noOpinion
    }
}
