import KubeModel
import Testing

@testable import EmbeddedCluster

@Suite(.timeLimit(.minutes(5))) struct PageTests {
    private static let vmi = Resource.virtualMachineInstance

    @Test(arguments: [(0, nil), (1, "vmi-1127")] as [(Int, String?)])
    func `a page has at most so many objects, whatever was asked for`(_ more: Int, _ end: String?) async throws {
        let test = try TestCluster()
        for number in 0..<StoreLimits.pageItemsMax + more { try await test.createVMI("vmi-\(1_000 + number)") }
        let page = try await test.cluster.page(Self.vmi, namespace: nil, query: PageQuery(limit: 1_000))
        #expect(page.items.count == StoreLimits.pageItemsMax)
        #expect(page.end?.name == end)
    }

    @Test(arguments: [(-1, 2), (0, 1)])
    func `a page ends with the object that fills it`(_ more: Int, _ items: Int) async throws {
        let test = try TestCluster()
        let create = { (name: String, padding: Int) in
            let object = manifest(
                Self.vmi, name, body: ["spec": ["padding": .string(String(repeating: "x", count: padding))]])
            return try await test.cluster.create(
                Self.vmi, namespace: "default", object: object, options: WriteOptions()
            ).bytes.count
        }
        let frame = try await create("b", 0)
        let bytes = StoreLimits.pageBytesMax + more
        #expect(try await create("a", bytes - frame) == bytes)
        let page = try await test.cluster.page(Self.vmi, namespace: nil, query: PageQuery(limit: 1_000))
        #expect(page.items.count == items)
        #expect(page.end?.name == (items == 1 ? "a" : nil))
    }
}
