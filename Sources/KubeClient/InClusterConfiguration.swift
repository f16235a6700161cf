import Reactor

extension ClientConfiguration {
    /// Where a kubelet mounts a pod's service account.
    package static let serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// What a pod is given: KUBERNETES_SERVICE_HOST and PORT, and the service account's token, CA and namespace
    /// (client-go `rest/config.go`, InClusterConfig).
    package static func inCluster(
        environment: [String: String], directory: String = serviceAccountDirectory
    ) throws(ConfigurationError) -> ClientConfiguration {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else {
            throw ConfigurationError(
                "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be "
                    + "defined; outside a pod give --kubeconfig")
        }
        guard let server = ServerURL("https://\(host.contains(":") ? "[\(host)]" : host):\(port)") else {
            throw ConfigurationError(
                "KUBERNETES_SERVICE_HOST \(host) and KUBERNETES_SERVICE_PORT \(port) are no host and port")
        }
        var configuration = ClientConfiguration(server: server)
        configuration.credential = .tokenFile("\(directory)/token")
        configuration.authorities = .file("\(directory)/ca.crt")
        for file in ["token", "ca.crt"] { _ = try SmallFile.read("\(directory)/\(file)", for: "service account") }
        if let namespace = try? SmallFile.read("\(directory)/namespace", for: "namespace") {
            configuration.namespace = String(decoding: namespace, as: UTF8.self)
        }
        return configuration
    }
}
