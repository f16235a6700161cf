import FakeKubeAPIServer
import Foundation
import KubeModel
import Synchronization
import TLS

/// A cluster made of a fake kube-apiserver, for a server in front of it.
///
/// alice may use the subresources and bob may not; the bearer token `carols` is carol's, who may as well.
final class FrontedCluster: Sendable {
    let frontProxy: CertificateAuthority
    let files: TemporaryDirectory
    let upstream: FakeKubeAPIServer
    let kubeconfig: String
    /// Changes of KubeVirt objects, as a watch tells them.
    private let kubeVirtChanges: AsyncStream<String>.Continuation

    init(refusingTheConfigMap: Bool = false) async throws {
        let frontProxy = try CertificateAuthority(commonName: "front-proxy-ca", days: 1)
        let trust: JSONValue = [
            "metadata": ["name": "extension-apiserver-authentication", "resourceVersion": "1"],
            "data": [
                "requestheader-client-ca-file": .string(frontProxy.pair.certificate),
                "requestheader-allowed-names": #"["front-proxy-client"]"#,
                "requestheader-username-headers": #"["X-Remote-User"]"#,
                "requestheader-group-headers": #"["X-Remote-Group"]"#,
            ],
        ]
        self.frontProxy = frontProxy
        let version = Mutex(1)
        let (events, silence) = AsyncStream<String>.makeStream()
        let (changes, kubeVirtChanges) = AsyncStream<String>.makeStream()
        self.kubeVirtChanges = kubeVirtChanges
        upstream = try await FakeKubeAPIServer { request, _ in
            // Keeps the watches open.
            withExtendedLifetime(silence) {}
            if request.hasQuery("watch=true") {
                return .stream(request.path.hasSuffix("/kubevirts") ? changes : events)
            }
            if request.path == "/api/v1/namespaces/kube-system/configmaps", refusingTheConfigMap {
                return .json(Status.forbidden("not you").json, status: 403)
            }
            return Self.answer(request, trust, version)
        }
        files = try TemporaryDirectory()
        kubeconfig = try files.write(
            """
            {clusters: [{name: c, cluster: {server: "\(upstream.url)"}}], contexts: [{name: c, context: {cluster: c}}],
            current-context: c}
            """, to: "kubeconfig")
    }

    private static func answer(
        _ request: FakeKubeAPIServer.Request, _ trust: JSONValue, _ version: borrowing Mutex<Int>
    ) -> FakeKubeAPIServer.Answer {
        func list(_ items: JSONValue) -> FakeKubeAPIServer.Answer {
            .json(["metadata": ["resourceVersion": "1"], "items": items])
        }
        let spec = request.json?["spec"]
        switch request.path.split(separator: "/").last {
        case "configmaps": return list([trust])
        case "kubevirts":
            return list([
                [
                    "metadata": ["name": "kubevirt"], "status": ["observedKubeVirtVersion": "v1.0.1"],
                    "spec": ["configuration": ["developerConfiguration": ["featureGates": ["HotplugNICs"]]]],
                ],
                [
                    "metadata": ["name": "other"], "status": ["phase": "Deployed"],
                    "spec": ["configuration": ["developerConfiguration": ["featureGates": ["HotplugNICs"]]]],
                ],
            ])
        case "tokenreviews":
            return .json(
                [
                    "status": spec?["token"] == "carols"
                        ? ["authenticated": true, "user": ["username": "carol"]] : ["authenticated": false]
                ], status: 201)
        case "subjectaccessreviews":
            let isOwn = spec?[path: "resourceAttributes", "namespace"] == "default"
            let may = isOwn && (spec?["user"] == "alice" || spec?["user"] == "carol")
            return .json(["status": ["allowed": .bool(may), "reason": .string(may ? "" : "no rule")]], status: 201)
        case "new-fancy-net":
            return .json(["metadata": ["name": "new-fancy-net", "resourceVersion": "1"]])
        case "vmi-fedora":
            let current = version.withLock { version in
                if request.method == "PATCH" { version += 1 }
                return version
            }
            return .json([
                "metadata": ["name": "vmi-fedora", "namespace": "default", "resourceVersion": .string("\(current)")],
                "spec": ["domain": ["devices": [:]]], "status": ["phase": "Running"],
            ])
        default: return .json(Status.pathNotFound.json, status: 404)
        }
    }

    /// Tells the watch that KubeVirt has another version; empty: none yet.
    func observe(kubeVirtVersion: String) {
        let event: JSONValue = [
            "type": "MODIFIED",
            "object": [
                "metadata": ["name": "kubevirt", "resourceVersion": "2"],
                "status": ["observedKubeVirtVersion": .string(kubeVirtVersion)],
            ],
        ]
        kubeVirtChanges.yield(String(decoding: event.serialized(), as: UTF8.self))
    }

    /// Ends the fake; waits on the calling thread.
    func stopUpstream() {
        let done = DispatchSemaphore(value: 0)
        Task { [upstream] in
            await upstream.stop()
            done.signal()
        }
        done.wait()
    }

    /// A connection of the aggregator.
    func connect(to server: ServerProcess) throws -> APIConnection {
        try server.connect(as: try frontProxy.issue(commonName: "front-proxy-client", usage: .client, days: 1))
    }

    /// The lines of requests that were sent since there were `count`, without the watches.
    func lines(since count: Int) -> [String] {
        upstream.requests.dropFirst(count).filter { !$0.hasQuery("watch=true") }.map { "\($0.method) \($0.path)" }
    }
}
