import KubeModel
import Synchronization
import Testing

@testable import EmbeddedKubeVirt

@Suite struct EventRecorderTests {
    private final class Clock: Sendable {
        let seconds = Mutex<Int64>(1_700_000_000)
        func advance(_ count: Int64) { seconds.withLock { $0 += count } }
        var now: @Sendable () -> Int64 { { self.seconds.withLock { $0 } } }
    }

    private let clock = Clock()

    private func note(_ message: String, _ kind: EventNote.Kind = .normal) -> EventNote {
        EventNote(
            kind, "Reason", message, from: .controller,
            about: [
                "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
                "metadata": ["name": "vmi", "namespace": "default", "uid": "u", "resourceVersion": "7"],
            ])
    }

    private func events(_ played: PlayedCluster) async throws -> [String] {
        try await played.list(.event).map { event in
            "\(event["message"]?.string ?? "") x\(event["count"]?.int ?? 0)"
        }.sorted()
    }

    @Test func `tells what kubectl shows`() async throws {
        let played = try PlayedCluster()
        let recorder = EventRecorder(cluster: played.cluster, now: clock.now)
        try await recorder.record(note("hello", .warning))
        let event = try #require(try await played.list(.event).first)
        #expect(event["type"] == "Warning")
        #expect(event["reason"] == "Reason")
        #expect(event[path: "source", "component"] == "virtualmachine-controller")
        #expect(event["firstTimestamp"] == "2023-11-14T22:13:20Z")
        #expect(event["lastTimestamp"] == "2023-11-14T22:13:20Z")
        #expect(
            event["involvedObject"] == [
                "kind": "VirtualMachineInstance", "namespace": "default", "name": "vmi", "uid": "u",
                "apiVersion": "kubevirt.io/v1", "resourceVersion": "7",
            ])
    }

    @Test func `counts what is said again, but not at once`() async throws {
        let played = try PlayedCluster()
        let recorder = EventRecorder(cluster: played.cluster, now: clock.now)
        for _ in 0..<3 { try await recorder.record(note("a")) }
        #expect(try await events(played) == ["a x1"])
        clock.advance(EventRecorder.Limits.repeatPauseSeconds)
        try await recorder.record(note("a"))
        #expect(try await events(played) == ["a x2"])
        // One that starts anew knows no more than what is stored, and goes on counting.
        clock.advance(EventRecorder.Limits.repeatPauseSeconds)
        let another = EventRecorder(cluster: played.cluster, now: clock.now)
        try await another.record(note("a"))
        try await another.record(note("b"))
        #expect(try await events(played) == ["a x3", "b x1"])
        let event = try await played.list(.event).first { $0["message"] == "a" }
        #expect(event?["lastTimestamp"]?.string == Timestamp.rfc3339(clock.now()))
    }

    @Test func `events go an hour after they were last seen`() async throws {
        let played = try PlayedCluster()
        let recorder = EventRecorder(cluster: played.cluster, now: clock.now)
        try await recorder.record(note("a"))
        try await recorder.record(note("b"))
        clock.advance(100)
        try await recorder.record(note("b"))
        clock.advance(EventRecorder.Limits.timeToLiveSeconds - 100)
        try await recorder.removeOld()
        #expect(try await events(played) == ["a x1", "b x2"])
        clock.advance(1)
        try await recorder.removeOld()
        #expect(try await events(played) == ["b x2"])
        // Also those of a time before this one started.
        let another = EventRecorder(cluster: played.cluster, now: clock.now)
        try await another.load()
        clock.advance(100)
        try await another.removeOld()
        #expect(try await events(played) == [])
    }

    @Test func `the oldest goes when there are too many`() async throws {
        let played = try PlayedCluster()
        let recorder = EventRecorder(cluster: played.cluster, now: clock.now, eventsMax: 3)
        for message in ["a", "b", "c"] {
            try await recorder.record(note(message))
            clock.advance(1)
        }
        #expect(try await events(played) == ["a x1", "b x1", "c x1"])
        try await recorder.record(note("d"))
        #expect(try await events(played) == ["b x1", "c x1", "d x1"])
    }
}

@Suite struct WorkQueueTests {
    private func item(_ name: String) -> WorkItem { WorkItem(.instance, namespace: "n", name: name) }

    @Test func `gives out each object once, in order`() {
        var queue = WorkQueue()
        for name in ["a", "b", "a", "c", "b"] { queue.add(item(name)) }
        #expect([queue.take(), queue.take(), queue.take(), queue.take()].map { $0?.name } == ["a", "b", "c", nil])
    }

    @Test func `an object in somebody's hands waits for them`() {
        var queue = WorkQueue()
        queue.add(item("a"))
        #expect(queue.take() == item("a"))
        queue.add(item("a"))
        #expect(queue.take() == nil)
        #expect(!queue.isIdle)
        queue.finish(item("a"))
        #expect(queue.take() == item("a"))
        queue.finish(item("a"))
        #expect(queue.isIdle)
    }
}
