internal import GRDB
internal import KubeModel

extension WriteTransaction {
    /// Makes the first namespaces of a new store, and of an older one those that its objects are in; goes on with
    /// deletions that the last process did not end.
    mutating func prepareNamespaces(_ identifiers: Identifiers, now: String) throws {
        let list = try read { db in
            try ObjectTable.list(resource: Resource.namespace.groupResource, namespace: nil, db)
        }
        guard list.isEmpty else {
            for namespace in try list.map({ try $0.json() }) where namespace.isBeingDeleted {
                let name = namespace.metadataName ?? ""
                for resource in EmbeddedCluster.resources where resource.isNamespaced {
                    let names = try read { db in
                        try ObjectTable.names(resource: resource.groupResource, namespace: name, db)
                    }
                    try delete(names, of: ObjectStrategy(resource: resource, now: now), in: name)
                }
                if try endNamespace(name) == nil { try tellOfContent(name) }
            }
            return
        }
        let used = try read { db in try ObjectTable.namespaces(db) }
        for name in NamespaceLifecycle.initial + used.filter({ !NamespaceLifecycle.initial.contains($0) }) {
            let object: JSONValue = [
                "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)],
            ]
            let created = try ObjectStrategy(resource: .namespace, now: now)
                .created(object, namespace: nil, identifiers: identifiers).object
            _ = try write(NamespaceLifecycle.key(name)) { _ in .put(NamespaceLifecycle.started(created)) }
        }
    }

    /// Deletes objects; those that finalizers hold are left to them.
    mutating func delete(_ names: some Sequence<String>, of strategy: ObjectStrategy, in namespace: String) throws {
        namespacesWritten.insert(namespace)
        for name in names {
            let key = ObjectKey(resource: strategy.resource.groupResource, namespace: namespace, name: name)
            guard try fetch(key) != nil else { continue }
            _ = try write(key) { current throws(Status) in
                guard let current else { throw strategy.resource.notFound(name) }
                return try strategy.deleted(current, name: name, options: DeleteOptions())
            }
        }
    }

    /// Ends the namespace that a write has left empty, or freed of its own finalizers.
    mutating func followUp(_ written: Written, of key: ObjectKey) throws {
        if key.resource == Resource.namespace.groupResource {
            namespacesWritten.insert(key.name)
            try endNamespace(key.name)
        } else if !key.namespace.isEmpty {
            namespacesWritten.insert(key.namespace)
            if written.isRemoved { try endNamespace(key.namespace) }
        }
    }

    /// Once a batch, however many objects of a namespace it has changed.
    mutating func tellOfNamespaces() throws {
        for name in namespacesWritten.sorted() {
            do {
                try tellOfContent(name)
            } catch is DamagedRow {
                // What a write does not touch must not fail it: the conditions stay as they are.
            } catch is Status {
            }
        }
        namespacesWritten = []
    }

    /// Has a namespace that is being deleted tell what is left in it.
    mutating func tellOfContent(_ name: String) throws {
        let key = NamespaceLifecycle.key(name)
        guard let current = try fetch(key) else { return }
        let namespace = try current.json()
        guard namespace.isBeingDeleted else { return }
        let content = try read { db in try NamespaceContent(of: name, db) }
        let told = NamespaceConditions.updated(namespace, content, now: now)
        guard told != namespace else { return }
        _ = try write(key) { _ in .put(told) }
    }

    /// Removes a namespace that is being deleted, once nothing is in it and no finalizer of its own holds it; or as soon
    /// as none is left in its spec, where one stands for what is in it.
    @discardableResult
    mutating func endNamespace(_ name: String) throws -> Written? {
        let key = NamespaceLifecycle.key(name)
        guard let current = try fetch(key) else { return nil }
        let namespace = try current.json()
        guard namespace.isBeingDeleted, namespace.finalizers.isEmpty else { return nil }
        let finalizers = NamespaceLifecycle.finalizers(namespace)
        guard try finalizers.isEmpty || isEmpty(name) else { return nil }
        let others = finalizers.filter { $0 != NamespaceLifecycle.contentFinalizer }
        guard others.isEmpty else {
            if others != finalizers {
                _ = try write(key) { _ in .put(NamespaceLifecycle.withFinalizers(others, namespace)) }
            }
            return nil
        }
        return try write(key) { _ in .remove(namespace) }
    }

    private func isEmpty(_ namespace: String) throws -> Bool {
        for resource in EmbeddedCluster.resources where resource.isNamespaced {
            let isEmpty = try read { db in
                try ObjectTable.isEmpty(resource: resource.groupResource, namespace: namespace, db)
            }
            guard isEmpty else { return false }
        }
        return true
    }
}
