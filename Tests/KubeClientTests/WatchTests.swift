import FakeKubeAPIServer
import KubeModel
import Reactor
import Synchronization
import Testing

@testable import KubeClient

@Suite struct WatchTests {
    /// What a watch tells, in words, as a stream.
    private final class Record: Sendable {
        let told: AsyncStream<String>
        private let continuation: AsyncStream<String>.Continuation

        init() { (told, continuation) = AsyncStream.makeStream() }

        func take(_ change: Watch.Change) {
            switch change {
            case .listed(let items):
                continuation.yield("listed " + items.map { $0.metadataName ?? "" }.joined(separator: " "))
            case .changed(let object): continuation.yield("changed \(object.metadataName ?? "")")
            case .deleted(let object): continuation.yield("deleted \(object.metadataName ?? "")")
            }
        }

        func take(_ state: Watch.State) {
            switch state {
            case .current: continuation.yield("current")
            case .failing(let reason, let code): continuation.yield("failing \(code.map { "\($0) " } ?? "")\(reason)")
            }
        }
    }

    private static func list(_ names: [String], version: String, next: String = "") -> FakeKubeAPIServer.Answer {
        var metadata: JSONObject = ["resourceVersion": .string(version)]
        if !next.isEmpty { metadata["continue"] = .string(next) }
        return .json([
            "metadata": .object(metadata), "items": .array(names.map { ["metadata": ["name": .string($0)]] }),
        ])
    }

    private static func event(_ type: String, _ name: String, version: String) -> String {
        #"{"type":"\#(type)","object":{"metadata":{"name":"\#(name)","resourceVersion":"\#(version)"}}}"# + "\n"
    }

    private static func stream(_ pieces: String...) -> FakeKubeAPIServer.Answer {
        .stream(
            AsyncStream { continuation in
                for piece in pieces { continuation.yield(piece) }
                continuation.finish()
            })
    }

    private static let open = FakeKubeAPIServer.Answer.stream(AsyncStream { _ in })

