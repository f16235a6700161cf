package import KubeClient
import KubeModel
package import Logging
package import Reactor
import Synchronization

/// The trust of a cluster, from a watch of its ConfigMap: swapped as a whole, and the last good one kept
/// (apiserver `pkg/authentication/request/headerrequest/requestheader_controller.go`).
package final class ClusterTrust: Sendable {
    private static let path = "/api/v1/namespaces/kube-system/configmaps"
    private static let name = "extension-apiserver-authentication"

    private let client: KubeClient
    private let logger: Logger
    private let backoff: Backoff
    private let health = WatchHealth()
    private let latest = Mutex(AuthenticationTrust.none)
    private let watch = Mutex<Watch?>(nil)

    package init(_ client: KubeClient, backoff: Backoff = Backoff(), logger: Logger) {
        self.client = client
        self.backoff = backoff
        self.logger = logger
    }

    /// What counts now; nobody is trusted before it has been read.
    package var current: AuthenticationTrust { latest.withLock { $0 } }

    /// Watches until `stop()`.
    package func run(on loop: isolated EventLoop) async {
        // The role extension-apiserver-authentication-reader allows a list of this one name alone.
        let watch = Watch(
            client, path: Self.path, fieldSelector: "metadata.name=\(Self.name)", backoff: backoff,
            state: { [self] in record($0) }, changed: { [self] in apply($0) })
        self.watch.withLock { $0 = watch }
        await watch.run(on: loop)
    }

    package func stop() { watch.withLock { $0?.stop() } }

    /// Waits until the ConfigMap has been read, or found missing.
    ///
    /// Throws what failed before that.
    package func settle() async throws { try await health.settle() }

    /// Throws while the ConfigMap has never been read, or its copy is old, for `/readyz`.
    package func checkHealth() throws { try health.check() }

    private func record(_ state: Watch.State) {
        guard case .failing(let reason, let code) = state else { return health.record(state) }
        let hint =
            code == 403
            ? "; usually fixed by: kubectl create rolebinding -n kube-system hotplug-apiserver-auth-reader "
                + "--role=extension-apiserver-authentication-reader --serviceaccount=NAMESPACE:SERVICEACCOUNT" : ""
        health.record(.failing(reason: reason + hint, code: code))
        logger.warning("cannot read configmap kube-system/\(Self.name)", metadata: ["err": "\(reason)\(hint)"])
    }

    private func apply(_ change: Watch.Change) {
        switch change {
        case .changed(let object): use(object)
        case .listed(let items):
            if let object = items.first(where: { $0.metadataName == Self.name }) { return use(object) }
            logger.warning("there is no configmap kube-system/\(Self.name): the trust stays as it was")
        case .deleted: logger.warning("configmap kube-system/\(Self.name) was deleted: the trust stays as it was")
        }
    }

    private func use(_ object: JSONValue) {
        do throws(AuthenticationTrust.DataError) {
            let trust = try AuthenticationTrust(configMap: object, previous: current)
            latest.withLock { $0 = trust }
            if let warning = trust.warning { logger.warning("\(warning)") }
            if trust.frontProxy == nil {
                logger.warning("the cluster has no requestheader-client-ca-file: no front proxy is believed")
            }
        } catch {
            logger.error(
                "configmap kube-system/\(Self.name) cannot be used: the trust stays as it was",
                metadata: ["err": "\(error)"])
        }
    }
}
