import APIServer
import EmbeddedKubeVirt
import HotplugAPI
import KubeModel

/// The subresources as the API server sees them.
struct HotplugSubresources: SubresourceHandler {
    /// With `start`, `stop` and the others where this server plays KubeVirt.
    static func group(withLifecycle: Bool) -> APIGroup {
        let ofBoth = InterfaceVerb.allCases.map(\.rawValue)
        return APIGroup(
            name: "subresources.kubevirt.io", versions: ["v1", "v1alpha3"],
            subresources: HotplugTarget.allCases.flatMap { target in
                let lifecycle = withLifecycle ? LifecycleVerb.allCases.filter { $0.target == target } : []
                return (ofBoth + lifecycle.map(\.rawValue)).map { subresource(target.resource, $0) }
            })
    }

    private static func subresource(_ parent: Resource, _ name: String) -> APIGroup.Subresource {
        APIGroup.Subresource(parent: parent, name: name, verbs: ["update"])
    }

    /// Types that are text, whatever they are called, are read as JSON or YAML; these are not text.
    private static let binaryTypes = [
        "application/vnd.kubernetes.protobuf", "application/cbor", "application/octet-stream",
    ]

    let handler: HotplugHandler
    let lifecycle: LifecycleHandler?
    let authorizer: any Authorizer

    func update(_ request: APIRequest) async throws(Status) -> APIAnswer {
        if let type = request.contentType, Self.isBinary(type) {
            throw .unsupportedMediaType(accepted: ["application/json", "application/yaml"])
        }
        if let lifecycle, let verb = LifecycleVerb(rawValue: request.info.subresource) {
            try await lifecycle.handle(
                verb, namespace: request.info.namespace, name: request.info.name, body: request.body,
                dryRun: request.query.all("dryRun"))
            return APIAnswer(status: 202, .none)
        }
        guard let verb = InterfaceVerb(rawValue: request.info.subresource),
            let target = HotplugTarget.allCases.first(where: { $0.resource.plural == request.info.resource })
        else { throw .pathNotFound }
        let result = try await handler.handle(
            HotplugRequest(
                verb, of: HotplugSubject(target, namespace: request.info.namespace, name: request.info.name),
                body: request.body, dryRun: request.query.all("dryRun"),
                fieldValidation: request.query.first("fieldValidation"), fieldManager: request.fieldManager,
                caller: RequestUser(user: request.user, authorizer: authorizer)))
        return APIAnswer(status: 202, .none, warnings: result.warnings)
    }

    private static func isBinary(_ type: String) -> Bool {
        binaryTypes.contains(type) || type.contains("protobuf")
            || ["image/", "audio/", "video/"].contains { type.hasPrefix($0) }
    }
}

/// The user of a request, as those who authorize requests know them.
private struct RequestUser: Caller {
    let user: UserInfo
    let authorizer: any Authorizer

    func refusal(toGet resource: Resource, namespace: String, name: String) async throws(Status) -> Status? {
        let info = RequestInfo(get: resource, namespace: namespace, name: name)
        switch try await authorizer.authorize(user, info) {
        case .allowed: return nil
        case .noOpinion: return .forbidden(user, info, reason: "")
        case .denied(let reason): return .forbidden(user, info, reason: reason)
        }
    }
}
