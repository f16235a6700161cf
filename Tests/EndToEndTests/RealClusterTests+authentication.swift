import FakeKubeAPIServer
import Foundation
import KubeModel
import TLS
import Testing

extension RealClusterTests {
    /// The flags that say whom to believe, on the built binary.
    @Suite(.serialized) struct AuthenticationTests {
        /// The CAs that flags name, in files.
        private struct NamedAuthorities {
            let frontProxy: CertificateAuthority
            let clients: CertificateAuthority
            let frontProxyFile: String
            let clientFile: String

            init(in files: TemporaryDirectory) throws {
                frontProxy = try CertificateAuthority(commonName: "named-front-proxy-ca", days: 1)
                clients = try CertificateAuthority(commonName: "named-client-ca", days: 1)
                frontProxyFile = try files.write(frontProxy.pair.certificate, to: "front-proxy.crt")
                clientFile = try files.write(clients.pair.certificate, to: "clients.crt")
            }
        }

        private static func put(_ connection: APIConnection, _ fields: KeyValuePairs<String, String> = [:]) throws
            -> Reply
        {
            try connection.request("PUT", Subresource.path(), Subresource.body(), fields: fields)
        }

        private static let root: KeyValuePairs = ["X-Remote-User": "root", "X-Remote-Group": "system:masters"]

