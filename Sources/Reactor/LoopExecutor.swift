import CLinux
import Glibc
import Synchronization

/// The concurrency fence of a loop: runs the jobs of its tasks on the loop's thread.
///
/// It is a `SerialExecutor` for the loop's actor and a `TaskExecutor` for the tasks that the loop starts; with both,
/// a resumed task never leaves the thread.
package final class LoopExecutor: SerialExecutor, TaskExecutor {
    private struct Foreign {
        var jobs: [UnownedJob] = []
        /// Whether a wake-up is under way that the loop has not seen yet.
        var isAwake = false
    }

    /// Jobs from other threads.
    private let foreign = Mutex(Foreign())
    // Jobs from the loop's thread; touched by that thread alone.
    nonisolated(unsafe) private var local: [UnownedJob] = []
    nonisolated(unsafe) private var running: [UnownedJob] = []
    /// An eventfd(2) that ends the loop's wait.
    let wakeUp: Int32

    init() throws(SystemError) {
        wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw SystemError("eventfd", errno: errno) }
    }

    deinit {
        _ = Glibc.close(wakeUp)
    }

    var isOnLoopThread: Bool { clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

    /// Makes the calling thread the loop's.
    func claimThread() {
        clinux_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnLoopThread {
            local.append(job)
            return
        }
        let mustWake = foreign.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isAwake = true }
            return !queue.isAwake
        }
        if mustWake { wake() }
    }

    /// Ends the loop's wait, from any thread.
    func wake() {
        var one: UInt64 = 1
        _ = Glibc.write(wakeUp, &one, 8)
    }

    /// Takes note of the wake-up; the loop's thread calls it when the eventfd is readable.
    func acknowledgeWake() {
        var count: UInt64 = 0
        _ = Glibc.read(wakeUp, &count, 8)
    }

    var hasLocalJobs: Bool { !local.isEmpty }

    /// Runs the jobs that wait now; those that they enqueue wait for the next call.
    func runJobs() {
        foreign.withLock { queue in
            queue.isAwake = false
            guard !queue.jobs.isEmpty else { return }
            local.append(contentsOf: queue.jobs)
            queue.jobs.removeAll(keepingCapacity: true)
        }
        guard !local.isEmpty else { return }
        swap(&local, &running)
        for job in running {
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        running.removeAll(keepingCapacity: true)
    }

    package func checkIsolated() {
        precondition(isOnLoopThread, "called off the loop's thread")
    }

    package func isIsolatingCurrentContext() -> Bool? { isOnLoopThread }
}
