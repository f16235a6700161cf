internal import KubeModel

/// The last events of one resource, in the order of their resourceVersions.
struct EventHistory {
    struct Limits: Sendable {
        /// Events kept.
        var eventsMax = StoreLimits.historyEventsMax
        /// Octets of the objects in them, those from before a change included.
        var bytesMax = StoreLimits.historyBytesMax
        /// Events that a watcher takes at once.
        var batchMax = StoreLimits.watchBatchMax
    }

    /// Some events for one watcher.
    struct Batch {
        var events: [WatchEvent] = []
        /// The resourceVersion of the last event looked at.
        var last: UInt64
        /// Whether no event is left.
        var reachedEnd = true
    }

    /// Every event after this resourceVersion is here.
    private(set) var floor: UInt64
    private(set) var bytes = 0
    /// From `start` on.
    private var events: [WatchEvent] = []
    private var start = 0

    init(floor: UInt64) {
        self.floor = floor
    }

    var count: Int { events.count - start }

    /// The resourceVersion of the last event.
    var last: UInt64 { start < events.count ? events[events.count - 1].resourceVersion : floor }

    mutating func append(_ event: WatchEvent, limits: Limits) {
        events.append(event)
        bytes += Self.bytes(of: event)
        while count > limits.eventsMax || bytes > limits.bytesMax, start < events.count { dropFirst() }
        // Now and then, so that an event costs constant time and what was dropped is soon let go.
        if start > events.count / 8 {
            events.removeFirst(start)
            start = 0
        }
    }

    private mutating func dropFirst() {
        floor = events[start].resourceVersion
        bytes -= Self.bytes(of: events[start])
        start += 1
    }

    private static func bytes(of event: WatchEvent) -> Int {
        event.object.bytes.count + (event.previous?.bytes.count ?? 0)
    }

    /// At most `max` events after a resourceVersion, which is not below `floor`.
    func events(after resourceVersion: UInt64, namespace: String?, max: Int) -> Batch {
        var batch = Batch(last: resourceVersion)
        var position = firstPosition(after: resourceVersion)
        while position < events.count {
            guard batch.events.count < max else {
                batch.reachedEnd = false
                break
            }
            let event = events[position]
            if namespace == nil || event.namespace == namespace { batch.events.append(event) }
            batch.last = event.resourceVersion
            position += 1
        }
        return batch
    }

    /// By bisection.
    private func firstPosition(after resourceVersion: UInt64) -> Int {
        var low = start
        var high = events.count
        while low < high {
            let middle = low + (high - low) / 2
            if events[middle].resourceVersion <= resourceVersion { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
