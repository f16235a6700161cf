internal import KubeModel

extension EmbeddedCluster {
    /// Deletes a namespace with what is in it; it stays, terminating, for as long as finalizers hold any of that.
    func deleteNamespace(_ name: String, options: DeleteOptions) async throws(Status) -> Deletion {
        guard !NamespaceLifecycle.immortal.contains(name) else {
            throw .forbidden(
                "namespaces \"\(name)\" is forbidden: this namespace may not be deleted",
                details: Status.Details(name: name, kind: "namespaces"))
        }
        let strategy = strategy(.namespace)
        let marked = try await write(NamespaceLifecycle.key(name), dryRun: options.dryRun) {
            current throws(Status) in
            guard let current else { throw Resource.namespace.notFound(name) }
            let old = try strategy.checked(current, name: name, options: options)
            let new = NamespaceLifecycle.terminating(old, now: strategy.now)
            return new == old ? .unchanged(current) : .put(new)
        }.object
        guard !options.dryRun else { return .pending(marked) }
        for resource in Self.resources where resource.isNamespaced {
            try await deleteAll(resource, in: name)
        }
        let ended = try await store.commits.perform { transaction in
            if let ended = try transaction.endNamespace(name) { return ended }
            try transaction.tellOfContent(name)
            // An empty one has ended with the mark.
            let current = try transaction.fetch(NamespaceLifecycle.key(name))
            return Written(object: current ?? marked, isRemoved: current == nil)
        }
        return ended.isRemoved ? .deleted(ended.object) : .pending(ended.object)
    }

    private func deleteAll(_ resource: Resource, in namespace: String) async throws(Status) {
        let strategy = strategy(resource)
        var names = try store.read { db in
            try ObjectTable.names(resource: resource.groupResource, namespace: namespace, db)
        }[...]
        while !names.isEmpty {
            let batch = names.prefix(StoreLimits.namespaceBatchMax)
            names = names.dropFirst(batch.count)
            _ = try await store.commits.perform { transaction in
                try transaction.delete(batch, of: strategy, in: namespace)
                return Written(object: StoredObject(bytes: [], resourceVersion: 0))
            }
        }
    }
}
