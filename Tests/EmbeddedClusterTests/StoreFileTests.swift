import Foundation
import GRDB
import KubeModel
import Testing

@testable import EmbeddedCluster

struct StoreFileTests {
    @Test func `keeps objects and goes on with the resourceVersion after it is opened again`() async throws {
        let first = try TestCluster()
        try await first.createVMI("a")
        let deleted = try await first.createVMI("b")
        _ = try await first.cluster.delete(
            .virtualMachineInstance, namespace: "default", name: "b", options: DeleteOptions())
        first.cluster.close()

        let second = try EmbeddedCluster(directory: first.directory)
        defer { second.close() }
        let list = try await second.list(.virtualMachineInstance, namespace: nil)
        #expect(list.items.count == 1)
        #expect(deleted.metadataResourceVersion == "2")
        #expect(list.resourceVersion == 3, "a deletion has a resourceVersion, which is not given out again")
        let object = manifest(.virtualMachineInstance, "c")
        let created = try await second.create(
            .virtualMachineInstance, namespace: "default", object: object, options: WriteOptions())
        #expect(created.resourceVersion == 4)
    }

    @Test func `a commit returns after fsync, in a write-ahead log`() throws {
        let test = try TestCluster()
        let settings = try test.cluster.store.writer.inDatabase { db in
            try ["synchronous", "journal_mode", "wal_autocheckpoint", "application_id", "user_version"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(settings == ["2", "wal", "1000", "\(0x4850_4E43)", "1"])
    }

    @Test func `only the owner may read a new store`() throws {
        let test = try TestCluster()
        for (path, mode) in [(test.directory, 0o700), (test.file, 0o600), (test.file + "-wal", 0o600)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode, "\(path)")
        }
    }

    @Test func `writes to a file that was taken away were acknowledged, and were lost`() async throws {
        let test = try TestCluster()
        try await test.createVMI("before")
        try FileManager.default.moveItem(atPath: test.file, toPath: test.file + ".away")
        let error = await #expect(throws: Status.self) { try await test.createVMI("meanwhile") }
        #expect(error?.code == 503)
        #expect(error?.message.contains("\(StoreFile.name) is no longer in \(test.directory)") == true)
        #expect(throws: Status.self) { try test.cluster.checkHealth() }
        #expect(try await test.get(.virtualMachineInstance, "before").metadataName == "before")
        try FileManager.default.moveItem(atPath: test.file + ".away", toPath: test.file)
        try await test.createVMI("after")
        try test.cluster.checkHealth()
    }

    @Test func `makes missing parents of the directory`() throws {
        let test = try TestCluster()
        let nested = test.directory + "/a/b"
        try EmbeddedCluster(directory: nested).close()
        #expect(FileManager.default.fileExists(atPath: nested + "/" + StoreFile.name))
    }

    @Test func `refuses a second server in one directory, and takes it once the first is closed`() throws {
        let test = try TestCluster()
        let error = #expect(throws: StoreError.directoryInUse(directory: test.directory)) {
            try EmbeddedCluster(directory: test.directory)
        }
        #expect(error?.description.contains(test.directory) == true)
        test.cluster.close()
        try EmbeddedCluster(directory: test.directory).close()
    }

    @Test func `refuses a directory that is a file`() throws {
        let test = try TestCluster()
        let error = #expect(throws: StoreError.self) { try EmbeddedCluster(directory: test.file + "/x") }
        guard case .directoryUnusable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// A closed store with one object, of which a test changes the file.
    private func closedStore() async throws -> TestCluster {
        let test = try TestCluster()
        try await test.create(.virtualMachineInstance, "vmi", body: ["spec": ["marker": "find-me"]])
        test.cluster.close()
        return test
    }

    @Test func `refuses another program's database and leaves it as it is`() throws {
        let test = try TestCluster()
        test.cluster.close()
        try FileManager.default.removeItem(atPath: test.file)
        try DatabaseQueue(path: test.file).inDatabase { db in try db.execute(sql: "CREATE TABLE theirs (x)") }
        let before = FileManager.default.contents(atPath: test.file)
        #expect(throws: StoreError.foreignFile(path: test.file)) { try EmbeddedCluster(directory: test.directory) }
        #expect(FileManager.default.contents(atPath: test.file) == before)
    }

    @Test func `refuses a file of a later version`() async throws {
        let test = try await closedStore()
        try DatabaseQueue(path: test.file).inDatabase { db in try db.execute(sql: "PRAGMA user_version = 2") }
        #expect(throws: StoreError.newerFile(path: test.file, version: 2, supported: 1)) {
            try EmbeddedCluster(directory: test.directory)
        }
    }

    @Test func `goes on where a crash has left the file marked but without tables`() throws {
        let test = try TestCluster()
        test.cluster.close()
        try FileManager.default.removeItem(atPath: test.file)
        try DatabaseQueue(path: test.file).inDatabase { db in
            try db.execute(sql: "PRAGMA application_id = \(StoreFile.applicationID)")
        }
        try EmbeddedCluster(directory: test.directory).close()
    }

    enum Damage: CaseIterable {
        case header, page, index, object, truncation
    }

    @Test(arguments: Damage.allCases) func `refuses a damaged file and says what to do`(damage: Damage) async throws {
        let test = try await closedStore()
        var data = try #require(FileManager.default.contents(atPath: test.file))
        switch damage {
        case .header: data[data.startIndex] ^= 1
        case .page: data.replaceSubrange(4096..<4200, with: Data(repeating: 0xA5, count: 104))
        case .index:
            // Only quick_check looks at it: the objects are all there.
            let root = try #require(
                try await DatabaseQueue(path: test.file).read { db in
                    try Int.fetchOne(
                        db, sql: "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'objects'")
                })
            data.replaceSubrange((root - 1) * 4096..<root * 4096, with: Data(repeating: 0xA5, count: 4096))
        case .object: data[try #require(data.range(of: Data("find-me".utf8))).lowerBound] ^= 1
        case .truncation: data.removeLast(data.count / 2)
        }
        try data.write(to: URL(fileURLWithPath: test.file))
        let error = #expect(throws: StoreError.self) { try EmbeddedCluster(directory: test.directory) }
        guard case .damaged(test.file, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("restore it from a backup") == true)
    }

    @Test func `does not serve an object that changes on disk while it is open`() async throws {
        let test = try TestCluster { $0.cacheBytesMax = 0 }
        try await test.createVMI()
        try await test.cluster.store.writer.write { db in
            try db.execute(sql: "UPDATE objects SET body = CAST(replace(body, 'Running', 'Runninq') AS BLOB)")
        }
        let read = await #expect(throws: Status.self) { try await test.get(.virtualMachineInstance, "vmi") }
        #expect(read?.code == 500)
        let write = await #expect(throws: Status.self) { try await test.merge(["spec": ["a": 1]]) }
        #expect(write?.message.contains("does not have its checksum") == true)
        try await test.createVMI("other")
    }
}
