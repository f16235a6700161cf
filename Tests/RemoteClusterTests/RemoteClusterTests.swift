import FakeKubeAPIServer
import HotplugAPI
import KubeClient
import KubeModel
import Synchronization
import Testing

@testable import RemoteCluster

@Suite struct RemoteClusterTests {
    private static func object(_ version: String = "5", kind: String = "VirtualMachine") -> JSONValue {
        ["kind": .string(kind), "metadata": ["name": "x", "uid": "u", "resourceVersion": .string(version)]]
    }

    /// Lends a cluster whose kube-apiserver answers the same to everything.
    private func withCluster(
        _ answer: FakeKubeAPIServer.Answer, _ body: (RemoteCluster, FakeKubeAPIServer) async throws -> Void
    ) async throws {
        try await withUpstream { _, _ in
            answer
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { try await body(RemoteCluster($0), upstream) }
        }
    }

    @Test func `reads an object as it came`() async throws {
        let text = #"{"metadata":{"resourceVersion":"18446744073709551615"},"x":1.0}"#
        try await withCluster(.status(200, body: text)) { cluster, upstream in
            let stored = try await cluster.get(.virtualMachine, namespace: "a b", name: "x/y")
            #expect(String(decoding: stored.bytes, as: UTF8.self) == text)
            #expect(stored.resourceVersion == .max)
            #expect(upstream.lines == ["GET /apis/kubevirt.io/v1/namespaces/a%20b/virtualmachines/x%2Fy"])
        }
    }

