package import KubeModel

/// What kube-apiserver refuses of an event: an object of another namespace (kubernetes
/// `pkg/apis/core/validation/events.go`, `legacyValidateEvent`).
package enum EventRules {
    /// `old` is `nil` when the event is new; what an event was about before is not looked at again.
    ///
    /// Throws 422 Invalid.
    package static func check(_ new: JSONValue, old: JSONValue?) throws(Status) {
        guard old == nil || new["involvedObject"] != old?["involvedObject"] else { return }
        let namespace = new.metadataNamespace ?? ""
        let involved = new[path: "involvedObject", "namespace"]?.string ?? ""
        // Objects of the whole cluster have their events in `default`.
        let isRight =
            if new.present("eventTime") == nil {
                involved == namespace || involved.isEmpty && namespace == "default"
            } else {
                !involved.isEmpty || ["default", "kube-system"].contains(namespace)
            }
        guard !isRight else { return }
        throw .invalid(
            group: Resource.event.group, kind: Resource.event.kind, name: new.metadataName ?? "",
            causes: [
                .invalidValue(
                    at: "involvedObject.namespace",
                    "Invalid value: \(involved.quoted): does not match event.namespace")
            ])
    }
}
