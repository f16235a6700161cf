package import KubeModel

extension EmbeddedCluster: PagedCluster {
    /// Some objects as they were at a resourceVersion that the watch history reaches back to.
    ///
    /// The store holds the latest state alone: the changes since are taken back.
    package func page(
        _ resource: Resource, namespace: String?, query: PageQuery
    ) async throws(Status) -> ObjectPage {
        let key = try key(resource, namespace, "")
        let scope = Scope(
            resource: key.resource, namespace: resource.isNamespaced ? namespace : nil, name: query.name)
        let limit = min(max(1, query.limit), StoreLimits.pageItemsMax)
        var page = try store.readSnapshot { db in
            var page = try ObjectTable.page(scope, after: query.after, limit: limit, db)
            if query.countsRemaining {
                page.remaining = try page.end.map { try ObjectTable.count(scope, after: $0, db) } ?? 0
            }
            return page
        }
        guard let wanted = query.resourceVersion, wanted != page.resourceVersion else { return page }
        guard wanted < page.resourceVersion else {
            throw .resourceVersionTooLarge(requested: wanted, current: page.resourceVersion)
        }
        await store.log.waitUntilPublished(page.resourceVersion)
        let states = try store.log.states(of: key.resource, at: wanted, changedUpTo: page.resourceVersion)
            .filter { scope.contains($0.key) }
        page.takeBack(to: states, after: query.after, limit: limit)
        page.resourceVersion = wanted
        return page
    }
}

extension ObjectPage {
    /// Shows the objects in `states` as they are there, within the names that this page is about.
    fileprivate mutating func takeBack(to states: [ObjectName: StoredObject?], after: ObjectName?, limit: Int) {
        // Nothing is known of how many there were.
        remaining = nil
        guard !states.isEmpty else { return }
        items.removeAll { states[$0.name] != nil }
        let restored = states.compactMap { name, state in state.map { Item(name: name, object: $0) } }
            .filter { item in after.map { $0 < item.name } ?? true && end.map { item.name <= $0 } ?? true }
        guard !restored.isEmpty else { return }
        items = (items + restored).sorted { $0.name < $1.name }
        if items.count > limit {
            items.removeSubrange(limit...)
            end = items.last?.name
        }
    }
}
