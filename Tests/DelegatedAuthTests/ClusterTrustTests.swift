import FakeKubeAPIServer
import Foundation
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
        _ options: AuthenticationOptions = AuthenticationOptions(),
        answer: @escaping @Sendable (FakeKubeAPIServer.Request, Int) async -> FakeKubeAPIServer.Answer,
        _ body: (ClusterTrust, LineStore, FakeKubeAPIServer) async throws -> Void
    ) async throws {
        try await withUpstream(answer: answer) { upstream in
            try await withClient(try ClientConfiguration(upstream)) { client in
                let lines = LineStore()
                let trust = try ClusterTrust(
                    client, options: options, backoff: Backoff(first: 1, max: 2),
                    logger: Logger(label: "t") { _ in Lines(lines: lines) })
                if options.files.isEmpty {
                    #expect(trust.current.frontProxy == nil && trust.current.clientAuthorities == nil)
                }
                if options.needsLookup, !options.toleratesLookupFailure {
                    #expect(throws: WatchHealth.Failure.self) { try trust.checkHealth() }
                }
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

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func `a flag stands for the keys of the configmap that go with it, and for no others`(
        isFrontProxy: Bool
    ) async throws {
        let (looked, named) = (try ClusterCAs(), try ClusterCAs())
        let file = try CAFile(isFrontProxy ? named.frontProxy : named.cluster)
        var options = AuthenticationOptions()
        if isFrontProxy {
            options.requestHeader = AuthenticationOptions.RequestHeader(clientCAFile: file.path)
            options.requestHeader?.allowedNames = ["other"]
        } else {
            options.clientCAFile = file.path
        }
        let (events, pipe) = AsyncStream<String>.makeStream()
        try await withTrust(options) { request, _ in
            if request.hasQuery("watch=true") { return .stream(events) }
            return .json(["metadata": ["resourceVersion": "1"], "items": [looked.configMap()]])
        } _: { trust, _, _ in
            try await trust.settle()
            func check() throws {
                let frontProxy = try #require(trust.current.frontProxy)
                #expect(
                    frontProxy.bundle == (isFrontProxy ? named : looked).frontProxy.pair.certificate)
                #expect(frontProxy.allowedNames == [isFrontProxy ? "other" : "front-proxy-client"])
                #expect(frontProxy.userFields == ["x-remote-user"])
                // The flag's default is none.
                #expect(frontProxy.uidFields == (isFrontProxy ? [] : ["x-remote-uid"]))
                #expect(
                    trust.current.clientBundle == (isFrontProxy ? looked : named).cluster.pair.certificate)
            }
            try check()
            // What the flag stands for may be anything in the configmap.
            var configMap = looked.configMap()
            let other = try ClusterCAs()
            if isFrontProxy {
                configMap["data"]?["requestheader-allowed-names"] = "broken"
                configMap["data"]?["client-ca-file"] = .string(other.cluster.pair.certificate)
            } else {
                configMap["data"]?["client-ca-file"] = "broken"
                configMap["data"]?["requestheader-client-ca-file"] = .string(other.frontProxy.pair.certificate)
            }
            let event: JSONValue = ["type": "MODIFIED", "object": configMap]
            pipe.yield(String(decoding: event.serialized(), as: UTF8.self))
            await wait {
                isFrontProxy
                    ? trust.current.clientBundle == other.cluster.pair.certificate
                    : trust.current.frontProxy?.bundle == other.frontProxy.pair.certificate
            }
            #expect(trust.current.frontProxy?.allowedNames == [isFrontProxy ? "other" : "front-proxy-client"])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["both CAs", "skip", "both CAs and tolerate"])
    func `does not ask for the configmap where it has nothing left to say`(flags: String) async throws {
        let named = try ClusterCAs()
        let (frontProxy, clients) = (try CAFile(named.frontProxy), try CAFile(named.cluster))
        var options = AuthenticationOptions()
        if flags == "skip" {
            options.skipsLookup = true
        } else {
            options.requestHeader = AuthenticationOptions.RequestHeader(clientCAFile: frontProxy.path)
            options.clientCAFile = clients.path
            options.toleratesLookupFailure = flags.hasSuffix("tolerate")
        }
        try await withTrust(options) { _, _ in
            .disconnect
        } _: { trust, lines, upstream in
            try await trust.settle()
            try trust.checkHealth()
            #expect(upstream.requests.isEmpty)
            #expect((trust.current.frontProxy == nil) == (flags == "skip"))
            #expect((trust.current.clientAuthorities == nil) == (flags == "skip"))
            #expect(lines.contains("users are known by bearer tokens alone") == (flags == "skip"))
            // All names of that CA may speak as anybody: an operator should hear it.
            #expect(lines.contains("requestheader-allowed-names is empty") == (flags != "skip"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func `goes on trying for a configmap that it is told to do without`() async throws {
        let authorities = try ClusterCAs()
        var options = AuthenticationOptions()
        options.toleratesLookupFailure = true
        let isAllowed = Mutex(false)
        try await withTrust(options) { request, _ in
            if request.hasQuery("watch=true") { return .stream(AsyncStream { _ in }) }
            guard isAllowed.withLock({ $0 }) else { return .json(Status.forbidden("not you").json, status: 403) }
            return .json(["metadata": ["resourceVersion": "1"], "items": [authorities.configMap()]])
        } _: { trust, lines, _ in
            try await trust.settle()
            try trust.checkHealth()
            #expect(lines.contains("serving without configmap kube-system/extension-apiserver-authentication"))
            #expect(trust.current.frontProxy == nil && trust.current.clientAuthorities == nil)
            isAllowed.withLock { $0 = true }
            await wait { trust.current.frontProxy != nil }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `reads the files again when they change, and keeps the last good ones`()
        async throws
    {
        let (first, second) = (try ClusterCAs(), try ClusterCAs())
        let file = try CAFile(first.frontProxy)
        var options = AuthenticationOptions()
        options.skipsLookup = true
        options.requestHeader = AuthenticationOptions.RequestHeader(clientCAFile: file.path)
        try await withTrust(options) { _, _ in
            .disconnect
        } _: { trust, lines, _ in
            let authorities = trust.current.frontProxy?.authorities
            try file.write("no PEM")
            await wait { lines.contains("CAs not reloaded; the old ones stay") }
            #expect(lines.contains("\(file.path) has no certificate in it"))
            #expect(trust.current.frontProxy?.authorities === authorities)
            try file.write(second.frontProxy.pair.certificate)
            await wait { trust.current.frontProxy?.bundle == second.frontProxy.pair.certificate }
            #expect(trust.current.frontProxy?.authorities !== authorities)
        }
    }

    @Test(arguments: [("/no/such/file", "No such file"), ("/", "is not a regular file"), ("", "has no certificate")])
    func `names the flag and the file that cannot be used`(path: String, reason: String) async throws {
        let empty = try CAFile("no PEM")
        let file = path.isEmpty ? empty.path : path
        var options = AuthenticationOptions()
        options.clientCAFile = file
        for flag in ["--client-ca-file", "--requestheader-client-ca-file"] {
            let error = #expect(throws: AuthenticationTrust.DataError.self) { try options.data() }
            #expect(error?.description.hasPrefix("\(flag): \(file)") == true)
            #expect(error?.description.contains(reason) == true)
            options.clientCAFile = nil
            options.requestHeader = AuthenticationOptions.RequestHeader(clientCAFile: file)
        }
    }
}
