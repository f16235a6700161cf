import GRDB
import KubeModel
import Testing

@testable import EmbeddedCluster

@Suite struct PageStatementTests {
    @Test(arguments: [nil, "default"], [nil, ObjectName(namespace: "default", name: "m")])
    func `each page of a namespace sorted all that came behind it`(_ namespace: String?, _ after: ObjectName?) throws {
        let queue = try DatabaseQueue()
        try StoreFile.migrator.migrate(queue)
        let scope = Scope(resource: "vms", namespace: namespace, name: nil)
        let plan = try queue.read { db in
            let (condition, arguments) = scope.condition(after: after)
            let statement = "EXPLAIN QUERY PLAN " + ObjectTable.pageStatement(condition)
            return try Row.fetchAll(db, sql: statement, arguments: arguments + [1]).map { $0["detail"] as String }
        }
        #expect(plan.count == 1)
        #expect(plan.allSatisfy { $0.hasPrefix("SEARCH objects USING INDEX") }, "\(plan)")
    }
}
