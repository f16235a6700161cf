import APIServer
import EmbeddedCluster
import EmbeddedKubeVirt
import Foundation
import HotplugAPI
import KubeModel
import Logging
import Reactor
import TLS

/// The server with a cluster of its own: the store in `--data-dir`, its CA, and an administrator's kubeconfig.
struct EmbeddedWiring: ClusterWiring {
    /// The version of Kubernetes whose API the embedded cluster follows.
    private static let kubernetesVersion = "v1.33.0"

    private let flags: ServeCommand
    private let logger: Logger
    private let dataDirectory: String
    private let store: EmbeddedCluster
    private let credentials: Credentials
    private let kubeVirt: EmbeddedKubeVirtRunner?
    private let admin: CertificatePair

    let authenticator: UnionAuthenticator
    let facts: any ClusterFactsSource
    let clientAuthorities: ClientAuthorities?

    init(_ flags: ServeCommand, names: [String], logger: Logger) throws {
        self.flags = flags
        self.logger = logger
        dataDirectory = flags.dataDir ?? "hotplug-apiserver.local.data"
        var configuration = EmbeddedCluster.Configuration()
        if flags.embedded.embeddedKubevirt {
            configuration.admission = KubeVirtAdmission.created
            configuration.orphaning = [.virtualMachine]
        }
        store = try EmbeddedCluster(directory: dataDirectory, configuration: configuration)
        facts = KubeVirtFactsSource(cluster: store)
        do {
            kubeVirt =
                flags.embedded.embeddedKubevirt
                ? try EmbeddedKubeVirtRunner(
                    cluster: store, configuration: flags.embedded.configuration(flags.vmiPropagation), logger: logger)
                : nil
            credentials = try Credentials(directory: flags.certDir ?? "\(dataDirectory)/pki", servingNames: names)
            admin = try credentials.administrator()
            let authorities = try ClientAuthorities(
                own: Array(credentials.authority.pair.certificate.utf8), file: flags.clientCaFile)
            clientAuthorities = authorities
            authenticator = UnionAuthenticator([
                ClientCertificateAuthenticator { authorities.pool }, try flags.tokens(),
            ])
        } catch {
            store.close()
            throw error
        }
    }

    var cluster: any Cluster { store }
    var authorizer: UnionAuthorizer {
        UnionAuthorizer([PublicPathAuthorizer(), SelfReviewAuthorizer(), PrivilegedGroupAuthorizer()])
    }
    var resources: ResourceEndpoints? {
        ResourceEndpoints(
            resources: EmbeddedCluster.resources, cluster: store, authorizer: authorizer,
            admission: KubeVirtRules(cluster: store, facts: facts))
    }
    var version: VersionInfo {
        VersionInfo(gitVersion: "\(Self.kubernetesVersion)+hotplug-apiserver-\(HotplugCommand.version)")
    }
    var defaultSubresourceVersion: VersionInfo {
        VersionInfo(gitVersion: EmbeddedCluster.Configuration().observedKubeVirtVersion)
    }
    var liveChecks: [HealthCheck] { [HealthCheck("store") { [store] in try store.checkHealth() }] }
    var readyChecks: [HealthCheck] { [] }
    var defaultPropagation: VMIPropagation { .direct }
    var attachmentNeedsMigration: Bool { kubeVirt != nil && flags.embedded.embeddedMultus == .none }
    var lifecycle: LifecycleHandler? { kubeVirt == nil ? nil : LifecycleHandler(cluster: store) }
    var servingPair: (certificateFile: String, keyFile: String) {
        ("\(credentials.directory)/apiserver.crt", "\(credentials.directory)/apiserver.key")
    }

    func started(url: String) async throws -> Logger.Metadata {
        try PrivateFile.write(credentials.kubeconfig(server: url, admin: admin), to: kubeconfig)
        if let examples = flags.examples { try await Examples(path: examples).load(into: store, logger) }
        // What there is has come to rest when the line `ready` is out.
        await kubeVirt?.start()
        return ["kubeconfig": "\(kubeconfig)", "dataDir": "\(dataDirectory)"]
    }

    func announced(url: String) {
        guard flags.examples != nil else { return }
        // Not `print`, which keeps it back while standard output is a pipe or a file.
        let hints = Examples.hints(
            url: url, kubeconfig: kubeconfig, pki: credentials.directory, withKubeVirt: kubeVirt != nil)
        FileHandle.standardOutput.write(Data(hints.utf8))
    }

    func close() async {
        await kubeVirt?.stop()
        store.close()
    }

    private var kubeconfig: String { flags.writeKubeconfig ?? "\(dataDirectory)/admin.kubeconfig" }
}