        @Test func `believes whom the flags name, nobody else, and never asks for the configmap`() async throws {
            let cluster = try await FrontedCluster(refusingTheConfigMap: true)
            try await onThread {
                let named = try NamedAuthorities(in: cluster.files)
                let server = try ServerProcess(
                    [
                        "--requestheader-client-ca-file", named.frontProxyFile,
                        "--requestheader-allowed-names=proxy,proxy-2",
                        "--requestheader-username-headers=X-User", "--requestheader-username-headers=X-Other-User",
                        "--requestheader-group-headers=X-Group", "--requestheader-extra-headers-prefix=X-Extra-",
                        "--requestheader-uid-headers=X-Uid", "--client-ca-file", named.clientFile,
                    ], cluster: cluster.kubeconfig)
                func connect(_ authority: CertificateAuthority, _ name: String) throws -> APIConnection {
                    try server.connect(as: try authority.issue(commonName: name, usage: .client, days: 1))
                }
                let proxy = try connect(named.frontProxy, "proxy-2")
                #expect(try Self.put(proxy, ["X-User": "alice"]).status == 202)
                #expect(
                    try Self.put(
                        proxy,
                        [
                            "X-Other-User": "bob", "X-Group": "ops", "X-Uid": "7", "X-Extra-Scope": "a",
                            "X-Remote-User": "alice",
                        ]
                    ).outcome == "403 Forbidden")
                let review = try #require(
                    cluster.upstream.requests.last { $0.path.hasSuffix("/subjectaccessreviews") }?.json?["spec"])
                #expect(review["user"] == "bob" && review["uid"] == "7" && review["extra"] == ["scope": ["a"]])
                #expect(review["groups"] == ["ops", "system:authenticated"])
                #expect(try Self.put(proxy, ["X-User": "root", "X-Group": "system:masters"]).status == 202)
                #expect(try Self.put(connect(named.clients, "alice")).status == 202)
                #expect(try Self.put(connect(named.clients, "bob")).outcome == "403 Forbidden")
                // Each with the words of the flags' proxy and of the usual one.
                let spoofed: KeyValuePairs = [
                    "X-User": "root", "X-Group": "system:masters", "X-Remote-User": "root",
                    "X-Remote-Group": "system:masters",
                ]
                for (authority, name) in [
                    (named.frontProxy, "other"), (named.frontProxy, "proxy,proxy-2"),
                    (cluster.frontProxy, "front-proxy-client"), (cluster.frontProxy, "proxy"),
                ] {
                    #expect(try Self.put(connect(authority, name), spoofed).outcome == "401 Unauthorized", "\(name)")
                }
                #expect(try Self.put(connect(named.clients, "proxy"), spoofed).outcome == "403 Forbidden")
                #expect(try Self.put(server.connect(as: nil), spoofed).outcome == "403 Forbidden")
                // The front proxy itself is nobody, when it tells no user by a field that counts.
                #expect(try Self.put(proxy, Self.root).outcome == "401 Unauthorized")
                #expect(!cluster.upstream.lines.contains { $0.contains("configmaps") })
            }
            await cluster.upstream.stop()
        }

        @Test func `one flag leaves the rest to the configmap`() async throws {
            let cluster = try await FrontedCluster()
            try await onThread {
                let named = try NamedAuthorities(in: cluster.files)
                let server = try ServerProcess(["--client-ca-file", named.clientFile], cluster: cluster.kubeconfig)
                let alice = try named.clients.issue(commonName: "alice", usage: .client, days: 1)
                #expect(try Self.put(server.connect(as: alice)).status == 202)
                #expect(try Self.put(cluster.connect(to: server), ["X-Remote-User": "alice"]).status == 202)
                #expect(try Self.put(cluster.connect(to: server), ["X-Remote-User": "bob"]).status == 403)
            }
            await cluster.upstream.stop()
        }

        @Test(arguments: [
            ["--authentication-tolerate-lookup-failure"], ["--authentication-tolerate-lookup-failure=true"],
            ["--authentication-skip-lookup"], ["--authentication-skip-lookup=true"],
        ]) func `serves without the configmap when told to, and then believes no proxy`(flags: [String]) async throws {
            let cluster = try await FrontedCluster(refusingTheConfigMap: true)
            try await onThread {
                let server = try ServerProcess(flags, cluster: cluster.kubeconfig)
                let proxy = try cluster.connect(to: server)
                // Its certificate is of no CA that is known, and so no credential: the words are anybody's.
                #expect(try Self.put(proxy, Self.root).outcome == "403 Forbidden")
                #expect(try Self.put(server.connect(as: nil), ["Authorization": "Bearer carols"]).status == 202)
                #expect(try server.connect(as: nil).request("GET", "/readyz", nil as String?).status == 200)
                let isSkipped = flags[0].contains("skip")
                #expect(cluster.upstream.lines.contains { $0.contains("configmaps") } != isSkipped)
            }
            await cluster.upstream.stop()
        }

        @Test func `takes another CA of the front proxy while it runs`() async throws {
            let cluster = try await FrontedCluster()
            try await onThread {
                let named = try NamedAuthorities(in: cluster.files)
                let server = try ServerProcess(
                    [
                        "--requestheader-client-ca-file", named.frontProxyFile, "--requestheader-allowed-names",
                        "proxy",
                        "--authentication-skip-lookup",
                    ], cluster: cluster.kubeconfig)
                let next = try CertificateAuthority(commonName: "next", days: 1)
                func connect(_ authority: CertificateAuthority) throws -> APIConnection {
                    try server.connect(as: try authority.issue(commonName: "proxy", usage: .client, days: 1))
                }
                let (before, after) = (try connect(named.frontProxy), try connect(next))
                #expect(try Self.put(before, Self.root).status == 202)
                #expect(try Self.put(after, Self.root).status == 401)
                _ = try cluster.files.write("no PEM", to: "front-proxy.crt")
                _ = try server.log.wait(for: "the refusal") { $0.contains("CAs not reloaded; the old ones stay") }
                #expect(try Self.put(before, Self.root).status == 202)
                _ = try cluster.files.write(next.pair.certificate, to: "front-proxy.crt")
                _ = try server.log.wait(for: "the reload") { $0.contains("\"CAs reloaded\"") }
                // On the connections that are open, too.
                #expect(try Self.put(before, Self.root).status == 401)
                #expect(try Self.put(after, Self.root).status == 202)
            }
            await cluster.upstream.stop()
        }

        @Test func `tells virtctl KubeVirt's version as it is, not as it was at the start`() async throws {
            let cluster = try await FrontedCluster()
            try await onThread {
                let server = try ServerProcess(cluster: cluster.kubeconfig)
                let client = try server.connect(as: nil)
                func version() throws -> String? {
                    try client.request("GET", "/apis/subresources.kubevirt.io/v1/version", nil as String?)
                        .json?["gitVersion"]?.string
                }
                #expect(try version() == "v1.0.1")
                cluster.observe(kubeVirtVersion: "v1.1.0")
                // Each answer comes by way of the loop that the watch lives on.
                var polls = 0
                while try version() != "v1.1.0", polls < 10_000 { polls += 1 }
                #expect(try version() == "v1.1.0")
            }
            await cluster.upstream.stop()
        }

        @Test func `says at its start which of these flags it cannot use`() async throws {
            let cluster = try await FrontedCluster()
            try await onThread {
                let broken = try cluster.files.write("no PEM", to: "broken.crt")
                let serve = [
                    Project.binary, "serve", "--secure-port", "0", "--cert-dir", cluster.files.path + "/pki",
                    "--kubeconfig",
                    cluster.kubeconfig,
                ]
                for (flags, message) in [
                    (
                        ["--requestheader-client-ca-file", "/no/ca"],
                        "--requestheader-client-ca-file: /no/ca: No such file"
                    ),
                    (
                        ["--requestheader-client-ca-file", broken],
                        "\(broken) has no certificate in it: name a file of CA"
                    ),
                    (["--client-ca-file", broken], "--client-ca-file: \(broken) has no certificate in it"),
                ] {
                    let result = try Command.run(serve + flags)
                    #expect(result.status == 1 && result.errors.contains("cannot serve"), "\(result)")
                    #expect(result.errors.contains(message), "\(result)")
                }
            }
            await cluster.upstream.stop()
        }
    }
}
