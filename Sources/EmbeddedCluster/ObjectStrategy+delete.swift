internal import KubeModel

extension ObjectStrategy {
    /// What a DELETE makes of `current`: gone, or held by its finalizers (apiserver `rest.BeforeDelete`).
    func deleted(
        _ current: StoredObject, name: String, options: DeleteOptions
    ) throws(Status) -> Change {
        let old = try checked(current, name: name, options: options)
        var metadata = old["metadata"]?.object ?? JSONObject()
        guard metadata["deletionTimestamp"] == nil || metadata.finalizers.isEmpty else { return .unchanged(current) }
        if options.orphansDependents, orphansDependents, !metadata.finalizers.contains(ObjectFinalizer.orphan) {
            metadata["finalizers"] = .array(
                metadata.finalizers.map(JSONValue.string) + [.string(ObjectFinalizer.orphan)])
        }
        guard !metadata.finalizers.isEmpty else { return .remove(old) }
        metadata["deletionTimestamp"] = .string(now)
        metadata["deletionGracePeriodSeconds"] = 0
        if !resource.isBuiltIn {
            metadata["generation"] = .number(JSONNumber((metadata["generation"]?.int ?? 0) &+ 1))
        }
        var held = old
        held["metadata"] = .object(metadata)
        return .put(held)
    }

    /// The object, if it is the one that the preconditions mean.
    func checked(
        _ current: StoredObject, name: String, options: DeleteOptions
    ) throws(Status) -> JSONValue {
        let old = try current.json()
        guard let metadata = old["metadata"]?.object else {
            throw .internalError("the stored \(resource.plural) \"\(name)\" has no metadata")
        }
        let uid = metadata["uid"]?.string ?? ""
        if let expected = options.uid, expected != uid {
            throw resource.conflict(
                name,
                "the UID in the precondition (\(expected)) does not match the UID in record (\(uid)). The object "
                    + "might have been deleted and then recreated")
        }
        if let expected = options.resourceVersion, expected != String(current.resourceVersion) {
            throw resource.conflict(
                name,
                "the ResourceVersion in the precondition (\(expected)) does not match the ResourceVersion in record "
                    + "(\(current.resourceVersion)). The object might have been modified")
        }
        return old
    }
}
