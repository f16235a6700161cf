import KubeModel
import Testing

@testable import EmbeddedCluster

@Suite(.timeLimit(.minutes(5))) struct WatchTests {
    private static let vmi = Resource.virtualMachineInstance

    /// `ADDED vmi 1`, and with `<-` what it was before.
    private func text(_ events: [WatchEvent]) -> [String] {
        events.map { event in
            let before = event.previous.map { " <- \($0.resourceVersion)" } ?? ""
            return "\(event.kind.rawValue) \(event.namespace)/\(event.name) \(event.resourceVersion)\(before)"
        }
    }

    private func limits(events: Int = 1000, bytes: Int = 1 << 20, batch: Int = 100) -> EventHistory.Limits {
        EventHistory.Limits(eventsMax: events, bytesMax: bytes, batchMax: batch)
    }

    @Test func `tells what came after the resourceVersion, with the object before and after`() async throws {
        let test = try TestCluster()
        try await test.createVMI("a")
        let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: 1)
        try await test.createVMI("b")
        _ = try await test.merge(["spec": ["x": 1]], Self.vmi, "a")
        _ = try await test.cluster.delete(Self.vmi, namespace: "default", name: "a", options: DeleteOptions())
        let events = try await watch.next()
        #expect(
            text(events) == [
                "ADDED default/b 2", "MODIFIED default/a 3 <- 1", "DELETED default/a 4 <- 3",
            ])
        #expect(try test.json(events[2].object)[path: "spec", "x"]?.int == 1)
        #expect(watch.resourceVersion == 4)
    }

    @Test func `the last change of a resource is that of its own objects alone, and one that is acknowledged counts`()
        async throws
    {
        let test = try TestCluster()
        #expect(test.cluster.lastChange(of: Self.vmi) == 0)
        try await test.createVMI("a")
        #expect(test.cluster.lastChange(of: Self.vmi) == 1)
        #expect(test.cluster.lastChange(of: .kubeVirt) == 0)
        try await test.createVMI("b")
        _ = try await test.cluster.delete(Self.vmi, namespace: "default", name: "a", options: DeleteOptions())
        #expect(test.cluster.lastChange(of: Self.vmi) == 3)
    }

    @Test func `wakes a watcher that waits, once for each commit`() async throws {
        let test = try TestCluster()
        let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: 0)
        async let first = watch.next()
        try await test.createVMI("a")
        #expect(text(try await first) == ["ADDED default/a 1"])
        async let second = watch.next()
        try await test.createVMI("b")
        #expect(text(try await second) == ["ADDED default/b 2"])
    }

    @Test func `a write that changes nothing, is refused or is a dry run is no event`() async throws {
        let test = try TestCluster()
        let created = try await test.createVMI("a")
        let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: 1)
        _ = try await test.update(created, Self.vmi)
        await #expect(throws: Status.self) { try await test.createVMI("a") }
        _ = try await test.merge(["spec": ["x": 1]], Self.vmi, "a", options: WriteOptions(dryRun: true))
        try await test.createVMI("b")
        #expect(text(try await watch.next()) == ["ADDED default/b 2"])
    }

    @Test func `follows one resource and one namespace, and is not left behind by the others`() async throws {
        let test = try TestCluster { $0.history = limits(events: 2) }
        let watch = try await test.cluster.watch(Self.vmi, namespace: "kube-system", from: 0)
        async let events = watch.next()
        for number in 0..<8 {
            try await test.createVMI("vmi-\(number)")
            try await test.create(.virtualMachine, "vm-\(number)", body: ["spec": ["template": ["spec": [:]]]])
        }
        _ = try await test.cluster.create(
            Self.vmi, namespace: "kube-system", object: manifest(Self.vmi, "mine"), options: WriteOptions())
        #expect(text(try await events) == ["ADDED kube-system/mine 17"])
        #expect(watch.resourceVersion == 17)
    }

    @Test func `takes a bounded number of events at once`() async throws {
        let test = try TestCluster { $0.history = limits(batch: 2) }
        let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: 0)
        for name in ["a", "b", "c"] { try await test.createVMI(name) }
        #expect(text(try await watch.next()) == ["ADDED default/a 1", "ADDED default/b 2"])
        #expect(watch.resourceVersion == 2)
        #expect(text(try await watch.next()) == ["ADDED default/c 3"])
    }

    @Test(arguments: [(3, nil), (2, "too old resource version: 2 (3)")] as [(UInt64, String?)])
    func `resumes from what is kept of five events, three, and from no earlier`(
        _ resourceVersion: UInt64, _ refusal: String?
    ) async throws {
        let test = try TestCluster { $0.history = limits(events: 2) }
        for name in ["a", "b", "c", "d", "e"] { try await test.createVMI(name) }
        guard let refusal else {
            let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: resourceVersion)
            #expect(text(try await watch.next()) == ["ADDED default/d 4", "ADDED default/e 5"])
            return
        }
        let status = await #expect(throws: Status.self) {
            try await test.cluster.watch(Self.vmi, namespace: nil, from: resourceVersion)
        }
        #expect(status?.code == 410 && status?.reason == "Expired")
        #expect(status?.message == refusal)
    }

    @Test func `a watcher that is overtaken by the history is told so`() async throws {
        let test = try TestCluster { $0.history = limits(events: 2) }
        let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: 0)
        for name in ["a", "b", "c"] { try await test.createVMI(name) }
        let status = await #expect(throws: Status.self) { try await watch.next() }
        #expect(status?.code == 410)
    }

    @Test(arguments: [(0, 2), (1, 1)])
    func `the history is bounded in octets`(_ short: Int, _ kept: Int) async throws {
        var history = EventHistory(floor: 0)
        let limits = limits(bytes: 20 - short)
        for version in 1...3 as ClosedRange<UInt64> {
            let object = StoredObject(bytes: [UInt8](repeating: 0, count: 10), resourceVersion: version)
            history.append(
                WatchEvent(kind: .added, namespace: "", name: "a", object: object, previous: nil), limits: limits)
        }
        #expect(history.count == kept)
        #expect(history.bytes == 10 * kept)
        #expect(history.floor == UInt64(3 - kept))
    }

    @Test func `a resourceVersion of the future is refused`() async throws {
        let test = try TestCluster()
        try await test.createVMI("a")
        let status = await #expect(throws: Status.self) {
            try await test.cluster.watch(Self.vmi, namespace: nil, from: 2)
        }
        #expect(status?.code == 504)
        #expect(status?.details?.causes.map(\.reason) == ["ResourceVersionTooLarge"])
    }

    @Test func `a store that was opened again knows nothing of the time before`() async throws {
        let test = try TestCluster()
        try await test.createVMI("a")
        try await test.createVMI("b")
        test.cluster.close()
        let again = try EmbeddedCluster(directory: test.directory)
        defer { again.close() }
        let status = await #expect(throws: Status.self) {
            try await again.watch(Self.vmi, namespace: nil, from: 1)
        }
        #expect(status?.message == "too old resource version: 1 (2)")
        _ = try await again.watch(Self.vmi, namespace: nil, from: 2)
    }

    @Test func `cancel and interrupt end the wait, and only cancel ends the watch`() async throws {
        let test = try TestCluster()
        let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: 0)
        async let interrupted = watch.next()
        watch.interrupt()
        #expect(try await interrupted.isEmpty)
        #expect(!watch.isCancelled)
        try await test.createVMI("a")
        #expect(text(try await watch.next()) == ["ADDED default/a 1"])
        async let cancelled = watch.next()
        watch.cancel()
        #expect(try await cancelled.isEmpty)
        #expect(watch.isCancelled)
        #expect(try await watch.next().isEmpty)
    }

    @Test func `closing the store ends the watches`() async throws {
        let test = try TestCluster()
        let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: 0)
        async let events = watch.next()
        test.cluster.close()
        #expect(try await events.isEmpty)
        #expect(watch.isCancelled)
        await #expect(throws: Status.self) { try await test.cluster.watch(Self.vmi, namespace: nil, from: 0) }
    }

    @Test func `eight watchers see 400 writes of 16 tasks, each once and in order`() async throws {
        let test = try TestCluster()
        let watchers = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 {
                let watch = try await test.cluster.watch(Self.vmi, namespace: nil, from: 0)
                group.addTask {
                    var versions: [UInt64] = []
                    while versions.count < 400 { versions += try await watch.next().map(\.resourceVersion) }
                    return versions
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { writers in
                for task in 0..<16 {
                    writers.addTask {
                        for number in 0..<25 { try await test.createVMI("vmi-\(task)-\(number)") }
                    }
                }
                try await writers.waitForAll()
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(watchers.count == 8)
        for versions in watchers { #expect(versions == Array(1...400)) }
    }
}
