internal import Foundation
internal import GRDB
internal import KubeModel
internal import Synchronization

/// The one way to change the store: writes that wait together are committed together, by one fsync.
///
/// Callers suspend and block no thread. A write is acknowledged after the commit that holds it has returned, which
/// with `synchronous=FULL` is after fsync. A write that is refused (a conflict, say) fails alone: it decides before
/// it touches a row, so there is nothing of it to undo. What SQLite refuses fails the whole batch, as nothing of it
/// was stored.
final class GroupCommit: Sendable {
    typealias Write = @Sendable (inout WriteTransaction) throws -> Written

    private struct Waiting: Sendable {
        let write: Write
        let continuation: CheckedContinuation<Result<Written, Status>, Never>
    }

    private enum Condition {
        case open
        /// Until restart, with what every later write is told.
        case failed(Status)
        case closed
    }

    private struct State {
        var waiting: [Waiting] = []
        /// Whether the writer has a job that will look at `waiting`.
        var isDraining = false
        var condition = Condition.open
    }

    private let writer: DatabaseQueue
    private let log: EventLog
    private let cache: ObjectCache
    private let directory: String
    private let writesWaitingMax: Int
    private let clock: @Sendable () -> Int64
    private let state = Mutex(State())

    /// `directory` is for messages; `writesWaitingMax` counts the writes not yet taken into a batch; `clock` tells
    /// seconds since 1970.
    init(
        writer: DatabaseQueue, log: EventLog, cache: ObjectCache, directory: String, writesWaitingMax: Int,
        clock: @escaping @Sendable () -> Int64
    ) {
        self.clock = clock
        self.writer = writer
        self.log = log
        self.cache = cache
        self.directory = directory
        self.writesWaitingMax = writesWaitingMax
    }

    /// Queues a write and returns once it is on disk, or is refused.
    func perform(_ write: @escaping Write) async throws(Status) -> Written {
        let result = await withCheckedContinuation { continuation in
            enqueue(Waiting(write: write, continuation: continuation))
        }
        return try result.get()
    }

    /// Throws what a write would be told now.
    func checkCondition() throws(Status) {
        try state.withLock { state throws(Status) in try check(state.condition) }
        try checkPlace()
    }

    /// What is written to a file that has lost its name is gone with the process.
    private func checkPlace() throws(Status) {
        guard !FileManager.default.fileExists(atPath: "\(directory)/\(StoreFile.name)") else { return }
        throw .serviceUnavailable(
            "\(StoreFile.name) is no longer in \(directory), so that what is written would be lost: put it back, or "
                + "restart the server for an empty store")
    }

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Refuses later writes; those that wait are still written, by the job that is queued for them.
    func close() {
        state.withLock { $0.condition = .closed }
    }

    // MARK: The queue

    private func enqueue(_ waiting: Waiting) {
        let result: Result<Void, Status> = state.withLock { state in
            do throws(Status) {
                try check(state.condition)
            } catch {
                return .failure(error)
            }
            guard state.waiting.count < writesWaitingMax else {
                return .failure(.tooManyRequests(retryAfterSeconds: 1))
            }
            state.waiting.append(waiting)
            if !state.isDraining {
                state.isDraining = true
                // Under the lock, so that `close` comes after it in the writer's queue.
                writer.asyncWriteWithoutTransaction { db in self.drain(db) }
            }
            return .success(())
        }
        if case .failure(let status) = result { waiting.continuation.resume(returning: .failure(status)) }
    }

    private func check(_ condition: Condition) throws(Status) {
        switch condition {
        case .open: break
        case .failed(let status): throw status
        case .closed: throw .serviceUnavailable("the store in \(directory) is closed: the server is shutting down")
        }
    }

    /// Everything that waits; `nil`, and the job ends, when nothing does.
    private func takeBatch() -> [Waiting]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isDraining = false
                return nil
            }
            defer { state.waiting.removeAll(keepingCapacity: true) }
            return state.waiting
        }
    }

    // MARK: The writer's thread

    private func drain(_ db: Database) {
        while let batch = takeBatch() {
            let results = commit(batch.map(\.write), db)
            for (waiting, result) in zip(batch, results) { waiting.continuation.resume(returning: result) }
        }
    }

    private func commit(_ writes: [Write], _ db: Database) -> [Result<Written, Status>] {
        var isCommitting = false
        do {
            if case .failed(let status) = state.withLock({ $0.condition }) { throw status }
            try checkPlace()
            try db.beginTransaction(.immediate)
            var transaction = try WriteTransaction(db, cache: cache, clock: clock)
            let results: [Result<Written, Status>] = try writes.map { write in
                do {
                    return .success(try write(&transaction))
                } catch let status as Status {
                    return .failure(status)
                } catch let damage as DamagedRow {
                    return .failure(.internalError(damage.description))
                }
            }
            isCommitting = true
            try transaction.end()
            // Before those who wrote hear of it, so that they find it in a watch.
            log.publish(transaction.events)
            return results
        } catch let status as Status {
            return writes.map { _ in .failure(status) }
        } catch {
            // Also those that were refused: what they were refused for may be a write of the lost batch.
            let status = lost(error, isCommitting: isCommitting, db)
            return writes.map { _ in .failure(status) }
        }
    }

    /// Undoes the batch and tells what became of it.
    ///
    /// After a failed fsync the kernel may have dropped the pages and call the next fsync a success: such a commit
    /// is not tried again, and the store takes no more writes.
    private func lost(_ error: any Error, isCommitting: Bool, _ db: Database) -> Status {
        var isRecoverable = (error as? DatabaseError).map(Self.isRecoverable) ?? false
        do {
            try db.rollback()
        } catch {
            isRecoverable = false
        }
        if isRecoverable {
            return .serviceUnavailable(
                "nothing was written to the store in \(directory): \(error)", retryAfterSeconds: 1)
        }
        let later = Status.serviceUnavailable(
            "the store in \(directory) takes no writes until the server is restarted, as one failed: \(error)")
        state.withLock { state in
            if case .open = state.condition { state.condition = .failed(later) }
        }
        let outcome = isCommitting ? "the write may or may not be there after a restart" : "nothing was written"
        return .internalError("\(outcome), as the store in \(directory) failed: \(error)")
    }

    /// Whether nothing was stored and the disk has lost nothing (https://www.sqlite.org/rescode.html).
    ///
    /// A full disk that shows at fsync is an I/O error and not among them.
    private static func isRecoverable(_ error: DatabaseError) -> Bool {
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_BUSY, .SQLITE_NOMEM, .SQLITE_TOOBIG: true
        default: false
        }
    }
}
