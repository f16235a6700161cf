import KubeModel

/// A cluster in memory that keeps the promises of `Cluster`, and that a test can upset at a chosen call.
actor FakeCluster: Cluster {
    struct Key: Hashable {
        let resource: Resource
        let namespace: String?
        let name: String
    }

    /// What happens just before a call.
    enum Upset: Sendable {
        /// The call fails and does nothing.
        case fail(Status)
        /// Another writer is faster.
        case edit(@Sendable (inout JSONValue) -> Void)
        case delete
    }

    private struct Trap {
        let call: String
        let upset: Upset
    }

    private var objects: [Key: (object: JSONValue, resourceVersion: UInt64)] = [:]
    private var revision: UInt64 = 100
    private var traps: [Trap] = []
    /// What it says of each write.
    private var warnings: [String] = []
    /// What its cache has; other objects it does not have.
    private var cache: [Key: JSONValue] = [:]
    /// `patch virtualmachines/x`, with ` dryRun` behind a dry run.
    private(set) var calls: [String] = []
    private let schema: @Sendable (inout JSONValue) -> Void

    /// `schema` is run over each object that is written, as a CRD that prunes what it does not know.
    init(_ seeds: [JSONValue], schema: @escaping @Sendable (inout JSONValue) -> Void = { _ in }) {
        self.schema = schema
        for object in seeds {
            guard let resource = Self.resources.first(where: { $0.kind == object["kind"]?.string }) else { continue }
            let key = Key(
                resource: resource, namespace: object.metadataNamespace, name: object.metadataName ?? "")
            revision += 1
            objects[key] = (object, revision)
        }
    }

    static let resources: [Resource] = [
        .virtualMachine, .virtualMachineInstance, .kubeVirt, .networkAttachmentDefinition,
    ]

    /// Upsets the next `times` calls that read so, such as `patch virtualmachines/x`.
    func upset(_ call: String, times: Int = 1, _ upset: Upset) {
        traps += Array(repeating: Trap(call: call, upset: upset), count: times)
    }

    func object(_ resource: Resource, _ name: String) -> JSONValue? {
        objects[Key(resource: resource, namespace: "default", name: name)]?.object
    }

    func clearCalls() { calls = [] }
    func warn(_ text: String) { warnings.append(text) }

    /// Puts a VMI of the namespace `default` into the cache, as old as it may be.
    func remember(_ instance: JSONValue) {
        cache[Key(resource: .virtualMachineInstance, namespace: "default", name: instance.metadataName ?? "")] =
            instance
    }

    // MARK: Cluster

    func get(_ resource: Resource, namespace: String?, name: String) throws(Status) -> StoredObject {
        let key = Key(resource: resource, namespace: namespace, name: name)
        try begin("get", key)
        return stored(try existing(key))
    }

    func cached(_ resource: Resource, namespace: String?, name: String) -> StoredObject? {
        guard let object = cache[Key(resource: resource, namespace: namespace, name: name)] else { return nil }
        calls.append("cached \(resource.plural)/\(name)")
        return stored((object, 1))
    }

    func list(_ resource: Resource, namespace: String?) throws(Status) -> ObjectList {
        try begin("list", Key(resource: resource, namespace: namespace, name: "*"))
        let items = objects.filter { $0.key.resource == resource }.map { stored($0.value) }
        return ObjectList(
            items: items.sorted { $0.resourceVersion < $1.resourceVersion }, resourceVersion: revision)
    }

    func patch(
        _ resource: Resource, namespace: String?, name: String, patch: Patch, options: WriteOptions
    ) throws(Status) -> StoredObject {
        let key = Key(resource: resource, namespace: namespace, name: name)
        try begin("patch", key, dryRun: options.dryRun)
        var object = try existing(key).object
        switch patch {
        case .json(let patch):
            do throws(JSONPatchError) {
                object = try patch.applied(to: object)
            } catch {
                throw .patchRefused
            }
        case .merge(let patch): object = object.mergePatched(with: patch)
        case .strategicMerge: throw .unsupportedMediaType(accepted: [])
        }
        schema(&object)
        var stored = store(object, at: key, dryRun: options.dryRun)
        stored.warnings = warnings
        return stored
    }

    func create(
        _ resource: Resource, namespace: String?, object: JSONValue, options: WriteOptions
    ) throws(Status) -> StoredObject {
        throw .methodNotAllowed
    }

    func update(
        _ resource: Resource, namespace: String?, name: String, object: JSONValue, options: WriteOptions
    ) throws(Status) -> StoredObject {
        throw .methodNotAllowed
    }

    func delete(
        _ resource: Resource, namespace: String?, name: String, options: DeleteOptions
    ) throws(Status) -> Deletion {
        throw .methodNotAllowed
    }

    // MARK: The store

    private func begin(_ verb: String, _ key: Key, dryRun: Bool = false) throws(Status) {
        let call = "\(verb) \(key.resource.plural)/\(key.name)" + (dryRun ? " dryRun" : "")
        calls.append(call)
        guard let index = traps.firstIndex(where: { $0.call == call }) else { return }
        switch traps.remove(at: index).upset {
        case .fail(let status): throw status
        case .delete: objects[key] = nil
        case .edit(let edit):
            guard var object = objects[key]?.object else { return }
            edit(&object)
            _ = store(object, at: key, dryRun: false)
        }
    }

    /// As kube-apiserver says it, with the plural.
    private func existing(_ key: Key) throws(Status) -> (object: JSONValue, resourceVersion: UInt64) {
        guard let entry = objects[key] else {
            throw .notFound(group: key.resource.group, kind: key.resource.plural, name: key.name)
        }
        return entry
    }

    private func store(_ object: JSONValue, at key: Key, dryRun: Bool) -> StoredObject {
        if dryRun { return stored((object, revision)) }
        if object != objects[key]?.object { revision += 1 }
        objects[key] = (object, revision)
        return stored((object, revision))
    }

    private func stored(_ entry: (object: JSONValue, resourceVersion: UInt64)) -> StoredObject {
        var object = entry.object
        var metadata = object["metadata"] ?? [:]
        metadata["resourceVersion"] = .string(String(entry.resourceVersion))
        object["metadata"] = metadata
        return StoredObject(bytes: object.serialized(), resourceVersion: entry.resourceVersion)
    }
}
