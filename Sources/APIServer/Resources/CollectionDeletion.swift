import KubeModel

/// DELETE of a list: each object by itself, some at once (apiserver `pkg/registry/generic/registry/store.go`).
struct CollectionDeletion: Sendable {
    /// Deletions that wait for the store together.
    private static let batchMax = 128

    let resource: Resource
    let cluster: any ServedCluster
    let namespace: String?
    let options: ListOptions
    let deleteOptions: DeleteOptions
    let rendering: ObjectRendering

    /// Throws the first failure; what was deleted until then stays so.
    func answer() async throws(Status) -> APIAnswer {
        var query = PageQuery(limit: Self.batchMax)
        query.name = options.selector.fields.name
        var bytes: [UInt8] = []
        var resourceVersion: UInt64 = 0
        repeat {
            let page = try await cluster.page(resource, namespace: namespace, query: query)
            resourceVersion = page.resourceVersion
            query.after = page.end
            var selected: [ObjectPage.Item] = []
            for item in page.items where try options.selector.matches(item.name, item.object) { selected.append(item) }
            for object in try await delete(selected) {
                if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
                bytes.append(contentsOf: try rendering.object(object))
            }
        } while query.after != nil
        let list = rendering.listStart(ListMetadata(resourceVersion: resourceVersion)) + bytes + rendering.listEnd
        return APIAnswer(.json(list + [UInt8(ascii: "\n")]))
    }

    /// What is gone, or waits for its finalizers; what somebody else has deleted meanwhile is left out.
    private func delete(_ items: [ObjectPage.Item]) async throws(Status) -> [StoredObject] {
        let results = await withTaskGroup(of: Result<StoredObject?, Status>.self) { group in
            for item in items { group.addTask { await delete(item.name) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var deleted: [StoredObject] = []
        for result in results { if let object = try result.get() { deleted.append(object) } }
        return deleted
    }

    private func delete(_ name: ObjectName) async -> Result<StoredObject?, Status> {
        do throws(Status) {
            let namespace = resource.isNamespaced ? name.namespace : nil
            switch try await cluster.delete(resource, namespace: namespace, name: name.name, options: deleteOptions) {
            case .deleted(let object), .pending(let object): return .success(object)
            }
        } catch {
            return error.code == 404 ? .success(nil) : .failure(error)
        }
    }
}
