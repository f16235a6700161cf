internal import GRDB
internal import KubeModel

/// The open store: the lock of its directory, its file, its connections.
final class ObjectStore: Sendable {
    private let directory: DataDirectory
    let writer: DatabaseQueue
    private let readers: Readers
    let commits: GroupCommit
    /// What has changed since the store was opened.
    let log: EventLog
    private let cache: ObjectCache

    /// `prepare` writes before anybody reads or watches; `clock` tells seconds since 1970.
    init(
        directory path: String, writesWaitingMax: Int, history: EventHistory.Limits, cacheBytesMax: Int,
        clock: @escaping @Sendable () -> Int64, prepare: (inout WriteTransaction) throws -> Void
    ) throws(StoreError) {
        directory = try DataDirectory(path: path)
        let cache = ObjectCache(bytesMax: cacheBytesMax)
        self.cache = cache
        let file = try directory.createFile(StoreFile.name)
        do {
            writer = try StoreFile.writer(path: file)
            try writer.inDatabase { db in try StoreFile.check(db, path: file) }
            try StoreFile.migrator.migrate(writer)
            try writer.inDatabase { db in
                try db.inTransaction(.immediate) {
                    var transaction = try WriteTransaction(db, cache: cache, clock: clock)
                    try prepare(&transaction)
                    try transaction.setResourceVersion()
                    return .commit
                }
            }
            log = EventLog(
                resourceVersion: try writer.inDatabase(ObjectTable.resourceVersion), limits: history)
        } catch {
            throw Self.storeError(error, path: file)
        }
        try directory.synchronize()
        readers = Readers(path: file)
        commits = GroupCommit(
            writer: writer, log: log, cache: cache, directory: path, writesWaitingMax: writesWaitingMax,
            clock: clock)
    }

    /// One object, from memory if it is there.
    func fetch(_ key: ObjectKey) throws(Status) -> StoredObject? {
        switch cache.lookup(key) {
        case .known(let object): return object
        case .unknown(let epoch):
            let object = try read { db in try ObjectTable.fetch(key, db) }
            if let object { cache.offer(object, key, epoch: epoch) }
            return object
        }
    }

    /// Runs one statement on the calling thread, without a parse and without waiting for writes.
    func read<Value>(_ body: (Database) throws -> Value) throws(Status) -> Value {
        do {
            return try readers.read(body)
        } catch {
            throw status(of: error)
        }
    }

    /// As `read`, with one state of the store for all statements.
    func readSnapshot<Value>(_ body: (Database) throws -> Value) throws(Status) -> Value {
        do {
            return try readers.readSnapshot(body)
        } catch {
            throw status(of: error)
        }
    }

    /// Throws if the store takes no writes or cannot be read.
    func checkHealth() throws(Status) {
        try commits.checkCondition()
        _ = try read(ObjectTable.resourceVersion)
    }

    /// Writes what waits, then closes; blocks the calling thread for that long.
    func close() {
        log.close()
        commits.close()
        cache.close()
        readers.close()
        // The writer last: SQLite then empties the write-ahead log into the database.
        try? writer.close()
        directory.close()
    }

    private func status(of error: any Error) -> Status {
        switch error {
        case let status as Status: status
        case is StoreClosed:
            .serviceUnavailable("the store in \(directory.path) is closed: the server is shutting down")
        default: .internalError("the store in \(directory.path) cannot be read: \(error)")
        }
    }

    private static func storeError(_ error: any Error, path: String) -> StoreError {
        switch error {
        case let error as StoreError: return error
        case let damage as DamagedRow: return .damaged(path: path, why: damage.description)
        case let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode):
            return .damaged(path: path, why: error.message ?? error.description)
        default: return .unusable(path: path, why: "\(error)")
        }
    }
}
