import KubeModel
import Testing

@testable import EmbeddedCluster

@Suite(.timeLimit(.minutes(5))) struct ObjectCacheTests {
    private static let entry = StoreLimits.cacheEntryBytes

    private func key(_ name: String) -> ObjectKey { ObjectKey(resource: "r", namespace: "n", name: name) }

    private func object(_ version: UInt64, bytes: Int = 0) -> StoredObject {
        StoredObject(bytes: [UInt8](repeating: 0, count: bytes), resourceVersion: version)
    }

    private func change(_ kind: WatchEvent.Kind, _ name: String, _ version: UInt64) -> EventLog.Entry {
        EventLog.Entry(
            resource: "r",
            event: WatchEvent(kind: kind, namespace: "n", name: name, object: object(version), previous: nil))
    }

    /// `nil` when it is to be read.
    private func version(_ name: String, _ cache: ObjectCache) -> UInt64? {
        guard case .known(let object) = cache.lookup(key(name)) else { return nil }
        return object.resourceVersion
    }

    private func epoch(_ name: String, _ cache: ObjectCache) throws -> UInt64 {
        guard case .unknown(let epoch) = cache.lookup(key(name)) else { throw Known() }
        return epoch
    }

    private struct Known: Error {}

    @Test func `keeps what was read, and what was written`() throws {
        let cache = ObjectCache(bytesMax: 1 << 20)
        cache.offer(object(1), key("a"), epoch: try epoch("a", cache))
        #expect(version("a", cache) == 1)
        cache.begin([change(.modified, "a", 2)])
        cache.end([change(.modified, "a", 2)])
        #expect(version("a", cache) == 2)
        cache.begin([change(.deleted, "a", 3)])
        cache.end([change(.deleted, "a", 3)])
        #expect(version("a", cache) == nil)
    }

    @Test func `what is being committed is read from the store, and not kept`() throws {
        let cache = ObjectCache(bytesMax: 1 << 20)
        cache.offer(object(1), key("a"), epoch: try epoch("a", cache))
        cache.begin([change(.modified, "a", 2)])
        let during = try epoch("a", cache)
        cache.offer(object(1), key("a"), epoch: during)
        #expect(version("a", cache) == nil)
        cache.end([change(.modified, "a", 2)])
        cache.offer(object(1), key("a"), epoch: during)
        #expect(version("a", cache) == 2)
    }

    @Test func `what was read before a commit and comes after it is not kept`() throws {
        let cache = ObjectCache(bytesMax: 1 << 20)
        let before = try epoch("a", cache)
        cache.begin([change(.deleted, "a", 2)])
        cache.end([change(.deleted, "a", 2)])
        cache.offer(object(1), key("a"), epoch: before)
        #expect(version("a", cache) == nil)
    }

    @Test func `of a commit that failed nothing is kept, and later reads are`() throws {
        let cache = ObjectCache(bytesMax: 1 << 20)
        cache.offer(object(1), key("a"), epoch: try epoch("a", cache))
        cache.begin([change(.modified, "a", 2)])
        let during = try epoch("a", cache)
        cache.abandon()
        cache.offer(object(1), key("a"), epoch: during)
        #expect(version("a", cache) == nil)
        cache.offer(object(1), key("a"), epoch: try epoch("a", cache))
        #expect(version("a", cache) == 1)
    }

    @Test func `is bounded in octets, and forgets first what is used least`() throws {
        let cache = ObjectCache(bytesMax: 4 * (Self.entry + 10))
        for name in ["a", "b"] { cache.offer(object(1, bytes: 10), key(name), epoch: try epoch(name, cache)) }
        cache.offer(object(1, bytes: 10), key("c"), epoch: try epoch("c", cache))
        #expect(version("a", cache) == 1)
        cache.offer(object(1, bytes: 10), key("d"), epoch: try epoch("d", cache))
        #expect(["a", "b", "c", "d"].map { version($0, cache) != nil } == [true, false, true, true])
        #expect(cache.bytes <= 4 * (Self.entry + 10))
    }

    @Test(arguments: [(10, true), (11, false)])
    func `keeps an object of half its size, and none that is longer`(_ bytes: Int, _ isKept: Bool) throws {
        let cache = ObjectCache(bytesMax: 2 * (Self.entry + 10))
        cache.offer(object(1, bytes: bytes), key("a"), epoch: try epoch("a", cache))
        #expect((version("a", cache) != nil) == isKept)
    }

    @Test func `under 16 writers nobody reads an older object than was acknowledged, or than he has read`() async throws
    {
        let test = try TestCluster()
        for object in 0..<4 { try await test.createVMI("vmi-\(object)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let name = "vmi-\(task % 4)"
                    var last: UInt64 = 0
                    for number in 0..<20 {
                        let written = try await test.cluster.patch(
                            .virtualMachineInstance, namespace: "default", name: name,
                            patch: .merge(["spec": ["n\(task)": .number(JSONNumber(number))]]), options: WriteOptions())
                        for _ in 0..<10 {
                            let read = try await test.cluster.get(
                                .virtualMachineInstance, namespace: "default", name: name)
                            #expect(read.resourceVersion >= max(last, written.resourceVersion))
                            last = read.resourceVersion
                            let listed = try await test.cluster.list(.virtualMachineInstance, namespace: "default")
                            last = listed.items[task % 4].resourceVersion
                            #expect(last >= read.resourceVersion)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
