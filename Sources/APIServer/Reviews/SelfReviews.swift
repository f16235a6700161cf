import KubeModel

/// What a user asks about themselves: SelfSubjectAccessReview, SelfSubjectRulesReview and SelfSubjectReview, by the
/// authorizer that decides on requests (kubernetes `pkg/registry/authorization`, `pkg/registry/authentication`).
struct SelfReviews: Sendable {
    private static let accessReview = Resource(
        group: "authorization.k8s.io", version: "v1", plural: "selfsubjectaccessreviews",
        singular: "selfsubjectaccessreview", kind: "SelfSubjectAccessReview", shortNames: [], isNamespaced: false)
    private static let rulesReview = Resource(
        group: "authorization.k8s.io", version: "v1", plural: "selfsubjectrulesreviews",
        singular: "selfsubjectrulesreview", kind: "SelfSubjectRulesReview", shortNames: [], isNamespaced: false)
    private static let subjectReview = Resource(
        group: "authentication.k8s.io", version: "v1", otherVersions: ["v1beta1"], plural: "selfsubjectreviews",
        singular: "selfsubjectreview", kind: "SelfSubjectReview", shortNames: [], isNamespaced: false)

    static let resources = [accessReview, rulesReview, subjectReview]
    static let groups = [
        APIGroup(resources: [accessReview, rulesReview], verbs: ["create"]),
        APIGroup(resources: [subjectReview], verbs: ["create"]),
    ]

    let authorizer: any Authorizer

    /// The resource that a URL means; `nil` when it is none of these.
    static func resource(for info: RequestInfo) -> Resource? {
        guard info.extraSegments == 0, info.subresource.isEmpty, info.name.isEmpty, info.namespace.isEmpty else {
            return nil
        }
        return resources.first {
            $0.group == info.group && $0.plural == info.resource
                && ($0.version == info.version || $0.otherVersions.contains(info.version))
        }
    }

    /// POST: the review with its `status`.
    func answer(_ request: APIRequest, _ resource: Resource) async throws(Status) -> APIAnswer {
        let served = resource.served(as: request.info.version)
        var (review, warnings) = try RequestBodyDecoding.object(request)
        guard review["apiVersion"]?.string ?? served.apiVersion == served.apiVersion,
            review["kind"]?.string ?? served.kind == served.kind
        else { throw .badRequest("the body must be a \(served.kind) of \(served.apiVersion)") }
        review["apiVersion"] = .string(served.apiVersion)
        review["kind"] = .string(served.kind)
        review["metadata"] = ["creationTimestamp": .null]
        switch resource {
        case Self.accessReview: review["status"] = try await access(review["spec"] ?? [:], request.user)
        case Self.rulesReview: review["status"] = authorizer.rules(for: request.user).json
        default: review["status"] = ["userInfo": request.user.json]
        }
        var answer = APIAnswer(status: 201, review)
        answer.warnings = warnings
        return answer
    }

    private func access(_ spec: JSONValue, _ user: UserInfo) async throws(Status) -> JSONValue {
        var info = RequestInfo()
        switch (spec.attributes("resourceAttributes"), spec.attributes("nonResourceAttributes")) {
        case (let resource?, nil):
            info.isResourceRequest = true
            info.verb = resource["verb"]?.string ?? ""
            info.group = resource["group"]?.string ?? ""
            info.version = resource["version"]?.string ?? ""
            info.namespace = resource["namespace"]?.string ?? ""
            info.resource = resource["resource"]?.string ?? ""
            info.subresource = resource["subresource"]?.string ?? ""
            info.name = resource["name"]?.string ?? ""
        case (nil, let path?):
            info.verb = path["verb"]?.string ?? ""
            info.path = path["path"]?.string ?? ""
            info.segments = info.path.split(separator: "/").map(String.init)
        case (let resource, _):
            throw .invalid(
                group: "authorization.k8s.io", kind: "SelfSubjectAccessReview", name: "",
                causes: [
                    Status.Cause(
                        reason: "FieldValueInvalid",
                        message: resource == nil
                            ? "exactly one of nonResourceAttributes or resourceAttributes must be specified"
                            : "cannot be specified in combination with resourceAttributes",
                        field: resource == nil ? "spec.resourceAttributes" : "spec.nonResourceAttributes")
                ])
        }
        do throws(Status) {
            switch try await authorizer.authorize(user, info) {
            case .allowed: return ["allowed": true]
            case .noOpinion: return ["allowed": false]
            case .denied(let reason): return ["allowed": false, "denied": true, "reason": .string(reason)]
            }
        } catch {
            return ["allowed": false, "evaluationError": .string(error.message)]
        }
    }
}

extension JSONValue {
    /// A member that is there and not null.
    fileprivate func attributes(_ name: String) -> JSONObject? { self[name]?.object }
}

extension UserInfo {
    /// `authentication.k8s.io` UserInfo.
    fileprivate var json: JSONValue {
        var json: JSONValue = ["username": .string(name)]
        if !uid.isEmpty { json["uid"] = .string(uid) }
        if !groups.isEmpty { json["groups"] = strings(groups) }
        for extra in extra {
            var all = json["extra"] ?? [:]
            all[extra.key] = strings(extra.values)
            json["extra"] = all
        }
        return json
    }
}

extension AuthorizationRules {
    /// `authorization.k8s.io` SubjectRulesReviewStatus.
    fileprivate var json: JSONValue {
        [
            "resourceRules": .array(
                resources.map { rule in
                    [
                        "verbs": strings(rule.verbs), "apiGroups": strings(rule.groups),
                        "resources": strings(rule.resources),
                    ]
                }),
            "nonResourceRules": .array(
                paths.map { rule in ["verbs": strings(rule.verbs), "nonResourceURLs": strings(rule.paths)] }),
            "incomplete": .bool(isIncomplete),
        ]
    }
}
