import Foundation
import Testing

@testable import Reactor

private actor Counter {
    private(set) var count = 0
    func increment() -> Int {
        count += 1
        return count
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ExecutorTests {
    private static func resumeElsewhere() async {
        await withCheckedContinuation { continuation in Thread.detachNewThread { continuation.resume() } }
    }

    @Test func `a task that prefers the loop runs on its thread`() async throws {
        try await withLoop { loop in
            let executor = loop.executor
            #expect(!executor.isOnLoopThread)
            let isOnLoop = await Task(executorPreference: executor) { executor.isOnLoopThread }.value
            #expect(isOnLoop)
        }
    }

    @Test func `a task comes back to the loop after another thread resumes it`() async throws {
        try await withLoop { loop in
            let executor = loop.executor
            let wereOnLoop = await Task(executorPreference: executor) {
                var places: [Bool] = []
                for _ in 0..<20 {
                    await Self.resumeElsewhere()
                    places.append(executor.isOnLoopThread)
                }
                return places
            }.value
            #expect(wereOnLoop == [Bool](repeating: true, count: 20))
        }
    }

    @Test func `a task that waited was handed back to its loop by a thread of the global executor`() async throws {
        try await withLoop { loop in
            let wasQueuedHere = await loop.run { loop in
                Task.immediate {
                    var wasQueuedHere: [Bool] = []
                    await loop.staying {
                        _ = loop
                        for _ in 0..<3 {
                            await withCheckedContinuation { continuation in
                                // Resumed on the loop, by a job of its own, as an answer from a socket does.
                                Task {
                                    _ = loop
                                    continuation.resume()
                                    wasQueuedHere.append(loop.executor.hasLocalJobs)
                                }
                            }
                        }
                    }
                    return wasQueuedHere
                }
            }
            #expect(await wasQueuedHere.value == [true, true, true])
        }
    }

    @Test func `a default actor and child tasks keep to the loop of the task that calls them`() async throws {
        try await withLoop { loop in
            let executor = loop.executor
            let counter = Counter()
            let places = await Task(executorPreference: executor) {
                var places: [Bool] = []
                _ = await counter.increment()
                places.append(executor.isOnLoopThread)
                await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<4 { group.addTask { executor.isOnLoopThread } }
                    for await place in group { places.append(place) }
                }
                return places
            }.value
            #expect(places == [Bool](repeating: true, count: 5))
        }
    }

    @Test func `two loops pass a task between them`() async throws {
        try await withLoop { first in
            try await withLoop { second in
                let executors = (first.executor, second.executor)
                let places = await Task(executorPreference: executors.0) {
                    let away = await second.run { _ in executors.1.isOnLoopThread }
                    return [away, executors.0.isOnLoopThread]
                }.value
                #expect(places == [true, true])
            }
        }
    }

    @Test func `an immediate task starts before its maker goes on, and comes back to the loop`() async throws {
        try await withLoop { loop in
            let log = Log()
            let (stream, done) = AsyncStream.makeStream(of: Void.self)
            let (gate, opener) = AsyncStream.makeStream(of: Void.self)
            await loop.run { loop in
                // As the sessions start their handlers: a preference would have it queued (Swift 6.3).
                Task.immediate {
                    log.append(loop.selector.count == 0 ? "task" : "elsewhere")
                    for await _ in gate {}
                    log.append(loop.executor.isOnLoopThread ? "back" : "lost")
                    done.finish()
                }
                log.append("maker")
                Thread.detachNewThread { opener.finish() }
            }
            for await _ in stream {}
            #expect(log.entries == ["task", "maker", "back"])
        }
    }

    @Test func `jobs run in the order in which they come`() async throws {
        try await withLoop { loop in
            let log = Log()
            let executor = loop.executor
            let last = await loop.run { _ in
                (0..<50).map { number in Task(executorPreference: executor) { log.append("\(number)") } }.last
            }
            await last?.value
            #expect(log.entries == (0..<50).map { "\($0)" })
        }
    }

    @Test func `work from many threads at once all gets done`() async throws {
        try await withLoop { loop in
            let counter = Counter()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        for _ in 0..<40 {
                            await loop.run { _ in }
                            _ = await counter.increment()
                        }
                    }
                }
            }
            #expect(await counter.count == 2_000)
        }
    }

    @Test func `tasks that never rest do not keep the loop from its descriptors`() async throws {
        try await withLoop { loop in
            let pipe = try TestPipe()
            let seen = Log()
            let reader = pipe.reader.rawValue
            try await loop.run { loop in
                let handler = Handler()
                handler.onReady = { [unowned handler] _, loop in
                    seen.append("ready")
                    if let token = handler.token { loop.selector.deregister(token) }
                }
                handler.token = try loop.selector.register(reader, interest: .readable, handler: handler)
            }
            let busy = Task(executorPreference: loop.executor) {
                while seen.entries.isEmpty, !Task.isCancelled { await Task.yield() }
            }
            pipe.fill()
            await busy.value
            #expect(seen.entries == ["ready"])
        }
    }

    @Test func `a loop that stops leaves tasks waiting for good`() async throws {
        final class Attachment {
            let freed: @Sendable () -> Void
            init(freed: @escaping @Sendable () -> Void) { self.freed = freed }
            deinit { freed() }
        }
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let waiting = try await {
            let loop = try EventLoop(name: "test")
            return await loop.run { loop in
                loop.attachment = Attachment { continuation.finish() }
                let waiting = Task(executorPreference: loop.executor) {
                    for _ in 0..<3 { await Task.yield() }
                    return true
                }
                loop.stop()
                return waiting
            }
        }()
        #expect(await waiting.value)
        // Freed with what it keeps.
        for await _ in stream {}
    }
}

/// What happened, in order; from any thread.
final class Log: Sendable {
    private let lines = Protected<[String]>([])
    var entries: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
}

/// A value behind a lock that may be captured.
final class Protected<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}
