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
        started["spec"] = ["finalizers": [.string(contentFinalizer)]]
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

    /// The subresource whose PUT sets `spec.finalizers`.
    static let finalize = "finalize"
    /// The finalizer by which the content holds the namespace.
    static let contentFinalizer = "kubernetes"

    static func finalizers(_ namespace: JSONValue) -> [String] {
        namespace[path: "spec", "finalizers"]?.array?.compactMap(\.string) ?? []
    }

    static func withFinalizers(_ finalizers: [String], _ namespace: JSONValue) -> JSONValue {
        var changed = namespace
        changed["spec"] = finalizers.isEmpty ? [:] : ["finalizers": .array(finalizers.map(JSONValue.string))]
        return changed
    }

    /// What a PUT of `finalize` makes of a namespace: `spec.finalizers` are taken from `object`, and nothing else.
    ///
    /// One that is being deleted goes with the last of them, whatever is left in it, unless finalizers in its metadata
    /// hold it (`ShouldDeleteNamespaceDuringUpdate` of `pkg/registry/core/namespace/storage/storage.go`).
    static func finalized(
        _ object: JSONValue, from old: JSONValue, current: StoredObject, name: String
    ) throws(Status) -> Change {
        let spec = object["spec"] ?? .null
        guard spec.isNull || spec.object != nil else { throw .badRequest("spec must be an object") }
        let value = spec["finalizers"] ?? .null
        guard value.isNull || value.array?.allSatisfy({ $0.string != nil }) == true else {
            throw .badRequest("spec.finalizers must be an array of strings")
        }
        let finalizers = finalizers(object)
        var errors = FieldErrors()
        for (index, finalizer) in finalizers.enumerated() {
            for detail in finalizerErrors(finalizer) {
                errors.invalid("spec.finalizers[\(index)]", finalizer, detail)
            }
        }
        guard errors.isEmpty else { throw Resource.namespace.invalid(name, errors) }
        let new = withFinalizers(finalizers, old)
        if finalizers.isEmpty, old.isBeingDeleted, old.finalizers.isEmpty { return .remove(new) }
        return new == old ? .unchanged(current) : .put(new)
    }

    /// kubernetes `pkg/apis/core/validation/validation.go`, `validateFinalizerName`.
    private static func finalizerErrors(_ finalizer: String) -> [String] {
        let errors = QualifiedName.errors(finalizer)
        guard errors.isEmpty, !finalizer.contains("/"),
            ![contentFinalizer, ObjectFinalizer.orphan, "foregroundDeletion"].contains(finalizer)
        else { return errors }
        return ["name is neither a standard finalizer name nor is it fully qualified"]
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
