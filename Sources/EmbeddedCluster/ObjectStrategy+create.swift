internal import KubeModel

extension ObjectStrategy {
    /// The object to store for a POST; `namespace` is that of the path.
    ///
    /// apiserver `rest.BeforeCreate`: the server sets the system's fields whatever the client sent in them.
    func created(
        _ object: JSONValue, namespace: String?, identifiers: Identifiers
    ) throws(Status) -> (object: JSONValue, isNameGenerated: Bool) {
        try checkType(object)
        var metadata = try ObjectMetaValidation.decoded(object)
        guard (metadata["resourceVersion"]?.string ?? "").isEmpty else {
            throw .badRequest("resourceVersion should not be set on objects to be created")
        }
        try setNamespace(&metadata, namespace)
        let isNameGenerated = setName(&metadata, identifiers)
        for name in Self.dropped + ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            metadata[name] = nil
        }
        metadata["uid"] = .string(identifiers.uid())
        metadata["creationTimestamp"] = .string(now)
        // The built-in kinds that are served here keep none.
        metadata["generation"] = resource.isBuiltIn ? nil : 1

        var errors = ObjectMetaValidation.errors(metadata, of: resource)
        try OwnerReferences.check(metadata, &errors)
        guard errors.isEmpty else { throw resource.invalid(metadata["name"]?.string ?? "", errors) }
        var created = resource.defaulted(object)
        created["metadata"] = .object(metadata)
        if resource.hasStatusSubresource { created["status"] = nil }
        return (created, isNameGenerated)
    }

    private func setNamespace(_ metadata: inout JSONObject, _ namespace: String?) throws(Status) {
        let own = metadata["namespace"]?.string ?? ""
        guard resource.isNamespaced else {
            guard own.isEmpty else {
                throw .badRequest("metadata.namespace must be empty: \(resource.plural) have no namespace")
            }
            metadata["namespace"] = nil
            return
        }
        guard let namespace, !namespace.isEmpty else {
            throw .badRequest("an empty namespace may not be set during creation")
        }
        guard own.isEmpty || own == namespace else {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        metadata["namespace"] = .string(namespace)
    }

    private func setName(_ metadata: inout JSONObject, _ identifiers: Identifiers) -> Bool {
        guard (metadata["name"]?.string ?? "").isEmpty,
            let prefix = metadata["generateName"]?.string, !prefix.isEmpty
        else { return false }
        metadata["name"] = .string(identifiers.name(prefix: prefix))
        return true
    }
}
