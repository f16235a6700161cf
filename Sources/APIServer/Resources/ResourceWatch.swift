import HTTPServer
import KubeModel
import Reactor

/// `?watch=1`: the changes of a resource as they happen, a line of JSON each
/// (apiserver `pkg/endpoints/handlers/watch.go`).
struct ResourceWatch: Sendable {
    /// Seconds between two bookmarks.
    private static let bookmarkInterval = 60
    /// How long a watch lasts when the client does not say (kube-apiserver `--min-request-timeout`, and up to twice
    /// that, so that not all come back at once).
    private static let defaultTimeoutSeconds = 1800..<3600
    /// What a client may ask for.
    private static let timeoutSecondsMax = 86_400

    let cluster: any ServedCluster
    let resource: Resource
    let namespace: String?
    let options: ListOptions
    let rendering: ObjectRendering

    /// Throws what is wrong before the answer begins; a state that is gone is told by an event.
    func answer() async throws(Status) -> APIAnswer {
        guard let start = options.watchStart else {
            if let least = options.resourceVersion { try await checkReached(least) }
            guard options.sendsInitialEvents == false else { return stream(from: nil) }
            // Before the answer begins: whoever has seen that hears of all that comes.
            let state = try await latestState()
            return stream(from: try await cluster.watch(resource, namespace: namespace, from: state))
        }
        do throws(Status) {
            return stream(from: try await cluster.watch(resource, namespace: namespace, from: start))
        } catch {
            guard error.code == 410 else { throw error }
            return APIAnswer(stream: { writer in _ = await writer.write(WatchLine.error(error)) })
        }
    }

    private func checkReached(_ least: UInt64) async throws(Status) {
        let current = try await latestState()
        guard least <= current else { throw .resourceVersionTooLarge(requested: least, current: current) }
    }

    private func latestState() async throws(Status) -> UInt64 {
        try await cluster.page(resource, namespace: namespace, query: PageQuery(limit: 1)).resourceVersion
    }

    private func stream(from subscription: (any WatchSubscription)?) -> APIAnswer {
        APIAnswer(stream: { writer in
            var sender = WatchSender(watch: self, writer: writer)
            do throws(Status) {
                let subscription = if let subscription { subscription } else { try await initial(&sender) }
                guard let subscription else { return }
                writer.onEnd = { subscription.cancel() }
                await follow(subscription, &sender)
            } catch {
                _ = await sender.write(WatchLine.error(error))
            }
        })
    }

    /// Tells of what there is, and subscribes to what comes after; `nil` when the client has gone.
    private func initial(_ sender: inout WatchSender) async throws(Status) -> (any WatchSubscription)? {
        var query = PageQuery(limit: ResourceList.pageItemsMax)
        query.name = options.selector.fields.name
        while true {
            let page = try await cluster.page(resource, namespace: namespace, query: query)
            query.resourceVersion = page.resourceVersion
            query.after = page.end
            for item in page.items where try options.selector.matches(item.name, item.object) {
                guard try await sender.send("ADDED", item.object) else { return nil }
            }
            if page.end == nil {
                if options.sendsInitialEvents == true, options.allowsBookmarks {
                    sender.bookmark(page.resourceVersion, annotations: ["k8s.io/initial-events-end": "true"])
                }
                guard await sender.flush() else { return nil }
                return try await cluster.watch(resource, namespace: namespace, from: page.resourceVersion)
            }
            // Between two pages others have their turn.
            await EventLoop.yield()
        }
    }

    /// Sends events until time is up, the client has gone, it is too slow, or the server ends.
    private func follow(_ subscription: any WatchSubscription, _ sender: inout WatchSender) async {
        let seconds = options.timeoutSeconds > 0 ? options.timeoutSeconds : Int.random(in: Self.defaultTimeoutSeconds)
        let end = ContinuousClock.now + .seconds(min(seconds, Self.timeoutSecondsMax))
        var alarm: Alarm?
        defer { alarm?.cancel() }
        do throws(Status) {
            while !sender.isOver, !subscription.isCancelled {
                let left = ContinuousClock.now.duration(to: end)
                if left <= .zero { break }
                if alarm == nil {
                    let wait = options.allowsBookmarks ? min(left, .seconds(Self.bookmarkInterval)) : left
                    alarm = sender.alarm(wait) { subscription.interrupt() }
                }
                let events = try await subscription.next()
                guard !events.isEmpty else {
                    alarm?.cancel()
                    alarm = nil
                    if options.allowsBookmarks, !subscription.isCancelled {
                        sender.bookmark(subscription.resourceVersion)
                        guard await sender.flush() else { return }
                    }
                    continue
                }
                for event in events { guard try await send(event, &sender) else { return } }
                guard await sender.flush() else { return }
            }
        } catch {
            _ = await sender.write(WatchLine.error(error))
        }
    }

