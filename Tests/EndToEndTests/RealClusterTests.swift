import FakeKubeAPIServer
import Foundation
import KubeModel
import TLS
import Testing

/// `serve` in front of a cluster, which here is a fake kube-apiserver.
///
/// The fake answers in this process, so nothing here may wait on a thread of Swift's pool, nor run beside suites that do.
@Suite(.serialized) struct RealClusterTests {
    private static let vmi = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances/vmi-fedora"

    @Test func `in steady state a request costs the cluster one GET and one PATCH`() async throws {
        let cluster = try await FrontedCluster()
        try await onThread {
            let server = try ServerProcess(cluster: cluster.kubeconfig)
            let aggregator = try cluster.connect(to: server)
            for name in ["first", "second", "third"] {
                let before = cluster.upstream.requests.count
                let reply = try aggregator.request(
                    "PUT", Subresource.path(), Subresource.body(name), fields: ["X-Remote-User": "alice"])
                #expect(reply.status == 202 && reply.body.isEmpty, "\(reply.text)")
                #expect(reply.fields("warning") == [])
                let sent = cluster.lines(since: before)
                guard name != "first" else { continue }
                #expect(sent == ["GET \(Self.vmi)", "PATCH \(Self.vmi)"])
            }
            #expect(try server.terminate() == 0)
        }
        await cluster.upstream.stop()
    }

