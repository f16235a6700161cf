import Synchronization

/// Lets callers who want the same thing at the same time share one attempt to get it.
package final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let waiters = Mutex<[Key: [CheckedContinuation<Value?, Never>]]>([:])

    package init() {}

    /// How many wait for another caller's value.
    func waiting(for key: Key) -> Int { waiters.withLock { $0[key]?.count ?? 0 } }

    /// The value that `get` answers, or the one that another caller is getting.
    package func value(for key: Key, _ get: () async -> Value) async -> Value {
        let isFirst = waiters.withLock { waiters in
            if waiters[key] != nil { return false }
            waiters[key] = []
            return true
        }
        if isFirst {
            let value = await get()
            let others = waiters.withLock { $0.removeValue(forKey: key) ?? [] }
            for other in others { other.resume(returning: value) }
            return value
        }
        let shared = await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
            let isTooLate = waiters.withLock { waiters in
                waiters[key]?.append(continuation)
                return waiters[key] == nil
            }
            if isTooLate { continuation.resume(returning: nil) }
        }
        if let shared { return shared }
        return await value(for: key, get)
    }
}
