import FakeKubeAPIServer
import KubeClient
import KubeModel
import Logging
import Synchronization
import TLS
import Testing

@testable import DelegatedAuth

@Suite struct AuthenticationTrustTests {
    @Test func `reads all keys, and lends its pools to the next reading`() throws {
        let authorities = try ClusterCAs()
        let trust = try AuthenticationTrust(configMap: authorities.configMap())
        let frontProxy = try #require(trust.frontProxy)
        #expect(frontProxy.allowedNames == ["front-proxy-client"])
        #expect(frontProxy.userFields == ["x-remote-user"])
        #expect(frontProxy.uidFields == ["x-remote-uid"])
        #expect(frontProxy.groupFields == ["x-remote-group"])
        #expect(frontProxy.extraPrefixes == ["x-remote-extra-"])
        #expect(trust.warning == nil)
        let next = try AuthenticationTrust(configMap: authorities.configMap(allowedNames: ""), previous: trust)
        #expect(next.frontProxy?.authorities === frontProxy.authorities)
        #expect(next.clientAuthorities === trust.clientAuthorities)
        #expect(next.frontProxy?.allowedNames == [])
        #expect(next.warning?.hasPrefix("requestheader-allowed-names is empty") == true)
        let other = try AuthenticationTrust(
            configMap: authorities.configMap(
                allowedNames: "[]", frontProxyCA: authorities.cluster.pair.certificate), previous: trust)
        #expect(other.frontProxy?.authorities !== frontProxy.authorities)
        #expect(other.warning?.contains("every client with a certificate of the cluster") == true)
    }

    @Test func `trusts nobody without the keys`() throws {
        for configMap: JSONValue in [[:], ["data": [:]], ["data": ["client-ca-file": ""]]] {
            let trust = try AuthenticationTrust(configMap: configMap)
            #expect(trust.frontProxy == nil && trust.clientAuthorities == nil)
        }
    }

    @Test(arguments: [
        ("requestheader-allowed-names", "front-proxy-client"), ("requestheader-allowed-names", "[1]"),
        ("requestheader-username-headers", "{}"), ("requestheader-client-ca-file", "no PEM"),
        ("client-ca-file", "no PEM"),
    ]) func `names the key that is wrong`(key: String, value: String) throws {
        var configMap = try ClusterCAs().configMap()
        configMap["data"]?[key] = .string(value)
        let error = #expect(throws: AuthenticationTrust.DataError.self) {
            try AuthenticationTrust(configMap: configMap)
        }
        #expect(error?.description.hasPrefix("\(key): ") == true)
    }
}

@Suite struct ClusterTrustTests {
    /// Keeps log lines.
    struct Lines: LogHandler {
        let lines: LineStore
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            lines.append("\(event.message) \(event.metadata.map { "\($0)" } ?? "")")
        }
    }

    final class LineStore: Sendable {
        private let lines = Mutex<[String]>([])
        func append(_ line: String) { lines.withLock { $0.append(line) } }
        func contains(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
    }

    /// Runs a trust against an upstream; what never comes meets the time limit.
    private func withTrust(
        answer: @escaping @Sendable (FakeKubeAPIServer.Request, Int) async -> FakeKubeAPIServer.Answer,
        _ body: (ClusterTrust, LineStore, FakeKubeAPIServer) async throws -> Void
    ) async throws {
        try await withUpstream(answer: answer) { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let lines = LineStore()
                let trust = ClusterTrust(
                    client, backoff: Backoff(first: 1, max: 2), logger: Logger(label: "t") { _ in Lines(lines: lines) })
                #expect(trust.current.frontProxy == nil)
                #expect(throws: WatchHealth.Failure.self) { try trust.checkHealth() }
                let loop = client.firstLoop
                let running = Task { await trust.run(on: loop) }
                try await body(trust, lines, upstream)
                trust.stop()
                await client.close()
                await running.value
            }
        }
    }

    private func wait(until isTrue: () -> Bool) async { while !isTrue() { await Task.yield() } }

    @Test(.timeLimit(.minutes(1))) func `swaps what changes, and keeps the last good trust`() async throws {
        let authorities = try ClusterCAs()
        let (events, pipe) = AsyncStream<String>.makeStream()
        try await withTrust { request, _ in
            if request.hasQuery("watch=true") { return .stream(events) }
            return .json(["metadata": ["resourceVersion": "1"], "items": [authorities.configMap()]])
        } _: { trust, lines, upstream in
            try await trust.settle()
            #expect(trust.current.frontProxy != nil)
            try trust.checkHealth()
            func send(_ type: String, _ object: JSONValue) {
                let event: JSONValue = ["type": .string(type), "object": object]
                pipe.yield(String(decoding: event.serialized(), as: UTF8.self))
            }
            send("MODIFIED", authorities.configMap(allowedNames: #"["a","b"]"#))
            await wait { trust.current.frontProxy?.allowedNames == ["a", "b"] }
            send("MODIFIED", authorities.configMap(allowedNames: "broken"))
            await wait { lines.contains("requestheader-allowed-names: not a JSON array of strings") }
            send("DELETED", authorities.configMap())
            await wait { lines.contains("was deleted") }
            #expect(trust.current.frontProxy?.allowedNames == ["a", "b"])
            // The role allows nothing but this one name.
            let selector = "fieldSelector=metadata.name%3Dextension-apiserver-authentication"
            #expect(upstream.requests.allSatisfy { $0.hasQuery(selector) })
            #expect(upstream.requests.first?.path == "/api/v1/namespaces/kube-system/configmaps")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `says which role is missing`() async throws {
        try await withTrust { _, _ in
            .json(Status.forbidden("not you").json, status: 403)
        } _: { trust, lines, _ in
            await wait { lines.contains("--role=extension-apiserver-authentication-reader") }
            let error = await #expect(throws: WatchHealth.Failure.self) { try await trust.settle() }
            let reason = "list /api/v1/namespaces/kube-system/configmaps: not you; usually fixed by: kubectl create"
            #expect(error?.description.hasPrefix(reason) == true)
            #expect(throws: WatchHealth.Failure.self) { try trust.checkHealth() }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `trusts nobody while there is no such configmap`() async throws {
        try await withTrust { request, _ in
            request.hasQuery("watch=true")
                ? .stream(AsyncStream { _ in }) : .json(["metadata": ["resourceVersion": "1"], "items": []])
        } _: { trust, lines, _ in
            await wait { lines.contains("there is no configmap") }
            await wait { (try? trust.checkHealth()) != nil }
            #expect(trust.current.frontProxy == nil && trust.current.clientAuthorities == nil)
        }
    }
}
