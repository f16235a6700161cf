internal import KubeModel

/// Which namespaces there are, and what may be done in them (kubernetes
/// `plugin/pkg/admission/namespace/lifecycle/admission.go`, `pkg/registry/core/namespace/strategy.go`).
enum NamespaceLifecycle {
    /// Those of a new cluster.
    static let initial = ["default", "kube-system", "kubevirt"]
    /// Those that may not be deleted.
    static let immortal: Set = ["default", "kube-system", "kube-public"]
    /// A label that each namespace has, for selectors.
    static let nameLabel = "kubernetes.io/metadata.name"

    /// A namespace as it is stored when it begins.
    static func started(_ object: JSONValue) -> JSONValue {
        var started = named(object)
        started["spec"] = ["finalizers": ["kubernetes"]]
        started["status"] = ["phase": "Active"]
        return started
    }

    /// With the label that tells its name.
    static func named(_ object: JSONValue) -> JSONValue {
        var named = object
        var metadata = object["metadata"] ?? [:]
        var labels = metadata["labels"] ?? [:]
        labels[nameLabel] = .string(object.metadataName ?? "")
        metadata["labels"] = labels
        named["metadata"] = metadata
        return named
    }

    /// A namespace that is to be deleted once it is empty.
    static func terminating(_ object: JSONValue, now: String) -> JSONValue {
        guard !object.isBeingDeleted else { return object }
        var terminating = object
        terminating["metadata"]?["deletionTimestamp"] = .string(now)
        terminating["status"] = ["phase": "Terminating"]
        return terminating
    }

    /// Throws unless an object may be created in the namespace, which `stored` is.
    static func check(
        _ namespace: String, _ stored: StoredObject?, creating resource: Resource, name: String
    ) throws {
        guard let stored else {
            throw Resource.namespace.notFound(namespace)
        }
        guard try stored.json().isBeingDeleted else { return }
        throw Status.forbidden(
            "\(resource.groupResource) \"\(name)\" is forbidden: unable to create new content in namespace "
                + "\(namespace) because it is being terminated",
            details: Status.Details(
                name: name, group: resource.group, kind: resource.plural,
                causes: [
                    Status.Cause(
                        reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
                        field: "metadata.namespace")
                ]))
    }

    static func key(_ namespace: String) -> ObjectKey {
        ObjectKey(resource: Resource.namespace.groupResource, namespace: "", name: namespace)
    }
}
