package import KubeModel

/// The types of those fields of a KubeVirt object that this project reads, in the words of the CRD's schema
/// (kube-openapi `pkg/validation/errors/schema.go`), and the bindings that KubeVirt knows.
///
/// KubeVirt leaves a `defaultNetworkInterface` that it does not know to its operator's log, and goes on with the last
/// good configuration (v1.0.1 `pkg/virt-config/configuration.go`); here it is refused, so that somebody learns of it.
package enum ConfigurationRules {
    static let defaultInterfaces = ["bridge", "masquerade", "slirp"]

    private static let configuration = ["spec", "configuration"]
    private static let gates = configuration + ["developerConfiguration", "featureGates"]
    private static let network = configuration + ["network"]
    private static let binding = network + ["defaultNetworkInterface"]

    private static let types: [(path: [String], name: String, isOne: @Sendable (JSONValue) -> Bool)] = [
        (["spec"], "object", { $0.object != nil }), (configuration, "object", { $0.object != nil }),
        (configuration + ["developerConfiguration"], "object", { $0.object != nil }),
        (gates, "array", { $0.array != nil }), (network, "object", { $0.object != nil }),
        (binding, "string", { $0.string != nil }),
        (network + ["permitSlirpInterface"], "boolean", { $0.bool != nil }),
        (network + ["permitBridgeInterfaceOnPodNetwork"], "boolean", { $0.bool != nil }),
    ]

    /// Throws 422 Invalid with a cause for each field.
    static func check(_ kubeVirt: JSONValue) throws(Status) {
        var causes = types.compactMap { path, name, isOne -> Status.Cause? in
            guard let value = kubeVirt.member(at: path), !value.isNull, !isOne(value) else { return nil }
            return .mistyped(path.joined(separator: "."), name, value)
        }
        for (index, gate) in (kubeVirt.member(at: gates)?.array ?? []).enumerated() where gate.string == nil {
            causes.append(.mistyped("\(gates.joined(separator: "."))[\(index)]", "string", gate))
        }
        if let text = kubeVirt.member(at: binding)?.string, !text.isEmpty, !defaultInterfaces.contains(text) {
            causes.append(
                Status.Cause(
                    reason: "FieldValueNotSupported",
                    message: "Unsupported value: \(text.quoted): supported values: "
                        + defaultInterfaces.map(\.quoted).joined(separator: ", "),
                    field: binding.joined(separator: ".")))
        }
        guard !causes.isEmpty else { return }
        throw .invalid(
            group: Resource.kubeVirt.group, kind: Resource.kubeVirt.kind, name: kubeVirt.metadataName ?? "",
            causes: causes)
    }

    /// There is one KubeVirt in a cluster (v1.0.1 `pkg/virt-operator/webhooks/kubevirt-create-admitter.go`): with two it
    /// could not be told whose gates count.
    ///
    /// Throws 400 BadRequest when there is one, and what the cluster answers.
    package static func checkPlace(in cluster: any Cluster) async throws(Status) {
        guard let other = try await cluster.list(.kubeVirt, namespace: nil).items.first else { return }
        let object = try other.json()
        throw .denied(
            by: "kubevirt-create-validator",
            "Kubevirt is already created: \(object.metadataNamespace ?? "")/\(object.metadataName ?? "")")
    }
}