    @Test func `believes the aggregator, and asks the cluster who may`() async throws {
        let cluster = try await FrontedCluster()
        try await onThread {
            let server = try ServerProcess(cluster: cluster.kubeconfig)
            func put(_ connection: APIConnection, _ fields: KeyValuePairs<String, String>) throws -> Reply {
                try connection.request("PUT", Subresource.path(), Subresource.body(), fields: fields)
            }
            let bob = try put(try cluster.connect(to: server), ["X-Remote-User": "bob"])
            #expect(bob.outcome == "403 Forbidden")
            #expect(bob.message.contains(#"User "bob" cannot update resource "virtualmachineinstances/addinterface""#))
            #expect(bob.message.hasSuffix(": no rule"))
            let privileged: KeyValuePairs = ["X-Remote-User": "root", "X-Remote-Group": "system:masters"]
            #expect(try put(try cluster.connect(to: server), privileged).status == 202)
            // The same words without the front proxy's certificate are nobody's.
            #expect(try put(try server.connect(as: nil), privileged).status == 403)
            let own = try server.authority.issue(
                commonName: "admin", organizations: ["system:masters"], usage: .client, days: 1)
            #expect(try put(try server.connect(as: own), privileged).status == 401)
            let nobody = try server.connect(as: nil)
            #expect(try put(nobody, ["Authorization": "Bearer carols"]).status == 202)
            #expect(try put(nobody, ["Authorization": "Bearer wrong"]).outcome == "401 Unauthorized")
            for path in ["/readyz", "/version", "/apis/subresources.kubevirt.io/v1"] {
                #expect(try nobody.request("GET", path, nil as String?).status == 200, "\(path)")
            }
            let version = try nobody.request("GET", "/apis/subresources.kubevirt.io/v1/version", nil as String?)
            #expect(version.json?["gitVersion"] == "v1.0.1")
            // The objects are the cluster's to serve.
            #expect(try put(try cluster.connect(to: server), privileged).status == 202)
            #expect(
                try cluster.connect(to: server).request("GET", Self.vmi, nil as String?, fields: privileged).status
                    == 404)
        }
        await cluster.upstream.stop()
    }

    @Test func `answers 503 with the reason while the cluster is away, and stays alive`() async throws {
        let cluster = try await FrontedCluster()
        try await onThread {
            let server = try ServerProcess(cluster: cluster.kubeconfig)
            let aggregator = try cluster.connect(to: server)
            cluster.stopUpstream()
            let unknown = try aggregator.request(
                "PUT", Subresource.path(), Subresource.body(), fields: ["X-Remote-User": "alice"])
            #expect(unknown.outcome == "503 ServiceUnavailable")
            #expect(unknown.message.contains("cannot find out whether the request is allowed: \(cluster.upstream.url)"))
            #expect(unknown.field("retry-after") == "1")
            let token = try aggregator.request(
                "PUT", Subresource.path(), Subresource.body(), fields: ["Authorization": "Bearer new"])
            #expect(token.outcome == "503 ServiceUnavailable")
            #expect(token.message.hasPrefix("cannot find out who sent the request"))
            // With nothing to ask about but the object.
            let privileged = try aggregator.request(
                "PUT", Subresource.path(), Subresource.body(),
                fields: ["X-Remote-User": "root", "X-Remote-Group": "system:masters"])
            #expect(
                privileged.status / 100 == 5 && privileged.message.contains(cluster.upstream.url), "\(privileged.text)")
            for path in ["/livez", "/apis/subresources.kubevirt.io/v1"] {
                #expect(try aggregator.request("GET", path, nil as String?).status == 200, "\(path)")
            }
            #expect(try server.terminate() == 0)
        }
    }

    @Test(arguments: [
        ("off", "202"), ("warn", "202"), ("enforce", "403 Forbidden"),
    ]) func `asks whether the user may get a definition of another namespace`(
        mode: String, outcome: String
    ) async throws {
        let cluster = try await FrontedCluster()
        try await onThread {
            let server = try ServerProcess(["--nad-access", mode], cluster: cluster.kubeconfig)
            let aggregator = try cluster.connect(to: server)
            func put(_ definition: String) throws -> Reply {
                try aggregator.request(
                    "PUT", Subresource.path(), Subresource.body("dyniface1", definition),
                    fields: ["X-Remote-User": "alice"]
                )
            }
            let own = try put("new-fancy-net")
            #expect(own.status == 202 && own.fields("warning").isEmpty, "\(own.text)")
            let other = try put("elsewhere/new-fancy-net")
            #expect(other.outcome == outcome)
            let message = #"User "alice" cannot get resource "network-attachment-definitions""#
            let warning = other.fields("warning").joined().replacing("\\", with: "")
            #expect(warning.contains(message) == (mode == "warn"))
            #expect(other.message.contains(message) == (mode == "enforce"))
        }
        await cluster.upstream.stop()
    }

    @Test func `serves on for the delay after a signal while it is not ready`() async throws {
        let cluster = try await FrontedCluster()
        try await onThread {
            let server = try ServerProcess(["--shutdown-delay-duration", "4s"], cluster: cluster.kubeconfig)
            server.send(SIGTERM)
            _ = try server.log.wait(for: "shutting down") { $0.contains("\"shutting down\"") }
            let reply = try server.connect(as: nil).request("GET", "/readyz", nil as String?)
            #expect(reply.status == 500)
            #expect(reply.text.contains("[-]shutdown failed"))
            for check in ["extension-apiserver-authentication", "kubevirts"] {
                #expect(reply.text.contains("[+]\(check) ok"), "\(reply.text)")
            }
            #expect(try server.connect(as: nil).request("GET", "/livez", nil as String?).status == 200)
            #expect(try server.waitForEnd() == 0)
        }
        await cluster.upstream.stop()
    }

    private func refused(_ words: [String]) throws -> Command.Result {
        let result = try Command.run(words)
        #expect(result.status == 1)
        #expect(result.errors.contains("cannot serve"), "\(result)")
        return result
    }

    @Test func `says at its start that the cluster is unreachable or refuses`() async throws {
        let cluster = try await FrontedCluster(refusingTheConfigMap: true)
        try await onThread {
            let serve = [
                Project.binary, "serve", "--secure-port", "0", "--cert-dir", cluster.files.path + "/pki",
                "--kubeconfig",
                cluster.kubeconfig,
            ]
            let refusing = try refused(serve).errors
            #expect(refusing.contains("the cluster \(cluster.upstream.url) cannot be used"))
            #expect(refusing.contains("--role=extension-apiserver-authentication-reader"))
            cluster.stopUpstream()
            let unreachable = try refused(serve).errors
            #expect(unreachable.contains("the cluster \(cluster.upstream.url) cannot be used"))
            #expect(unreachable.contains("Connection refused") || unreachable.contains("connect"), "\(unreachable)")
            let missing = try refused(Array(serve.dropLast()) + ["/no/kubeconfig"]).errors
            #expect(missing.contains("/no/kubeconfig"))
        }
    }

    @Test func `takes a pod's environment for a cluster, unless it is told of the embedded one`() throws {
        let pod = ["KUBERNETES_SERVICE_HOST=10.0.0.1", "KUBERNETES_SERVICE_PORT=443", Project.binary, "serve"]
        #expect(
            try refused(pod).errors.contains("service account: /var/run/secrets/kubernetes.io/serviceaccount/token"))
        let files = try TemporaryDirectory()
        let embedded = try refused(
            pod + ["--data-dir", files.path, "--secure-port", "0", "--examples", "/no/examples"])
        #expect(embedded.errors.contains("/no/examples"))
    }
}

/// Runs what waits on a thread of its own.
func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}
