import Synchronization

/// Values that are good for a while; when it is full the oldest go.
package final class ExpiringCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let expiry: ContinuousClock.Instant
        let serial: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Keys in the order in which they came, which is the order in which they expire.
        var order: [(key: Key, serial: UInt64)] = []
        var first = 0
        var serial: UInt64 = 0
    }

    private let state = Mutex(State())
    private let lifetime: Duration
    private let entriesMax: Int
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(
        lifetime: Duration, entriesMax: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.lifetime = lifetime
        self.entriesMax = entriesMax
        self.now = now
    }

    package subscript(_ key: Key) -> Value? {
        get {
            let now = now()
            return state.withLock { state in
                guard let entry = state.entries[key], entry.expiry > now else { return nil }
                return entry.value
            }
        }
    }

    package func insert(_ value: Value, for key: Key) {
        let now = now()
        state.withLock { state in
            state.serial &+= 1
            state.entries[key] = Entry(value: value, expiry: now + lifetime, serial: state.serial)
            state.order.append((key, state.serial))
            dropOldest(&state, now)
        }
    }

    private func dropOldest(_ state: inout State, _ now: ContinuousClock.Instant) {
        while state.first < state.order.count {
            let (key, serial) = state.order[state.first]
            if let entry = state.entries[key], entry.serial == serial {
                guard entry.expiry <= now || state.entries.count > entriesMax else { break }
                state.entries[key] = nil
            }
            state.first += 1
        }
        guard state.first > entriesMax || state.first == state.order.count else { return }
        state.order.removeFirst(state.first)
        state.first = 0
    }
}
