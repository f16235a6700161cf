import APIServer
import DelegatedAuth
import HotplugAPI
import KubeClient
import KubeModel
import Logging
import Reactor
import RemoteCluster
import TLS

/// The server in front of a real cluster, which says who asks, whether they may, and what there is.
struct RemoteWiring: ClusterWiring {
    private let server: ServerURL
    /// That of the objects, and those that flags set apart from it.
    private let clients: [KubeClient]
    private let trust: ClusterTrust
    private let watchedFacts: WatchedFactsSource

    let cluster: any Cluster
    let authenticator: UnionAuthenticator
    let authorizer: UnionAuthorizer
    let servingPair: (certificateFile: String, keyFile: String)

    /// Throws when the cluster cannot be reached, or refuses what a server needs of it.
    init(
        _ flags: ServeCommand, _ configuration: ClientConfiguration, names: [String], loops: [EventLoop],
        logger: Logger
    ) async throws {
        func other(_ kubeconfig: String?) throws -> KubeClient? {
            guard let kubeconfig else { return nil }
            return KubeClient(
                try .kubeconfig(path: kubeconfig), loops: loops, version: HotplugCommand.version)
        }
        let real = flags.real
        let client = KubeClient(configuration, loops: loops, version: HotplugCommand.version)
        let authentication = try other(real.authenticationKubeconfig)
        let authorization = try other(real.authorizationKubeconfig)
        server = configuration.server
        clients = [client, authentication, authorization].compactMap(\.self)
        cluster = RemoteCluster(client)
        let trust: ClusterTrust
        do {
            trust = try ClusterTrust(
                authentication ?? client, options: flags.authentication.options(clientCAFile: flags.clientCaFile),
                logger: logger)
        } catch {
            for client in clients { await client.close() }
            throw error
        }
        self.trust = trust
        watchedFacts = WatchedFactsSource(client, namespace: real.kubevirtNamespace)
        authenticator = try Self.authenticator(flags, trust, authentication ?? client)
        authorizer = UnionAuthorizer([
            PublicPathAuthorizer(paths: real.alwaysAllowPaths), PrivilegedGroupAuthorizer(),
            SubjectAccessReviewAuthorizer(
                authorization ?? client, allowedLifetime: real.authorizationWebhookCacheAuthorizedTtl.duration,
                refusedLifetime: real.authorizationWebhookCacheUnauthorizedTtl.duration),
        ])
        servingPair = try Self.servingPair(flags, configuration, names: names, logger)
        do {
            try await watch()
        } catch {
            await close()
            throw Wiring.Failure(description: "the cluster \(server) cannot be used: \(error)")
        }
    }

    private static func authenticator(
        _ flags: ServeCommand, _ trust: ClusterTrust, _ client: KubeClient
    ) throws -> UnionAuthenticator {
        var authenticators: [any Authenticator] = [
            FrontProxyAuthenticator { trust.current }, ClusterCertificateAuthenticator { trust.current },
        ]
        if flags.tokenAuthFile != nil { authenticators.append(try flags.tokens()) }
        authenticators.append(
            TokenReviewAuthenticator(client, lifetime: flags.real.authenticationTokenWebhookCacheTtl.duration))
        return UnionAuthenticator(authenticators)
    }

    /// The pair of the flags, or one that the server makes for itself.
    private static func servingPair(
        _ flags: ServeCommand, _ configuration: ClientConfiguration, names: [String], _ logger: Logger
    ) throws -> (certificateFile: String, keyFile: String) {
        if let certificate = flags.serving.tlsCertFile, let key = flags.serving.tlsPrivateKeyFile {
            return (certificate, key)
        }
        let directory = flags.certDir ?? "hotplug-apiserver.local.certificates"
        // The aggregator asks for the name of the Service.
        let service = "DNS:hotplug-apiserver.\(configuration.namespace).svc"
        _ = try Credentials(directory: directory, servingNames: names + [service])
        logger.notice(
            "no --tls-cert-file: the serving certificate is self-made, and the caBundle of the APIServices must be its CA",
            metadata: ["ca": "\(directory)/ca.crt"])
        return ("\(directory)/apiserver.crt", "\(directory)/apiserver.key")
    }

    /// Starts the watches, and waits until each has its first copy.
    private func watch() async throws {
        guard let loop = clients.first?.firstLoop else { return }
        let (trust, facts) = (trust, watchedFacts)
        Task { await trust.run(on: loop) }
        Task { await facts.run(on: loop) }
        try await trust.settle()
        try await facts.settle()
    }

    var facts: any ClusterFactsSource { watchedFacts }
    var resources: ResourceEndpoints? { nil }
    var version: VersionInfo { VersionInfo(gitVersion: "v\(HotplugCommand.version)") }
    var defaultSubresourceVersion: VersionInfo { version }
    /// A restart would not bring the cluster back.
    var liveChecks: [HealthCheck] { [] }
    var readyChecks: [HealthCheck] {
        [
            HealthCheck("extension-apiserver-authentication") { [trust] in try trust.checkHealth() },
            HealthCheck("kubevirts") { [watchedFacts] in try watchedFacts.checkHealth() },
        ]
    }
    var defaultPropagation: VMIPropagation { .auto }
    /// None: the CAs change while the server runs, and clients show what they have.
    var clientAuthorities: ClientAuthorities? { nil }

    func started(url: String) async throws -> Logger.Metadata { ["cluster": "\(server)"] }

    func announced(url: String) {}

    func close() async {
        trust.stop()
        watchedFacts.stop()
        for client in clients { await client.close() }
    }
}
