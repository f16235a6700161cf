package import KubeClient
import KubeModel
package import Logging
package import Reactor
import Synchronization

/// The trust of a cluster, from a watch of its ConfigMap and from the files that flags name in its place: swapped as a
/// whole, and the last good one kept
/// (apiserver `pkg/authentication/request/headerrequest/requestheader_controller.go`).
package final class ClusterTrust: Sendable {
    private static let path = "/api/v1/namespaces/kube-system/configmaps"
    private static let name = "extension-apiserver-authentication"

    private struct State {
        /// The ConfigMap's `data` when it was good last, without the keys that flags stand for.
        var lookedUp = JSONObject()
        /// The same keys from the flags and their files.
        var given: JSONObject
        var trust: AuthenticationTrust
    }

    private let client: KubeClient
    private let options: AuthenticationOptions
    private let logger: Logger
    private let backoff: Backoff
    private let health = WatchHealth()
    private let state: Mutex<State>
    private let watch = Mutex<Watch?>(nil)

    /// Reads the files that the options name; throws for one that cannot be used.
    package init(
        _ client: KubeClient, options: AuthenticationOptions = AuthenticationOptions(), backoff: Backoff = Backoff(),
        logger: Logger
    ) throws(AuthenticationTrust.DataError) {
        self.client = client
        self.options = options
        self.backoff = backoff
        self.logger = logger
        let given = try options.data()
        let trust = try AuthenticationTrust(configMap: ["data": .object(given)])
        state = Mutex(State(given: given, trust: trust))
        if let warning = trust.warning { logger.warning("\(warning)") }
        if !options.needsLookup, trust.frontProxy == nil, trust.clientAuthorities == nil {
            logger.warning("no CA is named and none is looked up: users are known by bearer tokens alone")
        }
    }

    /// What counts now; before the ConfigMap has been read, nobody of those that it tells of is trusted.
    package var current: AuthenticationTrust { state.withLock { $0.trust } }

    /// Watches the ConfigMap until `stop()`, and the files for the life of the loop.
    package func run(on loop: isolated EventLoop) async {
        watchFiles(on: loop)
        guard options.needsLookup else { return }
        // The role extension-apiserver-authentication-reader allows a list of this one name alone.
        let watch = Watch(
            client, path: Self.path, fieldSelector: "metadata.name=\(Self.name)", backoff: backoff,
            state: { [self] in record($0) }, changed: { [self] in apply($0) })
        self.watch.withLock { $0 = watch }
        // It holds this.
        defer { self.watch.withLock { $0 = nil } }
        await watch.run(on: loop)
    }

    package func stop() { watch.withLock { $0?.stop() } }

    /// Waits until the ConfigMap has been read, or found missing; at once where nothing is to be looked up.
    ///
    /// Throws what failed before that, unless the options tolerate it: then it is tried further, in `run`.
    package func settle() async throws {
        guard options.needsLookup else { return }
        do {
            try await health.settle()
        } catch {
            guard options.toleratesLookupFailure else { throw error }
            let flag = "--authentication-tolerate-lookup-failure"
            logger.warning(
                "serving without configmap kube-system/\(Self.name), whose users are taken for anybody: \(flag)",
                metadata: ["err": "\(error)"])
        }
    }

    /// Throws while the ConfigMap has never been read, or its copy is old, for `/readyz`; never where nobody needs it.
    package func checkHealth() throws {
        guard options.needsLookup, !options.toleratesLookupFailure else { return }
        try health.check()
    }

    private func watchFiles(on loop: isolated EventLoop) {
        guard !options.files.isEmpty else { return }
        do {
            try DirectoryWatcher.start(on: loop, files: options.files) { [self] in readFiles() }
        } catch {
            logger.error("the files of CAs are not watched", metadata: ["err": "\(error)"])
        }
        // They may have changed since they were read first.
        readFiles()
    }

    private func readFiles() {
        do throws(AuthenticationTrust.DataError) {
            let given = try options.data()
            guard state.withLock({ $0.given != given }) else { return }
            try replace { $0.given = given }
            logger.notice("CAs reloaded", metadata: ["files": "\(options.files.joined(separator: ", "))"])
        } catch {
            logger.error("CAs not reloaded; the old ones stay", metadata: ["err": "\(error)"])
        }
    }

    /// Changes what the trust is made of, if a trust can be made of it.
    private func replace(_ change: (inout State) -> Void) throws(AuthenticationTrust.DataError) {
        try state.withLock { state throws(AuthenticationTrust.DataError) in
            var next = state
            change(&next)
            var data = next.lookedUp
            for (key, value) in next.given.members { data[key] = value }
            next.trust = try AuthenticationTrust(configMap: ["data": .object(data)], previous: state.trust)
            state = next
        }
        if let warning = current.warning { logger.warning("\(warning)") }
    }

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
        var data = JSONObject()
        for (key, value) in object["data"]?.object?.members ?? [] where !options.replaces(key) { data[key] = value }
        do throws(AuthenticationTrust.DataError) {
            try replace { $0.lookedUp = data }
            if current.frontProxy == nil {
                logger.warning("the cluster has no requestheader-client-ca-file: no front proxy is believed")
            }
        } catch {
            logger.error(
                "configmap kube-system/\(Self.name) cannot be used: the trust stays as it was",
                metadata: ["err": "\(error)"])
        }
    }
}
