import APIServer
import ArgumentParser
import KubeClient

/// Flags of a server in front of a real cluster, named as kube-apiserver's and its extensions'.
struct ClusterFlags: ParsableArguments {
    @Option(
        help: """
            A kubeconfig: serve the cluster that its current context names. In a pod the service account is the \
            default. Without either, and with --data-dir or --examples, the cluster is the embedded one.
            """)
    var kubeconfig: String?

    @Option(help: "The URL of kube-apiserver, in place of the one that --kubeconfig or the pod's environment names.")
    var master: String?

    @Option(help: "The namespace of the KubeVirt object. Default: all are looked at.")
    var kubevirtNamespace: String?

    @Option(
        help: """
            A kubeconfig for TokenReviews and the ConfigMap extension-apiserver-authentication. Default: as the rest.
            """)
    var authenticationKubeconfig: String?

    @Option(help: "How long the answer of a TokenReview is remembered.")
    var authenticationTokenWebhookCacheTtl = GoDuration(seconds: 10)

    @Option(help: "A kubeconfig for SubjectAccessReviews. Default: as the rest.")
    var authorizationKubeconfig: String?

    @Option(help: "How long a yes of a SubjectAccessReview is remembered.")
    var authorizationWebhookCacheAuthorizedTtl = GoDuration(seconds: 10)

    @Option(help: "How long a no of a SubjectAccessReview is remembered.")
    var authorizationWebhookCacheUnauthorizedTtl = GoDuration(seconds: 10)

    @Option(
        help: """
            Paths that anybody may read, separated by commas; one that ends in * stands for all that begin like it. \
            Discovery (/apis/GROUP/VERSION) is always among them.
            """)
    var authorizationAlwaysAllowPaths = PublicPathAuthorizer.defaultPaths.joined(separator: ",")

    /// What is wrong with the values, all of it.
    func problems() -> [String] {
        var problems: [String] = []
        for (name, value) in [
            ("--authentication-token-webhook-cache-ttl", authenticationTokenWebhookCacheTtl),
            ("--authorization-webhook-cache-authorized-ttl", authorizationWebhookCacheAuthorizedTtl),
            ("--authorization-webhook-cache-unauthorized-ttl", authorizationWebhookCacheUnauthorizedTtl),
        ] where value.duration > Self.lifetimeMax {
            problems.append("\(name) is longer than an hour")
        }
        for path in alwaysAllowPaths where !path.hasPrefix("/") {
            problems.append("--authorization-always-allow-paths: \(path) does not begin with /")
        }
        if let master, ServerURL(master) == nil {
            problems.append("--master \(master) is no URL like https://host:port")
        }
        return problems
    }

    /// A right that was withdrawn is believed for as long.
    private static let lifetimeMax = Duration.seconds(3600)

    var alwaysAllowPaths: [String] { authorizationAlwaysAllowPaths.split(separator: ",").map(String.init) }

    /// Whether they name a cluster; else a pod's environment may.
    var nameCluster: Bool { kubeconfig != nil || master != nil }

    /// The flag that does, for messages.
    var naming: String { kubeconfig != nil ? "--kubeconfig" : "--master" }

    /// How to reach the cluster; `nil` where there is none.
    func configuration(environment: [String: String]) throws(ConfigurationError) -> ClientConfiguration? {
        if let kubeconfig { return try .kubeconfig(path: kubeconfig, server: master) }
        let isInPod = !(environment["KUBERNETES_SERVICE_HOST"] ?? "").isEmpty
        var configuration = isInPod ? try ClientConfiguration.inCluster(environment: environment) : nil
        if let master, let server = ServerURL(master) {
            if configuration == nil { configuration = ClientConfiguration(server: server) }
            configuration?.server = server
        }
        return configuration
    }
}