    /// Runs a watch against `answers`, one a request, until it has told `expected`; further requests hang.
    private func expect(
        _ expected: [String], requests: [String], answers: [FakeKubeAPIServer.Answer], fieldSelector: String? = nil,
        limits: KubeClientLimits = KubeClientLimits()
    ) async throws {
        try await withUpstream { _, count in
            count < answers.count ? answers[count] : Self.open
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream), limits: limits) { client in
                let record = Record()
                let watch = Watch(
                    client, path: "/list", fieldSelector: fieldSelector, backoff: Backoff(first: 1, max: 2),
                    state: { record.take($0) }, changed: { record.take($0) })
                let loop = client.firstLoop
                let running = Task { await watch.run(on: loop) }
                var told: [String] = []
                for await line in record.told {
                    told.append(line)
                    if told.count == expected.count { break }
                }
                #expect(told == expected)
                watch.stop()
                await client.close()
                await running.value
                let lines = upstream.lines.map { $0.replacing(/timeoutSeconds=[3-6]\d\d/, with: "t") }
                #expect(lines.prefix(requests.count) == requests[...])
            }
        }
    }

    private static func watching(_ version: String) -> String {
        "GET /list?watch=true&allowWatchBookmarks=true&resourceVersion=\(version)&t"
    }

    @Test func `lists by pages, follows events in any pieces, and goes on from the last bookmark`() async throws {
        let events = Self.event("ADDED", "c", version: "12") + Self.event("MODIFIED", "a}\\\"{", version: "13")
        try await expect(
            [
                "listed a b", "current", "current", "changed c", "changed a}\"{", "deleted b", "current", "changed d",
            ],
            requests: [
                "GET /list?limit=500&fieldSelector=metadata.name%3Dx&resourceVersion=0",
                "GET /list?limit=500&fieldSelector=metadata.name%3Dx&continue=more%3D",
                Self.watching("11") + "&fieldSelector=metadata.name%3Dx",
                Self.watching("20") + "&fieldSelector=metadata.name%3Dx",
            ],
            answers: [
                Self.list(["a"], version: "10", next: "more="), Self.list(["b"], version: "11"),
                Self.stream(
                    String(events.prefix(30)), String(events.dropFirst(30).prefix(101)), String(events.dropFirst(131)),
                    Self.event("DELETED", "b", version: "14") + Self.event("BOOKMARK", "", version: "20")),
                Self.stream(Self.event("ADDED", "d", version: "21")),
            ], fieldSelector: "metadata.name=x")
    }

    @Test(arguments: [
        FakeKubeAPIServer.Answer.status(410, body: "{}"),
        stream(#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"#),
    ]) func `lists anew, from the newest state, when its version is too old`(answer: FakeKubeAPIServer.Answer)
        async throws
    {
        let isError = if case .stream = answer { true } else { false }
        try await expect(
            ["listed a", "current"] + (isError ? ["current"] : []) + ["listed b", "current", "current"],
            requests: [
                "GET /list?limit=500&resourceVersion=0", Self.watching("10"), "GET /list?limit=500",
                Self.watching("20"),
            ],
            answers: [Self.list(["a"], version: "10"), answer, Self.list(["b"], version: "20")])
    }

    @Test func `a server that answers every watch with 410 was asked without a pause`() async throws {
        let expired = "failing 410 watch /list: the version of a list is too old"
        try await expect(
            ["listed a", "current", "listed b", "current", expired, "listed c", "current", expired, "listed d"],
            requests: ["GET /list?limit=500&resourceVersion=0", Self.watching("10")]
                + ["20", "30"].flatMap { ["GET /list?limit=500", Self.watching($0)] },
            answers: [("a", "10"), ("b", "20"), ("c", "30"), ("d", "40")].flatMap {
                [Self.list([$0], version: $1), .status(410)]
            })
    }

    @Test func `a list after a good one still was asked of the store, for a 410 long ago`() async throws {
        try await expect(
            ["listed a", "current", "listed b", "current", "failing 500 watch /list: status 500", "listed c"],
            requests: [
                "GET /list?limit=500&resourceVersion=0", Self.watching("10"), "GET /list?limit=500",
                Self.watching("20"), "GET /list?resourceVersion=20",
            ],
            answers: [
                Self.list(["a"], version: "10"), .status(410), Self.list(["b"], version: "20"), .status(500),
                Self.list(["c"], version: "30"),
            ])
    }

    @Test func `a watch that had fallen silent was read for up to ten minutes`() async throws {
        let (silent, end) = AsyncStream<String>.makeStream()
        defer { end.finish() }
        end.yield(Self.event("ADDED", "b", version: "11"))
        var limits = KubeClientLimits()
        limits.watchIdleTimeout = 100
        try await expect(
            ["listed a", "current", "current", "changed b", "current", "changed c"],
            requests: ["GET /list?limit=500&resourceVersion=0", Self.watching("10"), Self.watching("11")],
            answers: [
                Self.list(["a"], version: "10"), .stream(silent),
                Self.stream(Self.event("ADDED", "c", version: "12")),
            ], limits: limits)
    }

    @Test func `a watch whose events come in time is not opened anew`() async throws {
        let (slow, continuation) = AsyncStream<String>.makeStream()
        defer { continuation.finish() }
        let gaps = Mutex((last: ContinuousClock.now, longest: Duration.zero))
        try await withUpstream { _, count in
            [Self.list(["a"], version: "10"), .stream(slow), Self.open][min(count, 2)]
        } _: { upstream in
            var limits = KubeClientLimits()
            limits.watchIdleTimeout = 1000
            try await withClient(try ClientConfiguration(upstream), limits: limits) { client in
                let record = Record()
                let watch = Watch(
                    client, path: "/list", state: { record.take($0) },
                    changed: { change in
                        let now = ContinuousClock.now
                        gaps.withLock { $0 = (now, max($0.longest, now - $0.last)) }
                        record.take(change)
                    })
                let loop = client.firstLoop
                let running = Task { await watch.run(on: loop) }
                // All together take longer than the limit, and each comes long before it.
                let sending = Task {
                    for number in 1...15 {
                        continuation.yield(Self.event("MODIFIED", "\(number)", version: "\(10 + number)"))
                        await loop.sleep(milliseconds: 100)
                    }
                }
                for await line in record.told where line == "changed 15" || upstream.lines.count > 2 { break }
                // A machine that is too busy to send them in time proves nothing.
                if gaps.withLock({ $0.longest < .milliseconds(500) }) { #expect(upstream.lines.count == 2) }
                await sending.value
                watch.stop()
                await client.close()
                await running.value
            }
        }
    }

    @Test func `a watch that a server that hangs did not answer was waited for up to ten minutes`() async throws {
        let (never, end) = AsyncStream<Void>.makeStream()
        try await withUpstream { _, count in
            if count == 0 { return Self.list(["a"], version: "10") }
            for await _ in never {}
            return .status(500)
        } _: { upstream in
            var limits = KubeClientLimits()
            limits.watchHeadTimeout = 100
            let configuration = try ClientConfiguration(upstream)
            try await withClient(configuration, limits: limits) { client in
                let health = WatchHealth()
                let record = Record()
                let watch = Watch(
                    client, path: "/list", backoff: Backoff(first: 1, max: 2),
                    state: {
                        health.record($0)
                        record.take($0)
                    }, changed: { _ in })
                let loop = client.firstLoop
                let running = Task { await watch.run(on: loop) }
                var told = record.told.makeAsyncIterator()
                #expect(await told.next() == "current")
                #expect(
                    await told.next() == "failing watch /list: \(configuration.server): no answer in 100 ms")
                #expect(health.reason != nil)
                watch.stop()
                end.finish()
                await client.close()
                await running.value
            }
        }
    }

    @Test func `a list after a failure could be older than what had been seen`() async throws {
        try await expect(
            [
                "listed a", "current", "current", "changed b", "failing 0 watch /list: an event is not JSON",
                "failing 504 list /list: too large", "listed c", "current",
            ],
            requests: [
                "GET /list?limit=500&resourceVersion=0", Self.watching("10"), "GET /list?resourceVersion=15",
                "GET /list?limit=500",
            ],
            answers: [
                Self.list(["a"], version: "10"), Self.stream(Self.event("ADDED", "b", version: "15"), "{]"),
                .json(["kind": "Status", "message": "too large"], status: 504), Self.list(["c"], version: "12"),
            ])
    }

    @Test func `says why a list fails, and tries again`() async throws {
        try await expect(
            [
                "failing 403 list /list: not you", "failing 500 list /list: status 500: oops",
                "failing 200 list /list: status 200: <html>", "listed a", "current",
            ],
            requests: Array(repeating: "GET /list?limit=500&resourceVersion=0", count: 4),
            answers: [
                .json(["kind": "Status", "message": "not you"], status: 403), .status(500, body: "oops\nmore"),
                .status(200, body: "<html>"), Self.list(["a"], version: "10"),
            ])
    }

    @Test func `watches again from where it was when a watch breaks, is refused for a while or ends at once`()
        async throws
    {
        try await expect(
            [
                "listed a", "current", "failing 429 watch /list: status 429", "current",
                "failing watch /list: ended at once", "current", "changed b", "current",
            ],
            requests: [
                "GET /list?limit=500&resourceVersion=0", Self.watching("10"), Self.watching("10"), Self.watching("10"),
                Self.watching("11"),
            ],
            answers: [
                Self.list(["a"], version: "10"), .status(429), Self.stream(),
                Self.stream(Self.event("ADDED", "b", version: "11")),
            ])
    }

    @Test(arguments: [
        ("{\"type\":1}", "watch /list: an event is not JSON"), ("{]", "watch /list: an event is not JSON"),
        (#"{"type":"NEWS","object":{}}"#, "watch /list: an event of type NEWS"),
        (#"{"type":"ERROR","object":{"code":500,"message":"etcd"}}"#, "watch /list: etcd"),
    ]) func `lists anew when it does not understand an event`(event: String, reason: String) async throws {
        let code = event.contains("500") ? 500 : 0
        try await expect(
            ["listed a", "current", "current", "failing \(code) \(reason)", "listed b"],
            requests: [
                "GET /list?limit=500&resourceVersion=0", Self.watching("10"), "GET /list?resourceVersion=10",
            ],
            answers: [Self.list(["a"], version: "10"), Self.stream(event), Self.list(["b"], version: "20")])
    }

    @Test func `pauses from 0.8 s to 30 s, doubling, and starts over after a calm time`() {
        var backoff = Backoff()
        var now = ContinuousClock.now
        for base: Int64 in [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000] {
            let pause = backoff.pause(now: now)
            #expect((base...min(base * 2, 30_000)).contains(pause), "\(base): \(pause)")
            now += .seconds(60)
        }
        now += .seconds(121)
        #expect((800...1600).contains(backoff.pause(now: now)))
    }
}

@Suite struct JSONFramesTests {
    @Test func `finds the same objects wherever the pieces end`() throws {
        let text = #"{"a":"}\"{","b":[{}]}{"c":1}"# + "\n\r\n" + #" {"d":"\\"}"#
        let bytes = Array(text.utf8)
        var whole = JSONFrames(frameBytesMax: 100)
        let expected = try whole.append(bytes)
        #expect(expected.count == 3)
        for cut in 0...bytes.count {
            var frames = JSONFrames(frameBytesMax: 100)
            let found = try frames.append(Array(bytes[..<cut])) + frames.append(Array(bytes[cut...]))
            #expect(found == expected, "cut at \(cut)")
        }
    }

    @Test func `bounds an object that does not end`() throws {
        var frames = JSONFrames(frameBytesMax: 10)
        #expect(try frames.append(Array("{\"123456789".utf8).prefix(10).map { $0 }) == [])
        #expect(throws: JSONFrames.TooLong.self) { try frames.append([0x20]) }
    }
}

@Suite struct SharingTests {
    @Test func `forgets after its time, and the oldest when it is full`() {
        let clock = TestClock()
        let cache = ExpiringCache<String, Int>(lifetime: .seconds(10), entriesMax: 2, now: { clock.now })
        cache.insert(1, for: "a")
        clock.advance(.seconds(5))
        cache.insert(2, for: "b")
        #expect(cache["a"] == 1 && cache["b"] == 2)
        clock.advance(.seconds(5))
        #expect(cache["a"] == nil && cache["b"] == 2)
        cache.insert(3, for: "c")
        cache.insert(4, for: "c")
        #expect(cache["b"] == 2 && cache["c"] == 4)
        cache.insert(5, for: "d")
        #expect(cache["b"] == nil && cache["c"] == 4 && cache["d"] == 5)
        for number in 0..<1000 { cache.insert(number, for: "\(number)") }
        #expect((0..<1000).filter { cache["\($0)"] != nil } == [998, 999])
    }

    @Test func `one asks for all who ask at the same time`() async {
        let flight = SingleFlight<String, Int>()
        let asked = Counter()
        let (gate, open) = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    await flight.value(for: "x") {
                        asked.increment()
                        for await _ in gate {}
                        return 7
                    }
                }
            }
            while flight.waiting(for: "x") != 9 { await Task.yield() }
            // Another key does not wait.
            #expect(await flight.value(for: "y") { 8 } == 8)
            open.finish()
            for await value in group { #expect(value == 7) }
        }
        #expect(asked.value == 1)
        #expect(await flight.value(for: "x") { 9 } == 9)
    }
}
