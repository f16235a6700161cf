internal import GRDB
internal import KubeModel

/// What is left in a namespace that is to go.
struct NamespaceContent: Equatable {
    /// How many objects there are, by `plural.group`; the namespace controller writes the dot of the core group too.
    var objects: [String: Int] = [:]
    /// How many objects each finalizer holds, of those that were looked at.
    var finalizers: [String: Int] = [:]
    /// Whether there are objects that were not looked at.
    var isPartial = false

    init() {}

    /// Counts all objects, and looks into `StoreLimits.namespaceContentMax` of them.
    init(of namespace: String, _ db: Database) throws {
        var left = StoreLimits.namespaceContentMax
        for resource in EmbeddedCluster.resources where resource.isNamespaced {
            let scope = Scope(resource: resource.groupResource, namespace: namespace, name: nil)
            let count = try ObjectTable.count(scope, db)
            guard count > 0 else { continue }
            objects["\(resource.plural).\(resource.group)"] = count
            let page = left > 0 ? try ObjectTable.page(scope, after: nil, limit: left, db).items : []
            left -= page.count
            if page.count < count { isPartial = true }
            for item in page {
                for finalizer in Set(try item.object.json().finalizers) { finalizers[finalizer, default: 0] += 1 }
            }
        }
    }
}

/// The conditions by which a namespace tells what its deletion waits for (kubernetes
/// `pkg/controller/namespace/deletion/status_condition_utils.go`).
enum NamespaceConditions {
    private typealias State = (type: String, isTrue: Bool, reason: String, message: String)

    /// The namespace with its conditions; `now` is RFC 3339, when those come about that are new.
    static func updated(_ namespace: JSONValue, _ content: NamespaceContent, now: String) -> JSONValue {
        var status = namespace["status"]?.object ?? JSONObject()
        var conditions = status["conditions"]?.array ?? []
        for state in states(content) {
            let index = conditions.firstIndex { $0["type"]?.string == state.type }
            let value: JSONValue = state.isTrue ? "True" : "False"
            var since: JSONValue?
            if let index, conditions[index]["status"] == value { since = conditions[index]["lastTransitionTime"] }
            let condition: JSONValue = [
                "type": .string(state.type), "status": value, "lastTransitionTime": since ?? .string(now),
                "reason": .string(state.reason), "message": .string(state.message),
            ]
            if let index { conditions[index] = condition } else { conditions.append(condition) }
        }
        status["conditions"] = .array(conditions)
        var updated = namespace
        updated["status"] = .object(status)
        return updated
    }

    private static func states(_ content: NamespaceContent) -> [State] {
        [
            // Nothing of the kind can fail here, where the content goes in the same store.
            (
                "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
                "All resources successfully discovered"
            ),
            (
                "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
                "All legacy kube types successfully parsed"
            ),
            (
                "NamespaceDeletionContentFailure", false, "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization"
            ),
            remaining(content), finalizersRemaining(content),
        ]
    }

    private static func remaining(_ content: NamespaceContent) -> State {
        let type = "NamespaceContentRemaining"
        guard !content.objects.isEmpty else {
            return (type, false, "ContentRemoved", "All content successfully removed")
        }
        let list = content.objects.sorted { $0.key < $1.key }.map { "\($0.key) has \($0.value) resource instances" }
        return (type, true, "SomeResourcesRemain", "Some resources are remaining: \(list.joined(separator: ", "))")
    }

    private static func finalizersRemaining(_ content: NamespaceContent) -> State {
        let type = "NamespaceFinalizersRemaining"
        guard !content.finalizers.isEmpty else {
            return (type, false, "ContentHasNoFinalizers", "All content-preserving finalizers finished")
        }
        let count = content.isPartial ? "at least " : ""
        let told = content.finalizers.sorted { $0.key < $1.key }.prefix(StoreLimits.finalizersToldMax)
        var list = told.map { "\($0.key) in \(count)\($0.value) resource instances" }
        if content.finalizers.count > told.count { list.append("\(content.finalizers.count - told.count) more") }
        return (
            type, true, "SomeFinalizersRemain",
            "Some content in the namespace has finalizers remaining: \(list.joined(separator: ", "))"
        )
    }
}
