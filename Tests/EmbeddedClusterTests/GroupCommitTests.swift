import Dispatch
import GRDB
import KubeModel
import Testing

@testable import EmbeddedCluster

@Suite(.timeLimit(.minutes(5))) struct GroupCommitTests {
    /// Keeps the writer busy until `open`, so that writes wait together.
    struct Gate {
        private let semaphore = DispatchSemaphore(value: 0)

        init(_ test: TestCluster) {
            let semaphore = semaphore
            test.cluster.store.writer.asyncWriteWithoutTransaction { _ in semaphore.wait() }
        }

        func open() { semaphore.signal() }
    }

    private func waitForWaiting(_ count: Int, _ test: TestCluster) async {
        while test.cluster.store.commits.waitingCount < count { await Task.yield() }
    }

    private func outcome(_ body: () async throws -> JSONValue) async -> Result<JSONValue, Status> {
        do {
            return .success(try await body())
        } catch let status as Status {
            return .failure(status)
        } catch {
            return .failure(.internalError("\(error)"))
        }
    }

    @Test func `writes of 64 tasks are all there, each with its own resourceVersion`() async throws {
        let test = try TestCluster()
        let versions = try await withThrowingTaskGroup(of: [String].self) { group in
            for task in 0..<64 {
                group.addTask {
                    var versions: [String] = []
                    for number in 0..<8 {
                        let created = try await test.createVMI("vmi-\(task)-\(number)")
                        versions.append(created.metadataResourceVersion ?? "")
                    }
                    return versions
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(versions) == Set((1...512).map(String.init)))
        let list = try await test.cluster.list(.virtualMachineInstance, namespace: "default")
        #expect(list.items.count == 512)
        #expect(list.resourceVersion == 512)
    }

    @Test func `64 tasks that change one object lose no change`() async throws {
        let test = try TestCluster()
        try await test.create(.virtualMachineInstance, "vmi", body: ["spec": ["list": []]])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    let patch = JSONPatch([.add(try JSONPointer("/spec/list/-"), .number(JSONNumber(task)))])
                    _ = try await test.cluster.patch(
                        .virtualMachineInstance, namespace: "default", name: "vmi", patch: .json(patch),
                        options: WriteOptions())
                }
            }
            try await group.waitForAll()
        }
        let list = try await test.get(.virtualMachineInstance, "vmi")[path: "spec", "list"]?.array ?? []
        #expect(Set(list.compactMap(\.int)) == Set(0..<64))
    }

    @Test func `writes that wait together are one commit, and those that are refused fail alone`() async throws {
        let test = try TestCluster()
        let stale = try await test.createVMI("taken")
        _ = try await test.merge(["spec": ["a": 1]], .virtualMachineInstance, "taken")
        let observer = CommitObserver()
        test.cluster.store.writer.add(transactionObserver: observer, extent: .databaseLifetime)

        let gate = Gate(test)
        async let exists = outcome { try await test.createVMI("taken") }
        async let conflict = outcome { try await test.update(stale, .virtualMachineInstance) }
        async let missing = outcome { try await test.merge([:], .virtualMachineInstance, "missing") }
        async let good = withTaskGroup(of: Result<JSONValue, Status>.self) { group in
            for number in 0..<8 { group.addTask { await outcome { try await test.createVMI("new-\(number)") } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        await waitForWaiting(11, test)
        gate.open()

        #expect(await exists.error?.reason == "AlreadyExists")
        #expect(await conflict.error?.reason == "Conflict")
        #expect(await missing.error?.reason == "NotFound")
        #expect(await good.allSatisfy { $0.error == nil })
        #expect(observer.commits.count == 1)
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: nil).items.count == 9)
    }

    @Test func `a batch that changes nothing is not committed`() async throws {
        let test = try TestCluster()
        let object = try await test.createVMI()
        let observer = CommitObserver()
        test.cluster.store.writer.add(transactionObserver: observer, extent: .databaseLifetime)
        let gate = Gate(test)
        async let same = outcome { try await test.update(object, .virtualMachineInstance) }
        async let exists = outcome { try await test.createVMI() }
        await waitForWaiting(2, test)
        gate.open()
        #expect(await same.error == nil)
        #expect(await exists.error?.reason == "AlreadyExists")
        #expect(observer.commits.count == 0)
    }

    @Test func `refuses a write past the limit of those that wait, and takes one at it`() async throws {
        let test = try TestCluster { $0.writesWaitingMax = 2 }
        let gate = Gate(test)
        async let first = outcome { try await test.createVMI("a") }
        async let second = outcome { try await test.createVMI("b") }
        await waitForWaiting(2, test)
        let refused = Counter()
        async let third = outcome {
            defer { _ = refused.next() }
            return try await test.createVMI("c")
        }
        while refused.count == 0, test.cluster.store.commits.waitingCount == 2 { await Task.yield() }
        gate.open()
        #expect(await third.error?.code == 429)
        #expect(await third.error?.details?.retryAfterSeconds == 1)
        #expect(await first.error == nil)
        #expect(await second.error == nil)
        #expect(try await test.cluster.list(.virtualMachineInstance, namespace: nil).items.count == 2)
    }

    @Test func `a failed commit fails its whole batch and all later writes, and reads go on`() async throws {
        let test = try TestCluster()
        try await test.createVMI("before")
        let observer = CommitObserver()
        test.cluster.store.writer.add(transactionObserver: observer, extent: .databaseLifetime)
        observer.refuseCommits(true)

        let gate = Gate(test)
        async let first = outcome { try await test.createVMI("a") }
        async let second = outcome { try await test.createVMI("before") }
        await waitForWaiting(2, test)
        gate.open()
        #expect(await first.error?.code == 500)
        #expect(await first.error?.message.contains("may or may not be there after a restart") == true)
        #expect(await second.error?.code == 500)

        observer.refuseCommits(false)
        let later = await outcome { try await test.createVMI("later") }
        #expect(later.error?.code == 503)
        #expect(later.error?.message.contains("until the server is restarted") == true)
        #expect(throws: Status.self) { try test.cluster.checkHealth() }
        let list = try await test.cluster.list(.virtualMachineInstance, namespace: nil)
        #expect(list.items.count == 1)
        #expect(list.resourceVersion == 1)
    }

    @Test func `a full disk refuses writes until there is room, and loses nothing`() async throws {
        let test = try TestCluster()
        try await test.createVMI("before")
        let writer = test.cluster.store.writer
        let pages = try await writer.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages)")
            return pages
        }
        let body: JSONObject = ["spec": ["padding": .string(String(repeating: "x", count: 100_000))]]
        let refused = await outcome { try await test.create(.virtualMachineInstance, "big", body: body) }
        #expect(refused.error?.code == 503)
        #expect(refused.error?.message.contains("nothing was written") == true)
        #expect(try await test.get(.virtualMachineInstance, "before").metadataName == "before")
        try test.cluster.checkHealth()

        _ = try await writer.writeWithoutTransaction { db in
            try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + 1000)")
        }
        let created = try await test.create(.virtualMachineInstance, "big", body: body)
        #expect(created.metadataResourceVersion == "2")
    }

    @Test func `closing writes what waits and refuses the rest`() async throws {
        let test = try TestCluster()
        let gate = Gate(test)
        async let waiting = outcome { try await test.createVMI("a") }
        await waitForWaiting(1, test)
        gate.open()
        test.cluster.close()
        #expect(await waiting.error == nil)
        #expect(await outcome { try await test.createVMI("b") }.error?.code == 503)
        #expect(await outcome { try await test.get(.virtualMachineInstance, "a") }.error?.code == 503)
        #expect(throws: Status.self) { try test.cluster.checkHealth() }
        let reopened = try EmbeddedCluster(directory: test.directory)
        defer { reopened.close() }
        #expect(try await reopened.list(.virtualMachineInstance, namespace: nil).items.count == 1)
    }
}

extension Result {
    var error: Failure? { if case .failure(let error) = self { error } else { nil } }
}
