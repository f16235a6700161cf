import KubeClient
package import KubeModel

extension RemoteCluster {
    package func create(
        _ resource: Resource, namespace: String?, object: JSONValue, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        try StoredObject(
            upstream: try await send(
                KubeRequest(
                    "POST", resource.path(namespace, subresource: options.subresource), query: options.query,
                    body: object.serialized(), isRepeatable: options.dryRun)))
    }

    package func update(
        _ resource: Resource, namespace: String?, name: String, object: JSONValue, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        try StoredObject(
            upstream: try await send(
                KubeRequest(
                    "PUT", resource.path(namespace, name, subresource: options.subresource), query: options.query,
                    body: object.serialized(), isRepeatable: options.dryRun)))
    }

    package func patch(
        _ resource: Resource, namespace: String?, name: String, patch: Patch, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        let (body, type) =
            switch patch {
            case .json(let patch): (patch.json, "application/json-patch+json")
            case .merge(let patch): (patch, "application/merge-patch+json")
            case .strategicMerge(let patch): (patch.patch, "application/strategic-merge-patch+json")
            }
        let response = try await response(
            to: KubeRequest(
                "PATCH", resource.path(namespace, name, subresource: options.subresource), query: options.query,
                body: body.serialized(), contentType: type, isRepeatable: options.dryRun || options.isRepeatable))
        var stored = try StoredObject(upstream: response.body)
        stored.warnings = response.warnings
        if !options.dryRun { record(stored, of: resource) }
        return stored
    }

    /// Reads the object first: kube-apiserver tells of one that is gone its uid alone.
    package func delete(
        _ resource: Resource, namespace: String?, name: String, options: DeleteOptions
    ) async throws(Status) -> Deletion {
        let last = try await get(resource, namespace: namespace, name: name)
        let uid = try JSONValue(upstream: last.bytes).metadataUID
        var preconditions = JSONObject()
        // The object that was read, not one that has taken its name since.
        preconditions["uid"] = (options.uid ?? uid).map { .string($0) }
        preconditions["resourceVersion"] = options.resourceVersion.map { .string($0) }
        let body: JSONValue = [
            "kind": "DeleteOptions", "apiVersion": "v1", "preconditions": .object(preconditions),
        ]
        let query = options.dryRun ? [(name: "dryRun", value: "All")] : []
        let bytes = try await send(
            KubeRequest(
                "DELETE", resource.path(namespace, name), query: query, body: body.serialized(),
                isRepeatable: options.dryRun))
        let answer = try JSONValue(upstream: bytes)
        return answer["kind"]?.string == "Status" ? .deleted(last) : .pending(try StoredObject(upstream: bytes))
    }
}

extension WriteOptions {
    fileprivate var query: [(name: String, value: String)] {
        var query: [(name: String, value: String)] = []
        if dryRun { query.append(("dryRun", "All")) }
        if !fieldManager.isEmpty { query.append(("fieldManager", fieldManager)) }
        return query
    }
}
