/// `metav1.ObjectMeta` of an object that is kept as JSON.
extension JSONValue {
    package var metadataName: String? { self[path: "metadata", "name"]?.string }
    package var metadataNamespace: String? { self[path: "metadata", "namespace"]?.string }
    package var metadataUID: String? { self[path: "metadata", "uid"]?.string }
    package var metadataResourceVersion: String? { self[path: "metadata", "resourceVersion"]?.string }
    package var isBeingDeleted: Bool { self[path: "metadata", "deletionTimestamp"]?.string != nil }
}
