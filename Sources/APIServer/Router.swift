import HTTPServer
import HTTPWire
import KubeModel

/// Finds who answers a request.
package struct Router: Sendable {
    private let discovery: DiscoveryDocuments
    private let openAPI: OpenAPIDocuments
    private let version: StaticDocument
    private let subresourceVersion: @Sendable () async -> VersionInfo
    private let health: HealthChecks
    private let subresourceGroup: APIGroup
    private let subresources: any SubresourceHandler
    private let resources: ResourceEndpoints?
    /// Those of the documents that `answer` gives which depend on nothing but the path.
    let publicDocuments: PublicDocuments

    /// - Parameters:
    ///   - version: what `/version` tells.
    ///   - subresourceVersion: what `/apis/GROUP/VERSION/version` tells now: virtctl compares it with its own.
    ///   - subresources: serves the group `subresourceGroup`.
    ///   - resources: objects that this server stores itself; `nil` behind a real cluster.
    package init(
        version: VersionInfo, subresourceVersion: @escaping @Sendable () async -> VersionInfo, health: HealthChecks,
        subresourceGroup: APIGroup, subresources: any SubresourceHandler, resources: ResourceEndpoints?
    ) {
        self.version = StaticDocument(version.json)
        self.subresourceVersion = subresourceVersion
        self.health = health
        self.subresourceGroup = subresourceGroup
        self.subresources = subresources
        self.resources = resources
        let groups = [subresourceGroup] + (resources?.groups ?? [])
        discovery = DiscoveryDocuments(groups: groups)
        openAPI = OpenAPIDocuments(group: subresourceGroup, resources: resources?.groups ?? [])
        publicDocuments = PublicDocuments(
            [("/version", self.version)] + discovery.groups.map { ("/apis/\($0.key)", $0.value) }
                + discovery.resources.map { (Self.path(ofVersion: $0.key), $0.value) })
    }

    func answer(
        _ request: HTTPRequest, info: RequestInfo, query: QueryParameters, user: UserInfo
    ) async throws(Status) -> APIAnswer {
        guard info.isResourceRequest else {
            guard request.head.method == .get || request.head.method == .head else {
                return Self.methodNotAllowed(.methodNotAllowed, allowed: [.get, .head])
            }
            return try nonResource(request.head, info, query)
        }
        if info.group == subresourceGroup.name,
            let version = subresourceGroup.versions.first(where: { $0.name == info.version })
        {
            return try await subresource(request, version, info, query, user)
        }
        if let reviews = resources?.reviews, let review = SelfReviews.resource(for: info) {
            guard request.head.method == .post else {
                return Self.methodNotAllowed(.methodNotAllowed, allowed: [.post])
            }
            return try await reviews.answer(try await read(request, info, query, user), review)
        }
        guard let resources, var endpoint = resources.endpoint(for: info) else {
            throw resources?.whyMissing(info) ?? .pathNotFound
        }
        let allowed = endpoint.allowedMethods(info)
        guard endpoint.verbs.contains(info.verb), allowed.contains(request.head.method) else {
            return Self.methodNotAllowed(endpoint.methodNotAllowed(info), allowed: allowed)
        }
        let apiRequest = try await read(request, info, query, user)
        let accept = MediaTypes(request.head.fields.values("accept"))
        // Events of a watch are JSON alone, as in kube-apiserver.
        let types = info.verb == "watch" ? ["application/json"] : ["application/json", "application/yaml"]
        if accept.wantsYAML, types.count > 1 { return try await endpoint.answer(apiRequest).inYAML() }
        guard let form = try ObjectForm.negotiated(accept, query) else { throw .notAcceptable(accepted: types) }
        endpoint.rendering.form = form
        return try await endpoint.answer(apiRequest)
    }

    private func subresource(
        _ request: HTTPRequest, _ version: APIGroup.Version, _ info: RequestInfo, _ query: QueryParameters,
        _ user: UserInfo
    ) async throws(Status) -> APIAnswer {
        if info.segments.count == 4, request.head.method == .get || request.head.method == .head {
            if info.resource == "version" {
                return APIAnswer(.document(StaticDocument(await subresourceVersion().json)))
            }
            if info.resource == "healthz" { return try health(["healthz"], query) }
        }
        guard info.extraSegments == 0, !info.namespace.isEmpty,
            let entry = version.subresources.first(where: {
                $0.parent.plural == info.resource && $0.name == info.subresource
            })
        else { throw notServed(version, info) }
        guard entry.verbs.contains(info.verb) else {
            return Self.methodNotAllowed(.methodNotAllowed, allowed: [.put])
        }
        guard DNS1123.isLabel(info.namespace), DNS1123.isSubdomain(info.name) else { throw .pathNotFound }
        return try await subresources.update(try await read(request, info, query, user))
    }

    /// Tells what there is beside a subresource that there is not: clients of KubeVirt's server ask for many more.
    private func notServed(_ version: APIGroup.Version, _ info: RequestInfo) -> Status {
        let served = version.subresources.filter { $0.parent.plural == info.resource }.map(\.name)
        guard info.extraSegments == 0, !info.subresource.isEmpty, !served.isEmpty else { return .pathNotFound }
        var status = Status.pathNotFound
        status.message +=
            ": this server has no \(info.resource)/\(DNS1123.isLabel(info.subresource) ? info.subresource : "…") in "
            + "\(subresourceGroup.name)/\(version.name), only \(served.joined(separator: ", "))"
        return status
    }

    /// 405 must say what is allowed (RFC 9110 §15.5.6).
    private static func methodNotAllowed(_ status: Status, allowed: [HTTPMethod]) -> APIAnswer {
        var answer = APIAnswer(status)
        answer.fields.append(("Allow", allowed.map(\.rawValue).joined(separator: ", ")))
        return answer
    }

    /// Reads the content, which nobody may send compressed.
    private func read(
        _ request: HTTPRequest, _ info: RequestInfo, _ query: QueryParameters, _ user: UserInfo
    ) async throws(Status) -> APIRequest {
        let head = request.head
        if let encoding = head.fields["content-encoding"], encoding.lowercased() != "identity" {
            throw Status(
                code: 415, reason: "UnsupportedMediaType",
                message: "the body of the request is compressed: send it without Content-Encoding")
        }
        let body: [UInt8]
        do throws(HTTPWireError) {
            body = try await request.content()
        } catch {
            throw error.status == 413
                ? .requestEntityTooLarge(limitBytes: HTTPLimits().bodyBytesMax) : .badRequest(error.message)
        }
        let contentType = head.fields["content-type"].map { value in
            value.prefix { $0 != ";" }.trimmed.lowercased()
        }
        return APIRequest(
            info: info, query: query, user: user, body: body, contentType: contentType,
            userAgent: head.fields["user-agent"] ?? "")
    }

    private func nonResource(
        _ head: HTTPRequestHead, _ info: RequestInfo, _ query: QueryParameters
    ) throws(Status) -> APIAnswer {
        let segments = info.segments
        switch segments.first {
        case nil: return APIAnswer(["paths": strings(paths)])
        case "healthz", "livez", "readyz": return try health(segments, query)
        case "version" where segments.count == 1: return APIAnswer(.document(version))
        case "api" where segments.count == 1: return discoveryAnswer(head, legacy: discovery.versions, isCore: true)
        case "api" where segments.count == 2:
            if let document = discovery.resources[segments[1]] { return APIAnswer(.document(document)) }
        case "apis" where segments.count == 1:
            return discoveryAnswer(head, legacy: discovery.groupList, isCore: false)
        case "apis" where segments.count == 2:
            if let document = discovery.groups[segments[1]] { return APIAnswer(.document(document)) }
        case "apis" where segments.count == 3:
            if let document = discovery.resources["\(segments[1])/\(segments[2])"] {
                return APIAnswer(.document(document))
            }
        case "openapi": return try openAPI.answer(segments, head, query)
        default: break
        }
        throw .pathNotFound
    }

    private var paths: [String] {
        ["/api", "/apis"] + discovery.groups.keys.sorted().map { "/apis/\($0)" }
            + discovery.resources.keys.sorted().map(Self.path(ofVersion:))
            + ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
    }

    /// `/apis/kubevirt.io/v1`, of the core group `/api/v1`.
    private static func path(ofVersion groupVersion: String) -> String {
        groupVersion.contains("/") ? "/apis/\(groupVersion)" : "/api/\(groupVersion)"
    }

    private func health(_ segments: [String], _ query: QueryParameters) throws(Status) -> APIAnswer {
        guard let answer = health.answer(segments, query: query) else { throw .pathNotFound }
        return APIAnswer(status: answer.status, .text(answer.text))
    }

    private func discoveryAnswer(_ head: HTTPRequestHead, legacy: StaticDocument, isCore: Bool) -> APIAnswer {
        guard let version = MediaTypes(head.fields.values("accept")).aggregatedDiscovery,
            let document = isCore ? discovery.aggregatedCore[version] : discovery.aggregated[version]
        else {
            var answer = APIAnswer(.document(legacy))
            answer.fields.append(("Vary", "Accept"))
            return answer
        }
        var answer = APIAnswer(.document(document))
        answer.fields = [
            ("Content-Type", "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"),
            ("Vary", "Accept"),
        ]
        return answer
    }
}
