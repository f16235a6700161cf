internal import Foundation
internal import GRDB
internal import KubeModel

/// Where an object stands in the store.
struct ObjectKey: Sendable, Hashable {
    /// `plural.group`.
    let resource: String
    /// Empty for a resource of the whole cluster.
    let namespace: String
    let name: String
}

/// A row that is not what was written.
struct DamagedRow: Error, CustomStringConvertible {
    let key: ObjectKey

    var description: String {
        "the stored \(key.resource) \"\(key.name)\" in namespace \"\(key.namespace)\" does not have its checksum"
    }
}

/// Which objects a list is about.
struct Scope {
    let resource: String
    /// `nil` means all.
    let namespace: String?
    let name: String?

    /// For `WHERE`: what comes behind `after`, in the order of namespace and name.
    func condition(after: ObjectName? = nil) -> (sql: String, arguments: StatementArguments) {
        var sql = "resource = ?"
        var arguments: StatementArguments = [resource]
        if let namespace {
            sql += " AND namespace = ?"
            arguments += [namespace]
        }
        if let name {
            sql += " AND name = ?"
            arguments += [name]
        }
        guard let after else { return (sql, arguments) }
        if after.namespace == namespace {
            // Comparing rows here would make SQLite read and sort all that is behind.
            return (sql + " AND name > ?", arguments + [after.name])
        }
        return (sql + " AND (namespace, name) > (?, ?)", arguments + [after.namespace, after.name])
    }

    func contains(_ name: ObjectName) -> Bool {
        (namespace ?? name.namespace) == name.namespace && (self.name ?? name.name) == name.name
    }
}

/// The statements of the store, each prepared once a connection.
enum ObjectTable {
    /// The columns that `read` takes, in its order.
    private static let columns = "namespace, name, uid, resource_version, checksum, body"

    static func fetch(_ key: ObjectKey, _ db: Database) throws -> StoredObject? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(columns) FROM objects WHERE resource = ? AND namespace = ? AND name = ?")
        let rows = try Row.fetchCursor(statement, arguments: [key.resource, key.namespace, key.name])
        return try rows.next().map { try read($0, resource: key.resource) }
    }

    /// Ordered by namespace, then name, both by their octets.
    static func list(resource: String, namespace: String?, _ db: Database) throws -> [StoredObject] {
        var sql = "SELECT \(columns) FROM objects WHERE resource = ?"
        var arguments: StatementArguments = [resource]
        if let namespace {
            sql += " AND namespace = ?"
            arguments += [namespace]
        }
        let statement = try db.cachedStatement(sql: sql + " ORDER BY namespace, name")
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var objects: [StoredObject] = []
        while let row = try rows.next() { objects.append(try read(row, resource: resource)) }
        return objects
    }

    /// At most `limit` objects, and of long ones fewer, in the order of their names.
    static func page(_ scope: Scope, after: ObjectName?, limit: Int, _ db: Database) throws -> ObjectPage {
        let (sql, arguments) = scope.condition(after: after)
        let statement = try db.cachedStatement(sql: pageStatement(sql))
        let rows = try Row.fetchCursor(statement, arguments: arguments + [limit &+ 1])
        var page = ObjectPage(items: [], resourceVersion: try resourceVersion(db), end: nil)
        var bytes = 0
        while let row = try rows.next() {
            guard page.items.count < limit, bytes < StoreLimits.pageBytesMax else {
                page.end = page.items.last?.name
                break
            }
            let object = try read(row, resource: scope.resource)
            bytes += object.bytes.count
            page.items.append(
                ObjectPage.Item(name: ObjectName(namespace: row[0], name: row[1]), object: object))
        }
        return page
    }

    static func pageStatement(_ condition: String) -> String {
        "SELECT \(columns) FROM objects WHERE \(condition) ORDER BY namespace, name LIMIT ?"
    }

    static func count(_ scope: Scope, after: ObjectName? = nil, _ db: Database) throws -> Int {
        let (sql, arguments) = scope.condition(after: after)
        let statement = try db.cachedStatement(sql: "SELECT COUNT(*) FROM objects WHERE \(sql)")
        return try Int.fetchOne(statement, arguments: arguments) ?? 0
    }

    static func names(resource: String, namespace: String, _ db: Database) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: "SELECT name FROM objects WHERE resource = ? AND namespace = ? ORDER BY name")
        return try String.fetchAll(statement, arguments: [resource, namespace])
    }

    static func isEmpty(resource: String, namespace: String, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT 1 FROM objects WHERE resource = ? AND namespace = ? LIMIT 1")
        return try Int.fetchOne(statement, arguments: [resource, namespace]) == nil
    }

    /// All namespaces that objects are in; reads the whole index.
    static func namespaces(_ db: Database) throws -> [String] {
        try String.fetchAll(db, sql: "SELECT DISTINCT namespace FROM objects WHERE namespace <> '' ORDER BY namespace")
    }

    /// Inserts or replaces.
    static func put(_ object: StoredObject, uid: String, key: ObjectKey, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO objects (resource, namespace, name, uid, resource_version, checksum, body)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (resource, namespace, name) DO UPDATE SET uid = excluded.uid,
                    resource_version = excluded.resource_version, checksum = excluded.checksum, body = excluded.body
                """)
        let checksum = Checksum.of(object, uid: uid, key: key)
        try statement.execute(arguments: [
            key.resource, key.namespace, key.name, uid, Int64(clamping: object.resourceVersion), checksum,
            Data(object.bytes),
        ])
    }

    static func remove(_ key: ObjectKey, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?")
        try statement.execute(arguments: [key.resource, key.namespace, key.name])
    }

    /// The last resourceVersion given out, of all resources.
    static func resourceVersion(_ db: Database) throws -> UInt64 {
        let statement = try db.cachedStatement(sql: "SELECT resource_version FROM sequence WHERE id = 1")
        return UInt64(clamping: try Int64.fetchOne(statement) ?? 0)
    }

    static func setResourceVersion(_ version: UInt64, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "UPDATE sequence SET resource_version = ? WHERE id = 1")
        try statement.execute(arguments: [Int64(clamping: version)])
    }

    /// Reads every row and throws `DamagedRow` for the first that is damaged.
    static func verify(_ db: Database) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT \(columns), resource FROM objects")
        while let row = try rows.next() { _ = try read(row, resource: row[6]) }
    }

    private static func read(_ row: Row, resource: String) throws -> StoredObject {
        let key = ObjectKey(resource: resource, namespace: row[0], name: row[1])
        let object = StoredObject(
            bytes: try row.withUnsafeData(atIndex: 5) { [UInt8]($0 ?? Data()) },
            resourceVersion: UInt64(clamping: row[3] as Int64))
        guard Checksum.of(object, uid: row[2], key: key) == row[4] else { throw DamagedRow(key: key) }
        return object
    }
}
