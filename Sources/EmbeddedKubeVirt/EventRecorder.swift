import KubeModel

/// Writes core/v1 Events, as client-go `tools/record` does: one that says the same of the same object again counts.
///
/// Lives on the runner's loop. Events go an hour after they were last seen, and sooner when there are too many.
final class EventRecorder {
    enum Limits {
        /// Seconds that an event is kept after it was last seen: kube-apiserver's `--event-ttl`.
        static let timeToLiveSeconds: Int64 = 3600
        /// Events that are kept; for one more, the one that was seen longest ago goes.
        static let eventsMax = 10_000
        /// Seconds in which the same event is not written again.
        static let repeatPauseSeconds: Int64 = 60
    }

    private struct Key: Hashable {
        let namespace: String
        let name: String
    }

    private let cluster: any Cluster
    private let now: @Sendable () -> Int64
    private let eventsMax: Int
    /// When each event was last written: seconds since 1970.
    private var lastSeen: [Key: Int64] = [:]
    /// By time; entries that `lastSeen` has another time for are void.
    private var order = FIFO<(key: Key, seconds: Int64)>()

    init(cluster: any Cluster, now: @escaping @Sendable () -> Int64, eventsMax: Int = Limits.eventsMax) {
        self.cluster = cluster
        self.now = now
        self.eventsMax = eventsMax
    }

    /// Learns of the events that there are.
    func load() async throws(Status) {
        var known: [(key: Key, seconds: Int64)] = []
        for item in try await cluster.list(.event, namespace: nil).items {
            guard let event = try? item.json() else { continue }
            let seconds = RFC3339.seconds(event["lastTimestamp"]?.string ?? "") ?? now()
            known.append((Key(namespace: event.metadataNamespace ?? "", name: event.metadataName ?? ""), seconds))
        }
        // What was recorded while the list was read is newer.
        for (key, seconds) in known.sorted(by: { $0.seconds < $1.seconds }) where lastSeen[key] == nil {
            remember(key, seconds)
        }
    }

    /// Writes an event, unless it was written a moment ago.
    func record(_ note: EventNote) async throws(Status) {
        let uid = note.subject.metadataUID ?? ""
        let hash = StableHash("event", uid, note.kind.rawValue, note.reason, note.message).hexadecimal
        let key = Key(
            namespace: note.subject.metadataNamespace ?? "", name: "\(note.subject.metadataName ?? "").\(hash)")
        let seconds = now()
        if let last = lastSeen[key], seconds - last < Limits.repeatPauseSeconds { return }
        remember(key, seconds)
        do throws(Status) {
            _ = try await cluster.create(
                .event, namespace: key.namespace, object: Self.event(note, name: key.name, seconds), options: .init())
        } catch {
            guard error.reason == "AlreadyExists" else { throw error }
            try await count(key, seconds)
        }
        try await removeOld()
    }

    private func count(_ key: Key, _ seconds: Int64) async throws(Status) {
        let stored = try await cluster.get(.event, namespace: key.namespace, name: key.name)
        guard var event = try? stored.json() else { return }
        event["count"] = .number(JSONNumber((event["count"]?.int ?? 1) &+ 1))
        event["lastTimestamp"] = .string(Timestamp.rfc3339(seconds))
        _ = try await cluster.update(
            .event, namespace: key.namespace, name: key.name, object: event, options: .init())
    }

    private static func event(_ note: EventNote, name: String, _ seconds: Int64) -> JSONValue {
        let subject = note.subject
        let time = JSONValue.string(Timestamp.rfc3339(seconds))
        var source: JSONValue = ["component": .string(note.source.rawValue)]
        if note.source == .handler, let node = subject[path: "status", "nodeName"] { source["host"] = node }
        return [
            "apiVersion": "v1", "kind": "Event",
            "metadata": ["name": .string(name), "namespace": .string(subject.metadataNamespace ?? "")],
            "involvedObject": [
                "kind": subject["kind"] ?? "", "namespace": .string(subject.metadataNamespace ?? ""),
                "name": .string(subject.metadataName ?? ""), "uid": .string(subject.metadataUID ?? ""),
                "apiVersion": subject["apiVersion"] ?? "",
                "resourceVersion": .string(subject.metadataResourceVersion ?? ""),
            ],
            "reason": .string(note.reason), "message": .string(note.message), "source": source,
            "firstTimestamp": time, "lastTimestamp": time, "count": 1, "type": .string(note.kind.rawValue),
            "eventTime": .null, "reportingComponent": .string(note.source.rawValue), "reportingInstance": "",
        ]
    }

    // MARK: The end of events

    /// Deletes what is too old or too much.
    func removeOld() async throws(Status) {
        let oldest = now() - Limits.timeToLiveSeconds
        while let (key, seconds) = order.first {
            let isCurrent = lastSeen[key] == seconds
            guard !isCurrent || seconds < oldest || lastSeen.count > eventsMax else { break }
            order.popFirst()
            guard isCurrent else { continue }
            lastSeen[key] = nil
            do throws(Status) {
                _ = try await cluster.delete(
                    .event, namespace: key.namespace, name: key.name, options: DeleteOptions())
            } catch {
                guard error.code == 404 else { throw error }
            }
        }
    }

    private func remember(_ key: Key, _ seconds: Int64) {
        lastSeen[key] = seconds
        order.append((key, seconds))
    }
}
