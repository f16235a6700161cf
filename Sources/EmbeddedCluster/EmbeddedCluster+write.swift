package import KubeModel

extension EmbeddedCluster {
    package func create(
        _ resource: Resource, namespace: String?, object: JSONValue, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        guard options.subresource == nil else { throw .pathNotFound }
        var attempts = 1
        while true {
            let (new, isNameGenerated) = try strategy(resource).created(
                object, namespace: namespace, identifiers: Identifiers(random: configuration.random))
            do throws(Status) {
                return try await create(new, resource, namespace: namespace, options: options)
            } catch {
                guard isNameGenerated, error.reason == "AlreadyExists",
                    attempts < StoreLimits.generatedNameAttemptsMax
                else { throw error }
                attempts += 1
            }
        }
    }

    private func create(
        _ new: JSONValue, _ resource: Resource, namespace: String?, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        let name = new.metadataName ?? ""
        let started =
            try configuration.admission(new, resource, kubeVirts, now)
            ?? InitialStatus(kubeVirtVersion: configuration.observedKubeVirtVersion, now: now)
            .added(to: new, resource: resource)
        let key = try key(resource, namespace, name)
        return try await write(
            key, dryRun: options.dryRun,
            check: { fetch in
                guard resource.isNamespaced else { return }
                let namespace = try fetch(NamespaceLifecycle.key(key.namespace))
                try NamespaceLifecycle.check(key.namespace, namespace, creating: resource, name: name)
            }
        ) { current throws(Status) in
            guard current == nil else { throw resource.alreadyExists(name) }
            try options.check(started, nil)
            return .put(started)
        }.object
    }

    private func kubeVirts() throws(Status) -> [JSONValue] {
        let stored = try store.readSnapshot { db in
            try ObjectTable.list(resource: Resource.kubeVirt.groupResource, namespace: nil, db)
        }
        var objects: [JSONValue] = []
        for object in stored { objects.append(try object.json()) }
        return objects
    }

    package func update(
        _ resource: Resource, namespace: String?, name: String, object: JSONValue, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        if resource != .namespace || options.subresource != NamespaceLifecycle.finalize {
            try checkSubresource(options.subresource, of: resource)
        }
        let strategy = strategy(resource)
        try strategy.checkIdentity(object, namespace: namespace, name: name)
        let uid = object.metadataUID ?? ""
        return try await write(try key(resource, namespace, name), dryRun: options.dryRun) {
            current throws(Status) in
            guard let current else { throw resource.notFound(name) }
            let old = resource.defaulted(try current.json())
            let oldUID = old.metadataUID ?? ""
            guard uid.isEmpty || uid == oldUID else {
                throw resource.conflict(
                    name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(oldUID)")
            }
            let change = try strategy.changed(
                object, from: old, current: current, name: name, subresource: options.subresource)
            if case .put(let new) = change, options.subresource == nil { try options.check(new, old) }
            return change
        }.object
    }

    package func patch(
        _ resource: Resource, namespace: String?, name: String, patch: Patch, options: WriteOptions
    ) async throws(Status) -> StoredObject {
        try checkSubresource(options.subresource, of: resource)
        let strategy = strategy(resource)
        return try await write(try key(resource, namespace, name), dryRun: options.dryRun) {
            current throws(Status) in
            guard let current else { throw resource.notFound(name) }
            let old = resource.defaulted(try current.json())
            let object = try patch.applied(to: old, of: resource)
            try strategy.checkIdentity(object, namespace: namespace, name: name)
            let change = try strategy.changed(
                object, from: old, current: current, name: name, subresource: options.subresource)
            if case .put(let new) = change, options.subresource == nil { try options.check(new, old) }
            return change
        }.object
    }

    package func delete(
        _ resource: Resource, namespace: String?, name: String, options: DeleteOptions
    ) async throws(Status) -> Deletion {
        guard resource != .namespace else { return try await deleteNamespace(name, options: options) }
        let strategy = strategy(resource)
        let written = try await write(try key(resource, namespace, name), dryRun: options.dryRun) {
            current throws(Status) in
            guard let current else { throw resource.notFound(name) }
            return try strategy.deleted(current, name: name, options: options)
        }
        return written.isRemoved ? .deleted(written.object) : .pending(written.object)
    }

    /// Stores what `decide` makes of the object, or shows it, after `check`.
    ///
    /// A dry run reads on the caller's thread and waits for no other write.
    func write(
        _ key: ObjectKey, dryRun: Bool,
        check: @escaping @Sendable ((ObjectKey) throws -> StoredObject?) throws -> Void = { _ in },
        _ decide: @escaping @Sendable (StoredObject?) throws(Status) -> Change
    ) async throws(Status) -> Written {
        if dryRun {
            do {
                try check(store.fetch)
            } catch {
                throw error as? Status ?? .internalError("\(error)")
            }
            let current = try store.fetch(key)
            return try decide(current).preview(of: current)
        }
        return try await store.commits.perform { transaction in
            try check(transaction.fetch)
            let written = try transaction.write(key, decide)
            try transaction.followUp(written, of: key)
            return written
        }
    }

    private func checkSubresource(_ subresource: String?, of resource: Resource) throws(Status) {
        guard subresource == nil || (subresource == "status" && resource.hasStatusSubresource) else {
            throw .pathNotFound
        }
    }

    func strategy(_ resource: Resource) -> ObjectStrategy {
        ObjectStrategy(
            resource: resource, now: now, orphansDependents: configuration.orphaning.contains(resource))
    }

    private var now: String { Timestamp.rfc3339(configuration.now()) }
}
