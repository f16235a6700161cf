import APIServer
import EmbeddedKubeVirt
import HotplugAPI
import KubeModel
import Logging

/// What one kind of cluster, embedded or real, brings to the server.
protocol ClusterWiring {
    var cluster: any Cluster { get }
    var facts: any ClusterFactsSource { get }
    var authenticator: UnionAuthenticator { get }
    var authorizer: UnionAuthorizer { get }
    /// The objects that this server stores itself; `nil` where the cluster serves them.
    var resources: ResourceEndpoints? { get }
    /// What `/version` tells.
    var version: VersionInfo { get }
    /// What `/apis/subresources.kubevirt.io/VERSION/version` tells where no KubeVirt object has a version.
    var defaultSubresourceVersion: VersionInfo { get }
    /// Without these the process should be restarted.
    var liveChecks: [HealthCheck] { get }
    /// Without these it should get no requests.
    var readyChecks: [HealthCheck] { get }
    /// Who writes the spec of a running VMI unless a flag says so.
    var defaultPropagation: VMIPropagation { get }
    /// Whether interfaces get into running VMIs only by a migration, so far as this server knows.
    var attachmentNeedsMigration: Bool { get }
    /// Start, stop, restart, migrate, pause and unpause; `nil` where KubeVirt serves them.
    var lifecycle: LifecycleHandler? { get }
    /// The default pair, PEM files.
    var servingPair: (certificateFile: String, keyFile: String) { get }
    /// Whose certificates the handshake asks clients for; `nil` asks for any.
    var clientAuthorities: ClientAuthorities? { get }

    /// Called once the server listens; answers what the line that says `ready` tells beside the URL.
    func started(url: String) async throws -> Logger.Metadata

    /// Called right after that line.
    func announced(url: String)

    /// Called when no request is left.
    func close() async
}

extension ClusterWiring {
    /// What `/apis/subresources.kubevirt.io/VERSION/version` tells: KubeVirt's version as it is now, since virtctl
    /// compares it with its own.
    var subresourceVersion: @Sendable () async -> VersionInfo {
        let (facts, fallback) = (facts, defaultSubresourceVersion)
        return {
            let version = (try? await facts.facts())?.kubeVirtVersion
            return version.map { VersionInfo(gitVersion: "v\($0)") } ?? fallback
        }
    }

    var attachmentNeedsMigration: Bool { false }
    var lifecycle: LifecycleHandler? { nil }
}
