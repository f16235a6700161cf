internal import KubeModel
internal import Synchronization

/// Objects as they are in the store, so that reading one costs no query.
///
/// Written through at commit. An object is in doubt from before the commit that changes it until after: meanwhile it is
/// read from the store, and what was read across a commit is not kept. So the cache never shows an older state than the
/// store has shown, nor than a write that was acknowledged.
final class ObjectCache: Sendable {
    enum Lookup {
        case known(StoredObject)
        /// To be read from the store; may then be offered with this number.
        case unknown(epoch: UInt64)
    }

    private struct State {
        // Two generations: when the younger is half of all, the older goes.
        var young: [ObjectKey: StoredObject] = [:]
        var old: [ObjectKey: StoredObject] = [:]
        var youngBytes = 0
        /// Objects that are being committed.
        var inDoubt: Set<ObjectKey> = []
        /// Counts the beginnings and ends of commits.
        var epoch: UInt64 = 0
        var isClosed = false
    }

    private let generationBytesMax: Int
    private let state = Mutex(State())

    /// `bytesMax` counts the octets of objects and `StoreLimits.cacheEntryBytes` for each.
    init(bytesMax: Int) {
        generationBytesMax = bytesMax / 2
    }

    func lookup(_ key: ObjectKey) -> Lookup {
        state.withLock { state in
            if let object = state.young[key] { return .known(object) }
            guard let object = state.old[key] else { return .unknown(epoch: state.epoch) }
            put(object, key, &state)
            return .known(object)
        }
    }

    /// Keeps an object that was read from the store after `lookup` gave out the number.
    func offer(_ object: StoredObject, _ key: ObjectKey, epoch: UInt64) {
        state.withLock { state in
            guard state.epoch == epoch, !state.inDoubt.contains(key) else { return }
            put(object, key, &state)
        }
    }

    /// Before a commit: what it changes is in doubt from here on.
    func begin(_ entries: [EventLog.Entry]) {
        state.withLock { state in
            state.epoch &+= 1
            for entry in entries {
                remove(entry.key, &state)
                state.inDoubt.insert(entry.key)
            }
        }
    }

    /// After the commit that `begin` announced.
    func end(_ entries: [EventLog.Entry]) {
        state.withLock { state in
            state.epoch &+= 1
            state.inDoubt.removeAll(keepingCapacity: true)
            for entry in entries {
                if entry.event.kind == .deleted {
                    remove(entry.key, &state)
                } else {
                    put(entry.event.object, entry.key, &state)
                }
            }
        }
    }

    /// Nothing is kept of what a commit that failed may have written or not.
    func abandon() {
        state.withLock { state in
            state.epoch &+= 1
            state.inDoubt.removeAll()
        }
    }

    /// Forgets everything: a store that is closed is read by nobody.
    func close() {
        state.withLock { state in
            state = State()
            state.isClosed = true
        }
    }

    /// Octets that are kept in all.
    var bytes: Int {
        state.withLock { state in state.youngBytes + state.old.values.reduce(0) { $0 + Self.bytes(of: $1) } }
    }

    private func put(_ object: StoredObject, _ key: ObjectKey, _ state: inout State) {
        let bytes = Self.bytes(of: object)
        guard bytes <= generationBytesMax, !state.isClosed else { return remove(key, &state) }
        if let replaced = state.young[key] { state.youngBytes -= Self.bytes(of: replaced) }
        if state.youngBytes + bytes > generationBytesMax {
            state.young[key] = nil
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
        state.old[key] = nil
        state.young[key] = object
        state.youngBytes += bytes
    }

    private func remove(_ key: ObjectKey, _ state: inout State) {
        if let removed = state.young.removeValue(forKey: key) { state.youngBytes -= Self.bytes(of: removed) }
        state.old[key] = nil
    }

    private static func bytes(of object: StoredObject) -> Int { object.bytes.count + StoreLimits.cacheEntryBytes }
}
