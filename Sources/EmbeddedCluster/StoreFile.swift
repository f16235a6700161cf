internal import GRDB

/// The format of the database file: its marks, its settings, its tables.
enum StoreFile {
    static let name = "cluster.sqlite"
    /// `HPNC`, so that file(1) and we know the file as ours.
    static let applicationID = 0x4850_4E43
    /// The format that this version writes, as `PRAGMA user_version`.
    static let version = 1

    /// The only connection that writes.
    ///
    /// Nothing but an empty file or our own is touched.
    static func writer(path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "EmbeddedCluster.writer"
        configuration.busyMode = .timeout(Double(StoreLimits.busyTimeoutSeconds))
        // A rollback that fails leaves its transaction open, which GRDB would answer with a trap.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in
            try claim(db, path: path)
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw StoreError.unusable(path: path, why: "its file system does not take a write-ahead log")
            }
            // A commit returns after fsync: acknowledged means on disk (https://www.sqlite.org/pragma.html).
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(StoreLimits.walCheckpointPages)")
            try db.execute(sql: "PRAGMA journal_size_limit = \(StoreLimits.walBytesMax)")
            try db.execute(sql: "PRAGMA cache_size = -\(StoreLimits.writerCacheKiB)")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    static func reader(path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "EmbeddedCluster.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(Double(StoreLimits.busyTimeoutSeconds))
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -\(StoreLimits.readerCacheKiB)")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Marks an empty file as ours, and refuses another program's or a later version's.
    private static func claim(_ db: Database, path: String) throws {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        guard pages > 0 else {
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            return
        }
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == applicationID else {
            throw StoreError.foreignFile(path: path)
        }
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found <= version else {
            throw StoreError.newerFile(path: path, version: found, supported: version)
        }
    }

    /// Reads the whole file once: the structure by SQLite, the objects by their checksums.
    static func check(_ db: Database, path: String) throws {
        let findings = try String.fetchAll(db, sql: "PRAGMA quick_check(1)")
        guard findings == ["ok"] else {
            throw StoreError.damaged(path: path, why: findings.first ?? "quick_check says nothing")
        }
        guard try db.tableExists("objects") else { return }
        try ObjectTable.verify(db)
    }

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: objects and the resourceVersion") { db in
            try db.execute(
                sql: """
                    CREATE TABLE objects (
                        resource TEXT NOT NULL,
                        namespace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        uid TEXT NOT NULL,
                        resource_version INTEGER NOT NULL,
                        checksum INTEGER NOT NULL,
                        body BLOB NOT NULL,
                        PRIMARY KEY (resource, namespace, name)
                    ) STRICT;
                    CREATE TABLE sequence (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        resource_version INTEGER NOT NULL
                    ) STRICT;
                    INSERT INTO sequence (id, resource_version) VALUES (1, 0);
                    PRAGMA user_version = 1;
                    """)
        }
        return migrator
    }
}
