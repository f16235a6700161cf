internal import GRDB
internal import KubeModel

/// What a write makes of the object that it finds.
enum Change {
    /// The object as it is: no new resourceVersion.
    case unchanged(StoredObject)
    case put(JSONValue)
    /// With the last state.
    case remove(JSONValue)

    /// What the change would answer if it were made: nothing gets a new resourceVersion.
    func preview(of current: StoredObject?) throws(Status) -> Written {
        let version = current?.resourceVersion ?? 0
        return switch self {
        case .unchanged(let object): Written(object: object)
        case .put(let object): Written(object: try object.encoded(resourceVersion: version))
        case .remove(let object): Written(object: try object.encoded(resourceVersion: version), isRemoved: true)
        }
    }
}

/// What a write has become.
struct Written: Sendable {
    let object: StoredObject
    /// The object is gone; `object` is its last state.
    var isRemoved = false
}

/// The transaction of one batch; it gives out the resourceVersions.
struct WriteTransaction {
    private let db: Database
    private let cache: ObjectCache
    /// What the batch has made so far of the objects that it has changed.
    private var changed: [ObjectKey: StoredObject?] = [:]
    private var resourceVersion: UInt64
    /// What it has changed, for those who watch.
    private(set) var events: [EventLog.Entry] = []
    /// Namespaces in which something was written; those on their way out tell of what is left when the batch ends.
    var namespacesWritten: Set<String> = []
    private let clock: @Sendable () -> Int64

    /// Call inside a transaction; `clock` tells seconds since 1970.
    init(_ db: Database, cache: ObjectCache, clock: @escaping @Sendable () -> Int64) throws {
        self.db = db
        self.cache = cache
        self.clock = clock
        resourceVersion = try ObjectTable.resourceVersion(db)
    }

    /// Lets `decide` see the object, and does what it says by one statement, which SQLite does wholly or not at all.
    mutating func write(
        _ key: ObjectKey, _ decide: (StoredObject?) throws(Status) -> Change
    ) throws -> Written {
        let current = try fetch(key)
        switch try decide(current) {
        case .unchanged(let object): return Written(object: object)
        case .put(let object):
            let stored = try versioned(object)
            try ObjectTable.put(stored, uid: object.metadataUID ?? "", key: key, db)
            note(current == nil ? .added : .modified, key, stored, previous: current)
            return Written(object: stored)
        case .remove(let object):
            // A removal has a resourceVersion too, that of its DELETED event.
            let stored = try versioned(object)
            try ObjectTable.remove(key, db)
            note(.deleted, key, stored, previous: current)
            return Written(object: stored, isRemoved: true)
        }
    }

    /// An object as the batch has it so far.
    func fetch(_ key: ObjectKey) throws -> StoredObject? {
        if let changed = changed[key] { return changed }
        // Nothing is committed but by this thread: what is known is as in the store.
        switch cache.lookup(key) {
        case .known(let object): return object
        case .unknown: return try ObjectTable.fetch(key, db)
        }
    }

    /// RFC 3339.
    var now: String { Timestamp.rfc3339(clock()) }

    /// Reads what the batch has made so far.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value { try body(db) }

    private mutating func versioned(_ object: JSONValue) throws(Status) -> StoredObject {
        let next = resourceVersion &+ 1
        var object = object
        object["metadata"]?["resourceVersion"] = .string(String(next))
        let stored = try object.encoded(resourceVersion: next)
        resourceVersion = next
        return stored
    }

    private mutating func note(
        _ kind: WatchEvent.Kind, _ key: ObjectKey, _ object: StoredObject, previous: StoredObject?
    ) {
        let event = WatchEvent(
            kind: kind, namespace: key.namespace, name: key.name, object: object, previous: previous)
        events.append(EventLog.Entry(resource: key.resource, event: event))
        changed[key] = .some(kind == .deleted ? nil : object)
    }

    /// Commits if a write changed something.
    mutating func end() throws {
        guard !events.isEmpty else { return try db.rollback() }
        try tellOfNamespaces()
        try setResourceVersion()
        cache.begin(events)
        do {
            try db.commit()
        } catch {
            cache.abandon()
            throw error
        }
        cache.end(events)
    }

    func setResourceVersion() throws {
        try ObjectTable.setResourceVersion(resourceVersion, db)
    }
}

extension JSONValue {
    /// The bytes to store; throws RequestEntityTooLarge above `StoreLimits.objectBytesMax`.
    fileprivate func encoded(resourceVersion: UInt64) throws(Status) -> StoredObject {
        let bytes = serialized()
        guard bytes.count <= StoreLimits.objectBytesMax else {
            throw .requestEntityTooLarge(limitBytes: StoreLimits.objectBytesMax)
        }
        return StoredObject(bytes: bytes, resourceVersion: resourceVersion)
    }
}