    /// What a change is to a client that sees only the objects that it has selected
    /// (apiserver `pkg/storage/cacher/cache_watcher.go`).
    private func send(_ event: WatchEvent, _ sender: inout WatchSender) async throws(Status) -> Bool {
        let selector = options.selector
        guard !selector.isEverything else { return try await sender.send(event.kind.rawValue, event.object) }
        let name = ObjectName(namespace: event.namespace, name: event.name)
        let isSelected = event.kind == .deleted ? false : try selector.matches(name, event.object)
        let wasSelected = if let previous = event.previous { try selector.matches(name, previous) } else { false }
        switch (wasSelected, isSelected) {
        case (false, false): return true
        case (false, true): return try await sender.send("ADDED", event.object)
        case (true, true): return try await sender.send("MODIFIED", event.object)
        case (true, false):
            guard event.kind != .deleted, let previous = event.previous else {
                return try await sender.send("DELETED", event.object)
            }
            return try await sender.send("DELETED", try previous.shown(at: event.resourceVersion))
        }
    }
}

/// One client's end of a watch: gathers lines, and sends them.
private struct WatchSender {
    /// Octets that are gathered before they are sent.
    private static let gatheredBytesMax = 64 << 10

    private let watch: ResourceWatch
    private let writer: ResponseWriter
    private var lines: [UInt8] = []
    private var hasSentObject = false

    init(watch: ResourceWatch, writer: ResponseWriter) {
        self.watch = watch
        self.writer = writer
    }

    var isOver: Bool { writer.isClosed || writer.isDraining }

    func alarm(_ duration: Duration, _ body: @escaping () -> Void) -> Alarm {
        // A millisecond that has begun does not count.
        writer.alarm(milliseconds: duration.milliseconds + 1, body)
    }

    /// Answers whether the client is still there.
    mutating func send(_ type: String, _ object: StoredObject) async throws(Status) -> Bool {
        WatchLine.append(type, try watch.rendering.watched(object, isFirst: !hasSentObject), to: &lines)
        hasSentObject = true
        return lines.count < Self.gatheredBytesMax ? true : await flush()
    }

    mutating func bookmark(_ resourceVersion: UInt64, annotations: JSONObject = [:]) {
        WatchLine.append(
            "BOOKMARK", watch.rendering.bookmark(resourceVersion: resourceVersion, annotations: annotations), to: &lines
        )
    }

    mutating func flush() async -> Bool {
        guard !lines.isEmpty else { return !writer.isClosed }
        defer { lines.removeAll(keepingCapacity: false) }
        return await writer.write(lines)
    }

    mutating func write(_ line: [UInt8]) async -> Bool {
        lines += line
        return await flush()
    }
}

private enum WatchLine {
    static func append(_ type: String, _ object: [UInt8], to lines: inout [UInt8]) {
        lines.append(contentsOf: "{\"type\":\"".utf8)
        lines.append(contentsOf: type.utf8)
        lines.append(contentsOf: "\",\"object\":".utf8)
        lines.append(contentsOf: object)
        lines.append(contentsOf: "}\n".utf8)
    }

    static func error(_ status: Status) -> [UInt8] {
        var line: [UInt8] = []
        append("ERROR", status.json.serialized(), to: &line)
        return line
    }
}

extension ListOptions {
    /// After what a watch begins; `nil` when it begins with what there is.
    fileprivate var watchStart: UInt64? {
        guard let resourceVersion, resourceVersion > 0, sendsInitialEvents != true else { return nil }
        return resourceVersion
    }
}

extension StoredObject {
    fileprivate func shown(at resourceVersion: UInt64) throws(Status) -> StoredObject {
        var value = try json()
        value["metadata"]?["resourceVersion"] = .string(String(resourceVersion))
        return StoredObject(bytes: value.serialized(), resourceVersion: resourceVersion)
    }
}
