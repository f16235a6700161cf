/// `metav1.ObjectMeta` of an object that is kept as JSON.
extension JSONValue {
    package var metadataName: String? { self[path: "metadata", "name"]?.string }
    package var metadataNamespace: String? { self[path: "metadata", "namespace"]?.string }
    package var metadataUID: String? { self[path: "metadata", "uid"]?.string }
    package var metadataResourceVersion: String? { self[path: "metadata", "resourceVersion"]?.string }
    package var isBeingDeleted: Bool { self[path: "metadata", "deletionTimestamp"]?.string != nil }
    package var finalizers: [String] { self["metadata"]?.object?.finalizers ?? [] }

    /// The OwnerReference with `controller: true` (apimachinery `metav1.GetControllerOf`).
    package var controller: JSONValue? {
        self[path: "metadata", "ownerReferences"]?.array?.first { $0["controller"]?.bool == true }
    }
}

/// Finalizers of Kubernetes' own (apimachinery `pkg/apis/meta/v1/types.go`).
package enum ObjectFinalizer {
    /// The object's dependents are to be let go first.
    package static let orphan = "orphan"
}

extension JSONObject {
    /// Of an object's `metadata`.
    package var finalizers: [String] { self["finalizers"]?.array?.compactMap(\.string) ?? [] }
}

/// `metav1.Condition`, and the like of KubeVirt's.
extension JSONValue {
    /// The condition of a type in `status.conditions`.
    package func condition(_ type: String) -> JSONValue? {
        self[path: "status", "conditions"]?.array?.first { $0["type"]?.string == type }
    }

    package func hasTrueCondition(_ type: String) -> Bool { condition(type)?["status"]?.string == "True" }
}
