import HotplugAPI
import KubeModel
import Testing

@Suite struct SemanticVersionTests {
    @Test func `orders as the specification's example does`() throws {
        let ordered = [
            "v0.60.0-alpha.0", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2",
            "v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0", "1.0.1+build.5", "v1.4.0-rc.0", "v1.4.0", "v1.10.0",
        ]
        let versions = try ordered.map { try #require(SemanticVersion($0)) }
        #expect(versions.shuffled().sorted() == versions)
    }

    @Test(arguments: ["", "v", "1", "1.2", "1.2.3.4", "v1.2.x", "1.2.3-", "1.2.3-a..b", "-1.2.3", "devel", "sha256:0"])
    func `refuses`(_ text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    @Test func `refuses a number past 64 bits`() {
        #expect(SemanticVersion("1.2.9223372036854775808") == nil)
    }
}

@Suite struct ClusterFactsTests {
    struct Row: Sendable {
        let gates: [JSONValue]
        let phase: String?
        let version: String?
        let isEnabled: Bool
    }

    @Test(arguments: [
        Row(gates: ["HotplugNICs"], phase: "Deployed", version: nil, isEnabled: true),
        Row(gates: ["LiveMigration", "HotplugNICs"], phase: "Deploying", version: "devel", isEnabled: true),
        Row(gates: ["HotplugNICs"], phase: nil, version: "v1.3.0", isEnabled: false),
        Row(gates: ["HotplugNICs"], phase: "", version: nil, isEnabled: false),
        Row(gates: ["hotplugnics", "HotplugNICs ", 1], phase: "Deployed", version: nil, isEnabled: false),
        Row(gates: [], phase: "Deployed", version: "v1.3.1", isEnabled: false),
        Row(gates: [], phase: "Deployed", version: "v1.4.0-rc.0", isEnabled: false),
        Row(gates: [], phase: "Deployed", version: "v1.4.0", isEnabled: true),
        Row(gates: [], phase: "Deployed", version: "v1.9.0", isEnabled: true),
    ])
    func `reads the gate`(_ row: Row) {
        let facts = ClusterFacts(kubeVirts: [
            Fixture.kubeVirt(gates: row.gates, phase: row.phase, version: row.version)
        ])
        #expect(facts.isInterfaceHotplugEnabled == row.isEnabled)
        #expect(facts.kubeVirtVersion == row.version.flatMap { SemanticVersion($0) })
    }

    @Test(arguments: ["{}", "[]", "null", #"{"spec":[],"status":1}"#, #"{"status":{"phase":1}}"#])
    func `makes nothing of a malformed KubeVirt`(_ text: String) throws {
        let facts = ClusterFacts(kubeVirts: [try JSONValue(parsing: Array(text.utf8))])
        #expect(facts == ClusterFacts(isInterfaceHotplugEnabled: false))
    }

    @Test func `follows a KubeVirt that changes`() async throws {
        let cluster = FakeCluster([Fixture.kubeVirt(gates: [])])
        let source = KubeVirtFactsSource(cluster: cluster)
        #expect(try await source.facts().isInterfaceHotplugEnabled == false)
        _ = try await cluster.patch(
            .kubeVirt, namespace: "kubevirt", name: "kubevirt",
            patch: .merge([
                "spec": ["configuration": ["developerConfiguration": ["featureGates": ["HotplugNICs"]]]]
            ]), options: WriteOptions())
        #expect(try await source.facts().isInterfaceHotplugEnabled)
        #expect(try await source.facts().isInterfaceHotplugEnabled)
    }

    @Test func `takes a cluster without the CRD for one without KubeVirt`() async throws {
        let cluster = FakeCluster([])
        await cluster.upset("list kubevirts/*", .fail(.pathNotFound))
        #expect(try await KubeVirtFactsSource(cluster: cluster).facts() == ClusterFacts(kubeVirts: []))
    }

    @Test func `does not take an outage for a closed gate`() async throws {
        let cluster = FakeCluster([Fixture.kubeVirt()])
        await cluster.upset("list kubevirts/*", .fail(.serviceUnavailable("away")))
        let error = await #expect(throws: Status.self) { try await KubeVirtFactsSource(cluster: cluster).facts() }
        #expect(error?.code == 500)
        #expect(error?.message == "Internal error occurred: unable to list kubevirts: away")
    }
}