    @Test func `lists all pages`() async throws {
        try await withUpstream { _, count in
            let metadata: JSONObject =
                count == 0 ? ["resourceVersion": "9", "continue": "n"] : ["resourceVersion": "9"]
            return .json(["metadata": .object(metadata), "items": [Self.object("\(count)")]])
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let list = try await RemoteCluster(client).list(.kubeVirt, namespace: nil)
                #expect(list.items.map(\.resourceVersion) == [0, 1])
                #expect(list.resourceVersion == 9)
                #expect(
                    upstream.lines == [
                        "GET /apis/kubevirt.io/v1/kubevirts?limit=500",
                        "GET /apis/kubevirt.io/v1/kubevirts?limit=500&continue=n",
                    ])
            }
        }
    }

    @Test func `passes writes on with their options`() async throws {
        try await withCluster(.json(Self.object("7"), status: 201)) { cluster, upstream in
            let dry = WriteOptions(dryRun: true, fieldManager: "me & you")
            let patch = JSONPatch([.add(JSONPointer(tokens: ["a", "-"]), 1)])
            #expect(
                try await cluster.patch(
                    .virtualMachine, namespace: "n", name: "x", patch: .json(patch), options: dry
                ).resourceVersion == 7)
            _ = try await cluster.patch(
                .virtualMachine, namespace: "n", name: "x", patch: .merge(["a": .null]),
                options: WriteOptions(subresource: "status"))
            _ = try await cluster.create(.virtualMachine, namespace: "n", object: ["b": 1], options: WriteOptions())
            _ = try await cluster.update(
                .virtualMachine, namespace: "n", name: "x", object: ["c": 1], options: dry)
            let base = "/apis/kubevirt.io/v1/namespaces/n/virtualmachines"
            let options = "dryRun=All&fieldManager=me%20%26%20you"
            #expect(
                upstream.lines == [
                    "PATCH \(base)/x?\(options)", "PATCH \(base)/x/status", "POST \(base)", "PUT \(base)/x?\(options)",
                ])
            #expect(
                upstream.requests.map { $0["content-type"] } == [
                    "application/json-patch+json", "application/merge-patch+json", "application/json",
                    "application/json",
                ])
            #expect(
                upstream.requests.map(\.json) == [
                    [["op": "add", "path": "/a/-", "value": 1]], ["a": .null], ["b": 1], ["c": 1],
                ])
        }
    }

    @Test(arguments: [true, false])
    func `a write that tests what it changes was lost with its connection`(_ isRepeatable: Bool) async throws {
        try await withUpstream { _, count in
            count == 0 ? .disconnect : .json(Self.object("7"))
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                var options = WriteOptions()
                options.isRepeatable = isRepeatable
                let stored = try? await RemoteCluster(client).patch(
                    .virtualMachine, namespace: "n", name: "x", patch: .json(JSONPatch([])), options: options)
                #expect(stored?.resourceVersion == (isRepeatable ? 7 : nil))
                #expect(upstream.requests.count == (isRepeatable ? 2 : 1))
            }
        }
    }

    @Test func `hands on what the cluster warns of at a write`() async throws {
        let fields = [("Warning", #"299 - "a \"b\"""#), ("X", "y"), ("Warning", #"299 - "c""#)]
        let body = String(decoding: Self.object().serialized(), as: UTF8.self)
        try await withCluster(.status(200, fields: fields, body: body)) { cluster, _ in
            let stored = try await cluster.patch(
                .virtualMachine, namespace: "n", name: "x", patch: .merge([:]), options: WriteOptions())
            #expect(stored.warnings == [#"a "b""#, "c"])
        }
    }

    @Test func `tells an object that is gone from one that finalizers hold`() async throws {
        for isGone in [true, false] {
            try await withUpstream { request, _ in
                request.method == "GET"
                    ? .json(Self.object())
                    : .json(isGone ? ["kind": "Status", "status": "Success"] : Self.object("6"))
            } _: { upstream in
                try await withClient(try ClientConfiguration(upstream)) { client in
                    let deletion = try await RemoteCluster(client).delete(
                        .virtualMachine, namespace: "n", name: "x",
                        options: DeleteOptions(dryRun: true, resourceVersion: "5"))
                    switch deletion {
                    case .deleted(let last): #expect(isGone && last.resourceVersion == 5)
                    case .pending(let now): #expect(!isGone && now.resourceVersion == 6)
                    }
                    let request = try #require(upstream.requests.last)
                    #expect(request.line == "DELETE /apis/kubevirt.io/v1/namespaces/n/virtualmachines/x?dryRun=All")
                    #expect(request.json?["preconditions"] == ["uid": "u", "resourceVersion": "5"])
                }
            }
        }
    }

    @Test func `passes a refusal on with all it says`() async throws {
        var refusal = Status.invalid(
            group: "kubevirt.io", kind: "VirtualMachine", name: "x",
            causes: [Status.Cause(reason: "FieldValueInvalid", message: "no", field: "spec.a")])
        refusal.details?.uid = "u"
        refusal.details?.retryAfterSeconds = 3
        for status in [
            refusal, .notFound(group: "kubevirt.io", kind: "virtualmachines", name: "x"), .forbidden("not you"),
            Status(
                code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
                details: .init()),
        ] {
            try await withCluster(.json(status.json, status: status.code)) { cluster, _ in
                await #expect(throws: status) {
                    try await cluster.patch(
                        .virtualMachine, namespace: "n", name: "x", patch: .merge([:]), options: WriteOptions())
                }
            }
        }
    }

    @Test(arguments: [
        (401, "Unauthorized", 503, "the cluster refuses the credentials of this server: Unauthorized"),
        (503, "down\nmore", 503, "the cluster answered status 503: down"),
        (502, "", 503, "the cluster answered status 502"),
        // Once told as an object that does not exist: kube-apiserver says so too while it starts.
        (404, "404 page not found", 503, "the cluster answered status 404: 404 page not found: it does not serve"),
        (405, "", 500, "Internal error occurred: the cluster answered status 405"),
        (429, "slow", 429, "the cluster answered status 429: slow"),
        (504, "", 504, "the cluster answered status 504"),
        (302, "", 503, "the cluster answered status 302"),
        (200, "<html>", 500, "Internal error occurred: the cluster's answer is not JSON"),
        (200, "{}", 500, "Internal error occurred: the cluster's answer has no metadata.resourceVersion"),
    ]) func `makes a Status of what is none`(code: Int, body: String, expected: Int, message: String) async throws {
        try await withCluster(.status(code, body: body)) { cluster, _ in
            let status = await #expect(throws: Status.self) {
                try await cluster.get(.virtualMachine, namespace: "n", name: "x")
            }
            #expect(status?.code == expected)
            #expect(status?.message.hasPrefix(message) == true, "\(status?.message ?? "")")
        }
    }

    @Test func `says that the cluster cannot be reached, and that a write got no answer`() async throws {
        try await withUpstream { _, _ in
            .disconnect
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let cluster = RemoteCluster(client)
                let lost = await #expect(throws: Status.self) {
                    try await cluster.patch(
                        .virtualMachine, namespace: "n", name: "x", patch: .merge([:]), options: WriteOptions())
                }
                #expect(lost?.code == 503 && lost?.reason == "ServiceUnavailable")
                #expect(lost?.message.hasPrefix("the connection to the cluster was lost before it answered") == true)
                #expect(upstream.requests.count == 1)
                await upstream.stop()
                let refused = await #expect(throws: Status.self) {
                    try await cluster.get(.virtualMachine, namespace: "n", name: "x")
                }
                #expect(refused?.code == 503)
                #expect(refused?.message.hasPrefix("the cluster cannot be reached: \(upstream.url): ") == true)
            }
        }
    }

    @Test func `asks for a definition that exists once in ten seconds, and for one that does not each time`()
        async throws
    {
        let offset = Mutex(Duration.zero)
        let start = ContinuousClock.now
        try await withUpstream { request, _ in
            request.path.hasSuffix("/there")
                ? .json(Self.object()) : .json(Status.pathNotFound.json, status: 404)
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let cluster = RemoteCluster(client, now: { start + offset.withLock { $0 } })
                func exists(_ name: String) async -> Bool {
                    (try? await cluster.checkExistence(of: .networkAttachmentDefinition, namespace: "n", name: name))
                        != nil
                }
                for _ in 0..<3 { #expect(await exists("there")) }
                for _ in 0..<3 { #expect(await !exists("missing")) }
                #expect(upstream.requests.count == 4)
                offset.withLock { $0 = .seconds(10) }
                #expect(await exists("there"))
                #expect(upstream.requests.count == 5)
            }
        }
    }

    @Test func `whole definitions of up to 1.5 MB each were remembered, to tell that they exist`() async throws {
        try await withUpstream { _, count in
            .json(Self.object("\(count)", kind: "NetworkAttachmentDefinition"))
        } _: { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let cluster = RemoteCluster(client)
                try await cluster.checkExistence(of: .networkAttachmentDefinition, namespace: "n", name: "x")
                // What is read is read, and not what was remembered.
                for version: UInt64 in 1...2 {
                    let stored = try await cluster.get(.networkAttachmentDefinition, namespace: "n", name: "x")
                    #expect(stored.resourceVersion == version)
                }
            }
        }
    }
}
