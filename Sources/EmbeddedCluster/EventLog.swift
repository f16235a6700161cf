internal import KubeModel
internal import Synchronization

/// The last events of every resource, and the subscriptions that follow them.
///
/// Events are kept once, for all watchers, and each watcher has a place in them: a slow one costs no memory and never
/// makes the writer wait; when its place is gone it is told so.
final class EventLog: Sendable {
    /// An event of an `ObjectKey.resource`.
    struct Entry: Sendable {
        let resource: String
        let event: WatchEvent

        var key: ObjectKey { ObjectKey(resource: resource, namespace: event.namespace, name: event.name) }
    }

    private struct State {
        var histories: [String: EventHistory] = [:]
        var subscriptions: [String: [ObjectIdentifier: Place]] = [:]
        /// Everything up to here has been published.
        var resourceVersion: UInt64
        /// The store's resourceVersion when it was opened: earlier events are on no record.
        let start: UInt64
        var isClosed = false
        /// Who waits until a resourceVersion has been published.
        var readers: [(resourceVersion: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// Where one subscription stands.
    private struct Place {
        let namespace: String?
        /// Every event up to here has been returned.
        var resourceVersion: UInt64
        var isInterrupted = false
        var waiter: CheckedContinuation<Result<[WatchEvent], Status>, Never>?
    }

    private let limits: EventHistory.Limits
    private let state: Mutex<State>

    /// `resourceVersion` is that of the store as it was opened.
    init(resourceVersion: UInt64, limits: EventHistory.Limits) {
        self.limits = limits
        state = Mutex(State(resourceVersion: resourceVersion, start: resourceVersion))
    }

    /// What has been published, by resourceVersion.
    var resourceVersion: UInt64 { state.withLock { $0.resourceVersion } }

    /// The resourceVersion of a resource's last event.
    func lastChange(of resource: String) -> UInt64 {
        state.withLock { $0.histories[resource]?.last ?? $0.start }
    }

    // MARK: Publishing

    /// Tells what a commit has changed; called by the writer alone, after the commit, in the order of resourceVersions.
    func publish(_ entries: [Entry]) {
        guard let last = entries.last else { return }
        let (woken, readers) = state.withLock { state in
            for entry in entries {
                state.histories[entry.resource, default: EventHistory(floor: state.start)]
                    .append(entry.event, limits: limits)
            }
            state.resourceVersion = last.event.resourceVersion
            var woken: [(CheckedContinuation<Result<[WatchEvent], Status>, Never>, Result<[WatchEvent], Status>)] = []
            for resource in Set(entries.map(\.resource)) {
                guard let identifiers = state.subscriptions[resource]?.keys else { continue }
                for identifier in Array(identifiers) {
                    guard let waiter = state.subscriptions[resource]?[identifier]?.waiter,
                        let result = take(resource, identifier, &state)
                    else { continue }
                    state.subscriptions[resource]?[identifier]?.waiter = nil
                    woken.append((waiter, result))
                }
            }
            return (woken, takeReaders(&state))
        }
        for reader in readers { reader.resume() }
        for (waiter, result) in woken { waiter.resume(returning: result) }
    }

    // MARK: The past

    /// Waits for the writer to tell what it has committed up to this resourceVersion, which takes it a moment.
    func waitUntilPublished(_ resourceVersion: UInt64) async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard state.resourceVersion < resourceVersion, !state.isClosed else { return false }
                state.readers.append((resourceVersion, continuation))
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }

    private func takeReaders(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard !state.readers.isEmpty else { return [] }
        let reached = state.isClosed ? UInt64.max : state.resourceVersion
        let ready = state.readers.filter { $0.resourceVersion <= reached }.map(\.continuation)
        state.readers.removeAll { $0.resourceVersion <= reached }
        return ready
    }

    /// What the objects that changed after one resourceVersion, up to another, were at the first; `nil` for one that
    /// was not there.
    ///
    /// Throws 410 Expired when some of those changes are gone.
    func states(
        of resource: String, at resourceVersion: UInt64, changedUpTo last: UInt64
    ) throws(Status) -> [ObjectName: StoredObject?] {
        try state.withLock { state throws(Status) in
            let history = state.histories[resource] ?? EventHistory(floor: state.start)
            guard resourceVersion >= history.floor else {
                throw .expired(requested: resourceVersion, oldest: history.floor)
            }
            var states: [ObjectName: StoredObject?] = [:]
            let events = history.events(after: resourceVersion, namespace: nil, max: limits.eventsMax).events
            for event in events.prefix(while: { $0.resourceVersion <= last }) {
                let name = ObjectName(namespace: event.namespace, name: event.name)
                if states[name] == nil { states[name] = .some(event.previous) }
            }
            return states
        }
    }

    // MARK: Subscriptions

    /// Throws 410 Expired when events after `resourceVersion` are gone.
    func subscribe(
        to resource: String, namespace: String?, from resourceVersion: UInt64
    ) throws(Status) -> EventSubscription {
        let subscription = EventSubscription(log: self, resource: resource)
        try state.withLock { state throws(Status) in
            guard !state.isClosed else {
                throw .serviceUnavailable("the store is closed: the server is shutting down")
            }
            let floor = state.histories[resource]?.floor ?? state.start
            guard resourceVersion >= floor else { throw .expired(requested: resourceVersion, oldest: floor) }
            state.subscriptions[resource, default: [:]][ObjectIdentifier(subscription)] = Place(
                namespace: namespace, resourceVersion: resourceVersion)
        }
        return subscription
    }

    func next(_ resource: String, _ identifier: ObjectIdentifier) async throws(Status) -> [WatchEvent] {
        let result = await withCheckedContinuation { continuation in
            let result: Result<[WatchEvent], Status>? = state.withLock { state in
                if let result = take(resource, identifier, &state) { return result }
                state.subscriptions[resource]?[identifier]?.waiter = continuation
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }
        return try result.get()
    }

    func interrupt(_ resource: String, _ identifier: ObjectIdentifier) {
        let waiter = state.withLock { state in
            guard let waiter = state.subscriptions[resource]?[identifier]?.waiter else {
                state.subscriptions[resource]?[identifier]?.isInterrupted = true
                return nil as CheckedContinuation<Result<[WatchEvent], Status>, Never>?
            }
            state.subscriptions[resource]?[identifier]?.waiter = nil
            return waiter
        }
        waiter?.resume(returning: .success([]))
    }

    func cancel(_ resource: String, _ identifier: ObjectIdentifier) {
        let place = state.withLock { $0.subscriptions[resource]?.removeValue(forKey: identifier) }
        place?.waiter?.resume(returning: .success([]))
    }

    func isSubscribed(_ resource: String, _ identifier: ObjectIdentifier) -> Bool {
        state.withLock { $0.subscriptions[resource]?[identifier] != nil }
    }

    func place(_ resource: String, _ identifier: ObjectIdentifier) -> UInt64 {
        state.withLock { state in
            guard let place = state.subscriptions[resource]?[identifier] else { return 0 }
            // One that has seen all of its resource has seen all.
            return state.histories[resource].map { $0.last <= place.resourceVersion } ?? true
                ? max(place.resourceVersion, state.resourceVersion) : place.resourceVersion
        }
    }

    /// Ends every subscription; there is nothing more to tell.
    func close() {
        let (waiters, readers) = state.withLock { state in
            state.isClosed = true
            defer { state.subscriptions = [:] }
            return (state.subscriptions.values.flatMap { $0.values.compactMap(\.waiter) }, takeReaders(&state))
        }
        for reader in readers { reader.resume() }
        for waiter in waiters { waiter.resume(returning: .success([])) }
    }

    /// What the subscription gets now; `nil` when it has to wait.
    private func take(
        _ resource: String, _ identifier: ObjectIdentifier, _ state: inout State
    ) -> Result<[WatchEvent], Status>? {
        guard var place = state.subscriptions[resource]?[identifier] else { return .success([]) }
        defer { state.subscriptions[resource]?[identifier] = place }
        if place.isInterrupted {
            place.isInterrupted = false
            return .success([])
        }
        guard let history = state.histories[resource] else {
            place.resourceVersion = max(place.resourceVersion, state.resourceVersion)
            return nil
        }
        guard place.resourceVersion >= history.floor else {
            return .failure(.expired(requested: place.resourceVersion, oldest: history.floor))
        }
        let batch = history.events(after: place.resourceVersion, namespace: place.namespace, max: limits.batchMax)
        // What it does not want it has seen too: a watcher of a quiet namespace is not left behind.
        place.resourceVersion = max(place.resourceVersion, batch.reachedEnd ? state.resourceVersion : batch.last)
        return batch.events.isEmpty ? nil : .success(batch.events)
    }
}

/// One watcher's hold on the log.
final class EventSubscription: WatchSubscription {
    private let log: EventLog
    private let resource: String

    fileprivate init(log: EventLog, resource: String) {
        self.log = log
        self.resource = resource
    }

    deinit {
        log.cancel(resource, ObjectIdentifier(self))
    }

    func next() async throws(Status) -> [WatchEvent] {
        try await log.next(resource, ObjectIdentifier(self))
    }

    var resourceVersion: UInt64 { log.place(resource, ObjectIdentifier(self)) }
    var isCancelled: Bool { !log.isSubscribed(resource, ObjectIdentifier(self)) }
    func interrupt() { log.interrupt(resource, ObjectIdentifier(self)) }
    func cancel() { log.cancel(resource, ObjectIdentifier(self)) }
}
