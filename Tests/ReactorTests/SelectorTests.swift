import Glibc
import Testing

@testable import Reactor

@Suite(.timeLimit(.minutes(1)))
struct SelectorTests {
    @Test func `tells again while a descriptor stays readable, and no more without interest`() async throws {
        try await withLoop { loop in
            let pipe = try TestPipe()
            let reader = pipe.reader.rawValue
            let (stream, continuation) = AsyncStream.makeStream(of: Readiness.self)
            pipe.fill()
            let log = Log()
            try await loop.run { loop in
                let handler = Handler()
                handler.onReady = { [unowned handler] readiness, loop in
                    log.append("ready")
                    if log.entries.count == 3, let token = handler.token {
                        loop.selector.setInterest([], for: token)
                        continuation.yield(readiness)
                        continuation.finish()
                    }
                }
                handler.token = try loop.selector.register(reader, interest: .readable, handler: handler)
            }
            for await readiness in stream { #expect(readiness.contains(.readable)) }
            // Two more turns, which would have told it.
            await loop.sleep(milliseconds: 1)
            await loop.sleep(milliseconds: 1)
            #expect(log.entries.count == 3)
        }
    }

    @Test func `tells of room to write and of the other end's going, which needs no interest`() async throws {
        try await withLoop { loop in
            let (stream, continuation) = AsyncStream.makeStream(of: Readiness.self)
            var iterator = stream.makeAsyncIterator()
            var ends: [Int32] = [0, 0]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            let near = ends[0]
            try await loop.run { loop in
                let handler = Handler()
                handler.onReady = { [unowned handler] readiness, loop in
                    continuation.yield(readiness)
                    guard let token = handler.token else { return }
                    if readiness.contains(.failed) {
                        loop.selector.deregister(token)
                    } else {
                        loop.selector.setInterest([], for: token)
                    }
                }
                handler.token = try loop.selector.register(near, interest: [.readable, .writable], handler: handler)
            }
            #expect(await iterator.next() == .writable)
            close(ends[1])
            let last = await iterator.next()
            #expect(last?.isDisjoint(with: .failed) == false)
            close(near)
        }
    }

    @Test func `an event of a descriptor that was closed in the same batch reaches nobody`() async throws {
        try await withLoop { loop in
            let log = Log()
            let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
            try await loop.run { loop in
                let pipes = try (0..<2).map { _ in
                    var ends: [Int32] = [0, 0]
                    try #require(pipe(&ends) == 0)
                    var octet: UInt8 = 1
                    _ = write(ends[1], &octet, 1)
                    return ends
                }
                let handlers = [Handler(), Handler()]
                for (index, handler) in handlers.enumerated() {
                    handler.token = try loop.selector.register(pipes[index][0], interest: .readable, handler: handler)
                    handler.onReady = { _, loop in
                        log.append("told")
                        for (handler, ends) in zip(handlers, pipes) {
                            if let token = handler.token { loop.selector.deregister(token) }
                            handler.onReady = nil
                            close(ends[0])
                        }
                        // The number and the place in the selector are both taken again.
                        var ends: [Int32] = [0, 0]
                        guard pipe(&ends) == 0 else { return }
                        let writer = ends[1]
                        let newcomer = Handler()
                        newcomer.onReady = { [unowned newcomer, reader = ends[0]] _, loop in
                            log.append("newcomer told")
                            if let token = newcomer.token { loop.selector.deregister(token) }
                            close(reader)
                            continuation.finish()
                        }
                        newcomer.token = try? loop.selector.register(
                            ends[0], interest: .readable, handler: newcomer)
                        Task(executorPreference: loop.executor) {
                            log.append("filled")
                            var octet: UInt8 = 1
                            _ = write(writer, &octet, 1)
                            close(writer)
                        }
                    }
                }
            }
            for await _ in stream {}
            #expect(log.entries == ["told", "filled", "newcomer told"])
        }
    }

    @Test func `a token that has been given back does nothing`() async throws {
        try await withLoop { loop in
            let pipe = try TestPipe()
            let reader = pipe.reader.rawValue
            try await loop.run { loop in
                let selector = loop.selector
                let first = try selector.register(reader, interest: .readable, handler: Handler())
                selector.deregister(first)
                let second = try selector.register(reader, interest: .readable, handler: Handler())
                #expect(first != second)
                selector.deregister(first)
                selector.setInterest([], for: first)
                selector.setDeadline(0, for: first)
                #expect(selector.count == 1)
                #expect(selector.passedDeadlines().isEmpty)
                selector.deregister(second)
                #expect(selector.count == 0)
            }
        }
    }

    @Test func `refuses a descriptor that is not open, and keeps no place for it`() async throws {
        try await withLoop { loop in
            await loop.run { loop in
                #expect(throws: SystemError("epoll_ctl", errno: EBADF)) {
                    try loop.selector.register(-1, interest: .readable, handler: Handler())
                }
                #expect(loop.selector.count == 0)
            }
        }
    }

    @Test func `a deadline passes once, and neither before its time nor after it was taken back`() async throws {
        try await withLoop { loop in
            let log = Log()
            await loop.run { loop in
                let selector = loop.selector
                for (name, delay) in [("soon", Int64(1)), ("never", 50), ("moved", 50), ("given back", 50)] {
                    let handler = Handler()
                    handler.onDeadline = { _ in log.append(name) }
                    let token = selector.registerTimer(at: selector.now + delay, handler: handler)
                    if name == "never" { selector.setDeadline(nil, for: token) }
                    if name == "moved" { selector.setDeadline(selector.now + 3_600_000, for: token) }
                    if name == "given back" { selector.deregister(token) }
                }
            }
            await loop.sleep(milliseconds: 250)
            #expect(log.entries == ["soon"])
        }
    }

    @Test func `an alarm that another one of the same sweep had cancelled went off`() async throws {
        try await withLoop { loop in
            let log = Log()
            await loop.run { loop in
                let time = loop.selector.now + 1
                var second: Alarm?
                _ = Alarm(loop.selector, at: time) {
                    log.append("first")
                    second?.cancel()
                }
                second = Alarm(loop.selector, at: time) { log.append("second") }
            }
            await loop.sleep(milliseconds: 250)
            #expect(log.entries == ["first"])
        }
    }

    @Test func `a handler may give its token back when its deadline passes`() async throws {
        try await withLoop { loop in
            for _ in 0..<3 { await loop.sleep(milliseconds: 1) }
            #expect(await loop.run { $0.selector.count } == 0)
        }
    }
}

extension EventLoop {
    /// Holds the loop, so that its clock is old, and says how long a sleep of 150 ms then is.
    fileprivate func holdAndSleep() async -> Duration {
        usleep(60_000)
        return await ContinuousClock().measure { await sleep(milliseconds: 150) }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct SleepTests {
    @Test func `a sleep is shorter than asked when the loop's clock is old`() async throws {
        try await withLoop { loop in
            let slept = await loop.holdAndSleep()
            #expect(slept >= .milliseconds(150))
        }
    }

    @Test func `the shorter sleep ends first`() async throws {
        try await withLoop { loop in
            let log = Log()
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await loop.sleep(milliseconds: 450)
                    log.append("long")
                }
                group.addTask {
                    await loop.sleep(milliseconds: 10)
                    log.append("short")
                }
            }
            #expect(log.entries == ["short", "long"])
        }
    }
}
