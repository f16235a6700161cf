import FakeKubeAPIServer
import KubeClient
import KubeModel
import RemoteCluster
import Testing

@Suite struct CachedReadTests {
    private static let path = "/apis/kubevirt.io/v1/namespaces/n/virtualmachineinstances/x"

    private static func object(_ version: String) -> JSONValue {
        ["kind": "VirtualMachineInstance", "metadata": ["name": "x", "resourceVersion": .string(version)]]
    }

    private static func cached(_ cluster: RemoteCluster) async -> UInt64? {
        await cluster.cached(.virtualMachineInstance, namespace: "n", name: "x")?.resourceVersion
    }

    private static func patch(_ cluster: RemoteCluster, dryRun: Bool = false) async throws {
        _ = try await cluster.patch(
            .virtualMachineInstance, namespace: "n", name: "x", patch: .merge([:]),
            options: WriteOptions(dryRun: dryRun))
    }

    @Test func `asks for what the cache has, but not for less than was written`() async throws {
        try await withUpstream { request, _ in
            .json(Self.object(request.method == "GET" ? "8" : request.query.isEmpty ? "7" : "99"))
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let cluster = RemoteCluster(client)
                #expect(await Self.cached(cluster) == 8)
                try await Self.patch(cluster, dryRun: true)
                #expect(await Self.cached(cluster) == 8)
                try await Self.patch(cluster)
                #expect(await Self.cached(cluster) == 8)
                _ = await cluster.cached(.virtualMachine, namespace: "n", name: "x")
                #expect(
                    upstream.lines == [
                        "GET \(Self.path)?resourceVersion=0", "PATCH \(Self.path)?dryRun=All",
                        "GET \(Self.path)?resourceVersion=0", "PATCH \(Self.path)",
                        "GET \(Self.path)?resourceVersion=7",
                        "GET /apis/kubevirt.io/v1/namespaces/n/virtualmachines/x?resourceVersion=0",
                    ])
            }
        }
    }

    /// As kube-apiserver says that its cache does not become so new (apimachinery `NewTooLargeResourceVersionError`).
    private static let tooNew = FakeKubeAPIServer.Answer.status(
        504, fields: [("Retry-After", "1")], body: Status.timeout("Too large resource version: 7, current: 5").json.text
    )

    @Test func `an object that the cache does not have is asked for again`() async throws {
        try await withUpstream { request, _ in
            request.method == "GET" ? .json(Status.pathNotFound.json, status: 404) : .json(Self.object("7"))
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let cluster = RemoteCluster(client)
                try await Self.patch(cluster)
                for _ in 0..<2 { #expect(await Self.cached(cluster) == nil) }
                #expect(
                    upstream.lines.dropFirst() == [
                        "GET \(Self.path)?resourceVersion=7", "GET \(Self.path)?resourceVersion=7",
                    ])
            }
        }
    }

    @Test(arguments: [tooNew, .status(200, body: "{"), .disconnect])
    func `a cache that lagged made every write wait for it`(_ answer: FakeKubeAPIServer.Answer) async throws {
        let clock = TestClock()
        try await withUpstream { request, _ in
            request.method == "GET" ? answer : .json(Self.object("7"))
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let cluster = RemoteCluster(client, now: { clock.now })
                /// What the cache is asked, once; a lost connection is tried again.
                func expectAsked(_ lines: Set<String>) async throws {
                    try await Self.patch(cluster)
                    let before = upstream.lines.count
                    #expect(await Self.cached(cluster) == nil)
                    #expect(Set(upstream.lines[before...]) == lines)
                }
                try await expectAsked(["GET \(Self.path)?resourceVersion=7"])
                clock.advance(.seconds(29))
                try await expectAsked([])
                clock.advance(.seconds(1))
                try await expectAsked(["GET \(Self.path)?resourceVersion=7"])
            }
        }
    }

    /// etcd restored from an older backup.
    @Test func `a version that does not come is not waited for again`() async throws {
        let clock = TestClock()
        try await withUpstream { request, _ in
            request.method == "PATCH"
                ? .json(Self.object("7"))
                : request.hasQuery("resourceVersion=7") ? Self.tooNew : .json(Self.object("5"))
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let cluster = RemoteCluster(client, now: { clock.now })
                try await Self.patch(cluster)
                #expect(await Self.cached(cluster) == nil)
                clock.advance(.seconds(30))
                #expect(await Self.cached(cluster) == 5)
            }
        }
    }

    @Test func `a cache that says nothing is not waited for`() async throws {
        let (silence, end) = AsyncStream<String>.makeStream()
        try await withUpstream { _, _ in
            for await _ in silence {}
            return .status(200)
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                #expect(await Self.cached(RemoteCluster(client, cacheTimeout: 50)) == nil)
            }
            end.finish()
        }
    }
}

extension JSONValue {
    fileprivate var text: String { String(decoding: serialized(), as: UTF8.self) }
}
