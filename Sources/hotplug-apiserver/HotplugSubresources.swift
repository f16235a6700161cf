import APIServer
import HotplugAPI
import KubeModel

/// The two subresources as the API server sees them.
struct HotplugSubresources: SubresourceHandler {
    static let group = APIGroup(
        name: "subresources.kubevirt.io", versions: ["v1", "v1alpha3"],
        subresources: [Resource.virtualMachine, .virtualMachineInstance].flatMap { parent in
            InterfaceVerb.allCases.map { APIGroup.Subresource(parent: parent, name: $0.rawValue, verbs: ["update"]) }
        })

    /// Types that are text, whatever they are called, are read as JSON or YAML; these are not text.
    private static let binaryTypes = [
        "application/vnd.kubernetes.protobuf", "application/cbor", "application/octet-stream",
    ]

    let handler: HotplugHandler

    func update(_ request: APIRequest) async throws(Status) -> APIAnswer {
        if let type = request.contentType, Self.isBinary(type) {
            throw .unsupportedMediaType(accepted: ["application/json", "application/yaml"])
        }
        guard let verb = InterfaceVerb(rawValue: request.info.subresource),
            let target = HotplugTarget.allCases.first(where: { $0.resource.plural == request.info.resource })
        else { throw .pathNotFound }
        let result = try await handler.handle(
            HotplugRequest(
                verb, of: HotplugSubject(target, namespace: request.info.namespace, name: request.info.name),
                body: request.body, dryRun: request.query.all("dryRun"),
                fieldValidation: request.query.first("fieldValidation"), fieldManager: request.fieldManager))
        return APIAnswer(status: 202, .none, warnings: result.warnings)
    }

    private static func isBinary(_ type: String) -> Bool {
        binaryTypes.contains(type) || type.contains("protobuf")
            || ["image/", "audio/", "video/"].contains { type.hasPrefix($0) }
    }
}
