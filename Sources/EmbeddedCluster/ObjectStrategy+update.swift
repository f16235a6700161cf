internal import KubeModel

extension ObjectStrategy {
    /// What a PUT or an applied PATCH makes of `current`, whose parsed form is `old`.
    ///
    /// Throws Conflict if `object` was made from another version, Invalid if it changes what cannot be changed.
    func changed(
        _ object: JSONValue, from old: JSONValue, current: StoredObject, name: String, subresource: String?
    ) throws(Status) -> Change {
        var metadata = try ObjectMetaValidation.decoded(object)
        let isFinalization = subresource == NamespaceLifecycle.finalize
        try checkResourceVersion(metadata, current, name: name, isRequired: !isFinalization)
        guard let oldObject = old.object, let oldMetadata = old["metadata"]?.object,
            var new = resource.defaulted(object).object
        else {
            throw .internalError("the stored \(resource.plural) \"\(name)\" has no metadata")
        }
        if isFinalization {
            return try NamespaceLifecycle.finalized(object, from: old, current: current, name: name)
        }
        guard subresource == nil else {
            return change(to: replacingStatus(of: oldObject, by: new["status"]), from: old, current: current)
        }
        try keepSystemFields(&metadata, old: oldMetadata, name: name)
        if resource.hasStatusSubresource { new["status"] = oldObject["status"] }
        let isNamespace = resource == .namespace
        if isNamespace { new["spec"] = oldObject["spec"] }
        if !resource.isBuiltIn, !isContentEqual(new, oldObject) {
            metadata["generation"] = .number(JSONNumber((oldMetadata["generation"]?.int ?? 0) &+ 1))
        }
        new["metadata"] = .object(metadata)
        if isNamespace { new = NamespaceLifecycle.named(.object(new)).object ?? new }

        // rest.ShouldDeleteDuringUpdate: the last finalizer has gone. What is in a namespace holds it too.
        if metadata["deletionTimestamp"] != nil, metadata.finalizers.isEmpty, !isNamespace {
            return .remove(.object(new))
        }
        return change(to: new, from: old, current: current)
    }

    private func change(to new: JSONObject, from old: JSONValue, current: StoredObject) -> Change {
        let new = JSONValue.object(new)
        return new == old ? .unchanged(current) : .put(new)
    }

    private func replacingStatus(of old: JSONObject, by status: JSONValue?) -> JSONObject {
        var new = old
        new["status"] = status
        return new
    }

    /// Custom resources take no unconditional update (`AllowUnconditionalUpdate`); to finalize a namespace is one.
    ///
    /// A PATCH that says nothing of the version carries that of the object which it is applied to.
    private func checkResourceVersion(
        _ metadata: JSONObject, _ current: StoredObject, name: String, isRequired: Bool
    ) throws(Status) {
        let version = metadata["resourceVersion"]?.string ?? ""
        if version.isEmpty || version == "0" {
            guard isRequired else { return }
            var errors = FieldErrors()
            errors.missingResourceVersion()
            throw resource.invalid(name, errors)
        }
        guard version == String(current.resourceVersion) else { throw resource.modified(name) }
    }

    /// `rest.BeforeUpdate` and `ValidateObjectMetaUpdate`.
    private func keepSystemFields(
        _ metadata: inout JSONObject, old: JSONObject, name: String
    ) throws(Status) {
        for member in Self.dropped { metadata[member] = nil }
        for member in ["namespace", "uid"] where (metadata[member]?.string ?? "").isEmpty {
            metadata[member] = old[member]
        }
        for member in ["creationTimestamp", "generation"] { metadata[member] = old[member] }
        let isBeingDeleted = old["deletionTimestamp"] != nil
        if isBeingDeleted {
            for member in ["deletionTimestamp", "deletionGracePeriodSeconds"] { metadata[member] = old[member] }
        }

        var errors = ObjectMetaValidation.errors(metadata, of: resource)
        try OwnerReferences.check(metadata, old: old, &errors)
        for member in ["uid", "deletionTimestamp", "deletionGracePeriodSeconds"] where metadata[member] != old[member] {
            errors.immutable("metadata.\(member)", metadata[member])
        }
        if isBeingDeleted {
            let known = old.finalizers
            let new = metadata.finalizers.filter { !known.contains($0) }
            if !new.isEmpty {
                errors.forbidden(
                    "metadata.finalizers",
                    "no new finalizers can be added if the object is being deleted, found new finalizers "
                        + new.map { "\"\($0)\"" }.joined(separator: ", "))
            }
        }
        guard errors.isEmpty else { throw resource.invalid(name, errors) }
    }
}
