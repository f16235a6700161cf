import APIServer
import Foundation
import HTTPServer
import HTTPWire
import KubeModel
import Logging
import Reactor

@testable import EmbeddedCluster

/// The embedded cluster behind HTTP on a free port of 127.0.0.1; everybody may do everything.
struct TestAPI: Sendable {
    static let vmi = Resource.virtualMachineInstance
    static let path = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances"

    let cluster: EmbeddedCluster
    let server: HTTPServer
    /// The store's resourceVersion before the test has written anything.
    let start: UInt64

    func stream(_ query: String, path: String = Self.path) async throws -> HTTPStream {
        try await HTTPStream(port: server.address.port, "GET", path + query)
    }

    /// The code and the JSON of an answer.
    func ask(_ method: String, _ query: String, path: String = Self.path, body: String = "", type: String = "")
        async throws -> (status: Int, json: JSONValue)
    {
        let stream = try await HTTPStream(port: server.address.port, method, path + query, body: body, type: type)
        return (stream.status, try JSONValue(parsing: Array(try await stream.rest().utf8)))
    }

    @discardableResult
    func create(_ name: String, labels: JSONObject = [:], namespace: String = "default") async throws -> UInt64 {
        let object: JSONValue = [
            "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
            "metadata": ["name": .string(name), "labels": .object(labels)], "spec": ["domain": ["devices": [:]]],
        ]
        return try await cluster.create(
            Self.vmi, namespace: namespace, object: object, options: WriteOptions()
        ).resourceVersion
    }

    @discardableResult
    func label(_ name: String, _ labels: JSONObject) async throws -> UInt64 {
        try await cluster.patch(
            Self.vmi, namespace: "default", name: name, patch: .merge(["metadata": ["labels": .object(labels)]]),
            options: WriteOptions()
        ).resourceVersion
    }

    func delete(_ name: String) async throws {
        _ = try await cluster.delete(Self.vmi, namespace: "default", name: name, options: DeleteOptions())
    }
}

/// Lends an API, and ends it afterwards.
func withAPI(
    history: EventHistory.Limits = EventHistory.Limits(),
    configure: (inout ServerConfiguration) -> Void = { _ in }, _ body: (TestAPI) async throws -> Void
) async throws {
    let directory = NSTemporaryDirectory() + "resource-api-\(UUID().uuidString)"
    var clusterConfiguration = EmbeddedCluster.Configuration()
    clusterConfiguration.history = history
    let cluster = try EmbeddedCluster(directory: directory, configuration: clusterConfiguration)
    defer {
        cluster.close()
        try? FileManager.default.removeItem(atPath: directory)
    }
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let api = APIServer(
        authenticator: UnionAuthenticator([]), authorizer: EverythingAuthorizer(),
        router: Router(
            version: VersionInfo(gitVersion: "v1.33.0"), subresourceVersion: { VersionInfo(gitVersion: "v1.0.0") },
            health: HealthChecks(live: [], ready: [], logger: logger),
            subresourceGroup: APIGroup(name: "subresources.kubevirt.io", versions: ["v1"], subresources: []),
            subresources: NoSubresources(),
            resources: ResourceEndpoints(resources: EmbeddedCluster.resources, cluster: cluster)),
        inFlight: InFlightLimit(reading: 4, changing: 4), logger: logger)
    var configuration = ServerConfiguration()
    configuration.lingerTimeout = 300
    configure(&configuration)
    guard let address = SocketAddress("127.0.0.1", port: 0) else { throw HTTPStream.Failure("no address") }
    let loop = try EventLoop(name: "test")
    let server = try await HTTPServer(
        on: address, loops: [loop], handler: api, tls: nil, configuration: configuration, logger: logger)
    do {
        let start = try await cluster.list(TestAPI.vmi, namespace: nil).resourceVersion
        try await body(TestAPI(cluster: cluster, server: server, start: start))
        await server.shutdown(grace: 0)
        await loop.stop()
    } catch {
        await server.shutdown(grace: 0)
        await loop.stop()
        throw error
    }
}

private struct EverythingAuthorizer: Authorizer {
    func authorize(_ user: UserInfo, _ info: RequestInfo) async throws(Status) -> AuthorizationDecision { .allowed }
}

private struct NoSubresources: SubresourceHandler {
    func update(_ request: APIRequest) async throws(Status) -> APIAnswer { throw .pathNotFound }
}
