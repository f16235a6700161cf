import HTTPWire
import KubeModel

@testable import APIServer

/// Groups, and requests as handlers see them.
enum Fixture {
    static let subresources = APIGroup(
        name: "subresources.kubevirt.io", versions: ["v1", "v1alpha3"],
        subresources: [Resource.virtualMachine, .virtualMachineInstance].map { parent in
            APIGroup.Subresource(parent: parent, name: "addinterface", verbs: ["update"])
        })

    /// All that the server has where it plays KubeVirt.
    static let allSubresources = APIGroup(
        name: "subresources.kubevirt.io", versions: ["v1", "v1alpha3"],
        subresources: [
            "addinterface", "removeinterface", "start", "stop", "restart", "migrate", "pause", "unpause",
        ].map { APIGroup.Subresource(parent: .virtualMachine, name: $0, verbs: ["update"]) })

    static let resources = APIGroup(resources: [.virtualMachine, .virtualMachineInstance])
    static let core = APIGroup(resources: [.namespace, .pod])

    static func request(
        _ body: String = "", type: String? = nil, query: String? = nil, path: String = "/", userAgent: String = ""
    ) throws -> APIRequest {
        let query = QueryParameters(query)
        guard let info = RequestInfo(method: .put, path: path, query: query) else { throw Status.pathNotFound }
        return APIRequest(
            info: info, query: query, user: .anonymous, body: Array(body.utf8), contentType: type,
            userAgent: userAgent)
    }

    static func head(query: String? = nil, _ fields: KeyValuePairs<String, String> = [:]) -> HTTPRequestHead {
        var head = HTTPRequestHead(method: .get, path: "/", query: query)
        for (name, value) in fields { head.fields.append(name, value) }
        return head
    }
}
