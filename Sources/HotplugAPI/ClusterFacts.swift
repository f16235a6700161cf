package import KubeModel

/// What the rules must know of the cluster: the KubeVirt objects boiled down.
package struct ClusterFacts: Sendable, Equatable {
    /// From this release on the gate HotplugNICs is always on (kubevirt PR #13059).
    ///
    /// Its prereleases count as below it, since the first of them still had the gate; with those, listing the gate
    /// decides.
    package static let gateIsGeneralSince = SemanticVersion(1, 4, 0)
    /// From this prerelease on KubeVirt copies new interfaces from a VM's template to its VMI, and lets nobody else
    /// write a VMI's spec.
    package static let propagatesSince = SemanticVersion(1, 1, 0, prerelease: ["alpha", "0"])

    /// Whether the cluster takes hotplugged interfaces.
    package var isInterfaceHotplugEnabled: Bool
    /// `status.observedKubeVirtVersion`; `nil` when no KubeVirt object has one that reads as a version.
    package var kubeVirtVersion: SemanticVersion?
    /// `spec.configuration.network.permitBridgeInterfaceOnPodNetwork`; KubeVirt's default is true.
    package var permitsBridgeOnPodNetwork: Bool
    /// `spec.configuration.network.permitSlirpInterface`; KubeVirt's default is false.
    package var permitsSlirp: Bool
    /// `spec.configuration.network.defaultNetworkInterface`: the binding of the interface that a VMI without any gets.
    package var defaultInterface: String
    /// All that `spec.configuration.developerConfiguration.featureGates` lists.
    package var featureGates: Set<String>

    package init(
        isInterfaceHotplugEnabled: Bool, kubeVirtVersion: SemanticVersion? = nil,
        permitsBridgeOnPodNetwork: Bool = true, permitsSlirp: Bool = false, defaultInterface: String = "bridge",
        featureGates: Set<String> = []
    ) {
        self.isInterfaceHotplugEnabled = isInterfaceHotplugEnabled
        self.kubeVirtVersion = kubeVirtVersion
        self.permitsBridgeOnPodNetwork = permitsBridgeOnPodNetwork
        self.permitsSlirp = permitsSlirp
        self.defaultInterface = defaultInterface
        self.featureGates = featureGates
    }

    /// Reads the KubeVirt objects of all namespaces; a cluster should have one.
    ///
    /// The gate is open when an object with a `status.phase` lists exactly `HotplugNICs`, or when the observed
    /// version is `gateIsGeneralSince` or later.
    package init(kubeVirts: [JSONValue]) {
        let versions = kubeVirts.compactMap { $0[path: "status", "observedKubeVirtVersion"]?.string }
        let version = versions.compactMap { SemanticVersion($0) }.first
        let gates = kubeVirts.filter { !($0[path: "status", "phase"]?.string ?? "").isEmpty }.flatMap { kubeVirt in
            kubeVirt[path: "spec", "configuration", "developerConfiguration", "featureGates"]?.array ?? []
        }.compactMap(\.string)
        let network = kubeVirts.compactMap { $0[path: "spec", "configuration", "network"] }.first
        self.init(
            isInterfaceHotplugEnabled: gates.contains("HotplugNICs")
                || version.map { $0 >= Self.gateIsGeneralSince } ?? false,
            kubeVirtVersion: version,
            permitsBridgeOnPodNetwork: network?["permitBridgeInterfaceOnPodNetwork"]?.bool ?? true,
            permitsSlirp: network?["permitSlirpInterface"]?.bool ?? false,
            defaultInterface: network?["defaultNetworkInterface"]?.string.flatMap { text in
                ConfigurationRules.defaultInterfaces.contains(text) ? text : nil
            } ?? "bridge",
            featureGates: Set(gates))
    }
}

/// Where a request learns the facts, anew each time.
package protocol ClusterFactsSource: Sendable {
    func facts() async throws(Status) -> ClusterFacts
}
