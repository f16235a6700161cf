/// How a strategic merge patch changes one field: the `patchStrategy` and `patchMergeKey` of the Go types.
///
/// A field without a rule is an object that is merged member by member, a list that is replaced, or a scalar.
package indirect enum PatchRule: Sendable {
    /// An object some of whose fields have rules.
    case object([String: PatchRule])
    /// A list of scalars, each at most once.
    case set
    /// A list of objects that are known by the value of their field `key`.
    ///
    /// With `retainsKeys` a client sends `$retainKeys` with each, as the fields exclude each other.
    case map(key: String, [String: PatchRule] = [:], retainsKeys: Bool = false)
}

extension Resource {
    /// Whether kube-apiserver has the resource built in: those take strategic merge patches, custom resources do not.
    package var isBuiltIn: Bool { group.isEmpty }

    /// The rules for the fields of a built-in resource; none for others
    /// (kubernetes `staging/src/k8s.io/api/core/v1/types.go`, v1.33).
    package var patchRules: [String: PatchRule] {
        switch (group, kind) {
        case ("", "Pod"): ["metadata": .metadata, "spec": .podSpec, "status": .podStatus]
        case ("", "Namespace"): ["metadata": .metadata, "status": .object(["conditions": .map(key: "type")])]
        case ("", _): ["metadata": .metadata]
        default: [:]
        }
    }
}

extension PatchRule {
    /// apimachinery `pkg/apis/meta/v1/types.go`.
    package static let metadata = PatchRule.object(["ownerReferences": .map(key: "uid"), "finalizers": .set])

    fileprivate static let podSpec = PatchRule.object([
        "volumes": .map(key: "name", retainsKeys: true), "initContainers": .containers, "containers": .containers,
        "ephemeralContainers": .containers, "imagePullSecrets": .map(key: "name"), "hostAliases": .map(key: "ip"),
        "topologySpreadConstraints": .map(key: "topologyKey"), "schedulingGates": .map(key: "name"),
        "resourceClaims": .map(key: "name", retainsKeys: true),
    ])

    private static let containers = PatchRule.map(
        key: "name",
        [
            "ports": .map(key: "containerPort"), "env": .map(key: "name"), "volumeMounts": .map(key: "mountPath"),
            "volumeDevices": .map(key: "devicePath"),
        ])

    fileprivate static let podStatus = PatchRule.object([
        "conditions": .map(key: "type"), "podIPs": .map(key: "ip"), "hostIPs": .map(key: "ip"),
        "resourceClaimStatuses": .map(key: "name", retainsKeys: true),
    ])
}
