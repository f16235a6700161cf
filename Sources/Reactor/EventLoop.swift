import CLinux
import Glibc

/// One thread, one epoll set, and the actor that owns everything on it.
///
/// Connections, sessions and parsers are not Sendable and belong to the loop that accepted them. Work gets in
/// through `isolated` methods, which run on the loop's thread.
package actor EventLoop {
    package nonisolated let executor: LoopExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    /// The descriptors and deadlines of this loop.
    package let selector: Selector
    /// What a higher module keeps on this loop.
    package var attachment: AnyObject?
    private var isStopped = false

    /// Makes a loop and starts its thread, which runs until `stop()`.
    package init(name: String) throws(SystemError) {
        executor = try LoopExecutor()
        selector = try Selector(wakeUp: executor.wakeUp)
        try startThread(name: name) { [self] in
            executor.claimThread()
            while assumeIsolated({ $0.turn() }) {
                executor.runJobs()
            }
            // A job left in the queue would leave its task waiting for good, and one may bring another.
            repeat { executor.runJobs() } while executor.hasLocalJobs
            assumeIsolated { $0.selector.deregisterAll() }
        }
    }

    /// Ends the loop after the current turn.
    package func stop() {
        isStopped = true
    }

    /// Waits at least so many milliseconds, and at most a tick of the deadlines longer.
    package func sleep(milliseconds: Int64) async {
        await withCheckedContinuation { continuation in
            // Not the selector's `now`, which is as old as the turn; and a millisecond that has begun does not count.
            _ = Alarm(selector, at: clinux_monotonic_ms() + milliseconds + 1) { continuation.resume() }
        }
    }

    /// Lets the loop that this is called on take a turn: others have theirs.
    ///
    /// `Task.yield` would go by way of another thread.
    package static func yield(isolation: isolated (any Actor)? = #isolation) async {
        await withCheckedContinuation { continuation in
            Task {
                _ = isolation
                continuation.resume()
            }
        }
    }

    /// Runs a task's work so that it goes on on this thread after each wait.
    ///
    /// A continuation resumes on the global executor, which hands the task back to its loop: two threads to wake for each
    /// wait (Swift 6.3). With an executor preference it comes straight to the loop's queue. The price is a turn of that
    /// queue before the work and one after it.
    package func staying(_ work: () async -> Void) async {
        await withTaskExecutorPreference(executor, operation: work)
    }

    /// Waits once and tells the handlers; false when the loop has been stopped.
    private func turn() -> Bool {
        let count = selector.wait(isBusy: executor.hasLocalJobs || isStopped)
        for position in 0..<count {
            if selector.isWakeUp(position) {
                executor.acknowledgeWake()
            } else if let (handler, readiness) = selector.event(position) {
                handler.ready(readiness, on: self)
            }
        }
        for handler in selector.passedDeadlines() {
            handler.deadlinePassed(on: self)
        }
        return !isStopped
    }
}

/// The stack of a loop's thread: libyaml's composer recurses once a level of a document (at most some 2 000, 2 kB each),
/// and `ulimit -s` must not decide.
private let threadStackBytes = 8 * 1024 * 1024

/// Starts a detached thread.
///
/// Wraps `pthread_create(3)`.
private func startThread(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, threadStackBytes)
    let failure = pthread_create(
        &thread, &attributes,
        { pointer in
            guard let pointer else { return nil }
            let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
            clinux_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
    guard failure == 0 else {
        start.release()
        throw SystemError("pthread_create", errno: failure)
    }
    pthread_detach(thread)
}
