import FakeKubeAPIServer
import Foundation
import TLS
import Testing

@testable import KubeClient

@Suite struct CredentialTests {
    /// Lends an HTTPS upstream that knows the token `good` alone.
    private func withTokens(
        _ credential: (TemporaryDirectory) throws -> ClientConfiguration.Credential,
        _ body: (KubeClient, FakeKubeAPIServer, TemporaryDirectory, TestClock) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let clock = TestClock()
        try await withUpstream(authority: try .test()) { request, _ in
            .status(request["authorization"] == "Bearer good" ? 200 : 401)
        } _: { upstream in
            var configuration = try ClientConfiguration(upstream)
            configuration.credential = try credential(directory)
            try await withClient(configuration, clock: clock) { client in
                try await body(client, upstream, directory, clock)
            }
        }
    }

    private static func tokens(_ upstream: FakeKubeAPIServer) -> [String] {
        upstream.requests.compactMap { $0["authorization"] }
    }

    @Test func `reads a token file again after a minute, at once after 401, and keeps what it had`() async throws {
        try await withTokens {
            .tokenFile(try $0.write("good\n", to: "token"))
        } _: { client, upstream, directory, clock in
            let get = KubeRequest("GET", "/")
            #expect(try await client.send(get).status == 200)
            try directory.write("bad", to: "token")
            clock.advance(.seconds(49))
            #expect(try await client.send(get).status == 200)
            clock.advance(.seconds(2))
            #expect(try await client.send(get).status == 401)
            // Twice: with what was read after a minute, and with what was read because of the 401.
            #expect(Self.tokens(upstream).suffix(2) == ["Bearer bad", "Bearer bad"])
            try directory.write("good", to: "token")
            #expect(try await client.send(get).status == 200)
            try FileManager.default.removeItem(atPath: "\(directory.path)/token")
            clock.advance(.seconds(60))
            #expect(try await client.send(get).status == 200)
        }
    }

    @Test func `a 401 makes it read a rotated token and send the request again`() async throws {
        try await withTokens {
            .tokenFile(try $0.write("old", to: "token"))
        } _: { client, upstream, directory, _ in
            #expect(try await client.send(KubeRequest("GET", "/")).status == 401)
            try directory.write("stale", to: "token")
            #expect(try await client.send(KubeRequest("GET", "/")).status == 401)
            try directory.write("good", to: "token")
            let patch = KubeRequest("PATCH", "/", body: Array("{}".utf8))
            #expect(try await client.send(patch).status == 200)
            #expect(upstream.requests.last?.body == Array("{}".utf8))
        }
    }

    @Test func `a token that is not renewable is sent once`() async throws {
        try await withTokens { _ in
            .token("bad")
        } _: { client, upstream, _, _ in
            let refused = try await client.send(KubeRequest("GET", "/"))
            #expect(refused.status == 401)
            #expect(Self.tokens(upstream) == ["Bearer bad"])
        }
    }

    private static func plugin(_ directory: TemporaryDirectory, _ script: String) throws -> ExecPlugin {
        // Not the script itself: it may be open for writing in a process that another test is starting.
        var plugin = ExecPlugin(apiVersion: ExecPlugin.versions[0], command: "/bin/sh")
        let file = try directory.write("echo run >> \(directory.path)/runs\n\(script)\n", to: "plugin")
        plugin.arguments = [file, "an argument"]
        plugin.environment = [("PLUGIN_VARIABLE", "a value")]
        plugin.providesClusterInfo = true
        plugin.installHint = "get it somewhere"
        return plugin
    }

    private static func credential(_ status: String) -> String {
        #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{\#(status)}}"#
    }

    private static func runs(_ directory: TemporaryDirectory) throws -> Int {
        try String(contentsOfFile: "\(directory.path)/runs", encoding: .utf8).split(separator: "\n").count
    }

    @Test func `runs a plugin once for requests that come together, and again when its token ends`() async throws {
        let end = Date.now.addingTimeInterval(610).ISO8601Format()
        try await withTokens { directory in
            .exec(
                try Self.plugin(
                    directory,
                    """
                    printf '%s' "$KUBERNETES_EXEC_INFO" > \(directory.path)/info
                    printf '%s' "$1 $PLUGIN_VARIABLE" > \(directory.path)/given
                    cat > \(directory.path)/input
                    echo '\(Self.credential(#""token":"good","expirationTimestamp":"\#(end)""#))'
                    """))
        } _: { client, upstream, directory, clock in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<5 { group.addTask { try await client.send(KubeRequest("GET", "/")).status } }
                for try await status in group { #expect(status == 200) }
            }
            #expect(try Self.runs(directory) == 1)
            #expect(try String(contentsOfFile: "\(directory.path)/given", encoding: .utf8) == "an argument a value")
            #expect(try String(contentsOfFile: "\(directory.path)/input", encoding: .utf8) == "")
            let info = try String(contentsOfFile: "\(directory.path)/info", encoding: .utf8)
            #expect(info.contains(#""interactive":false"#))
            #expect(info.contains(#""server":"\#(upstream.url)","certificate-authority-data":""#))
            clock.advance(.seconds(400))
            #expect(try await client.send(KubeRequest("GET", "/")).status == 200)
            #expect(try Self.runs(directory) == 1)
            clock.advance(.seconds(200))
            #expect(try await client.send(KubeRequest("GET", "/")).status == 200)
            #expect(try Self.runs(directory) == 2)
        }
    }

    @Test func `uses a plugin's client certificate`() async throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority.test()
        let user = try authority.issue(commonName: "from-plugin", usage: .client, days: 1)
        let status = [("clientCertificateData", user.certificate), ("clientKeyData", user.key)]
            .map { #""\#($0)":"\#($1.replacing("\n", with: "\\n"))""# }.joined(separator: ",")
        try directory.write(Self.credential(status), to: "credential")
        let plugin = try Self.plugin(directory, "cat \(directory.path)/credential")
        try await withUpstream(authority: authority) { request, _ in
            .status(200, body: request.commonName ?? "")
        } _: { upstream in
            var configuration = try ClientConfiguration(upstream)
            configuration.credential = .exec(plugin)
            try await withClient(configuration) { client in
                let response = try await client.send(KubeRequest("GET", "/"))
                #expect(String(decoding: response.body, as: UTF8.self) == "from-plugin")
            }
        }
    }

    @Test(arguments: [
        ("exit 3", "exit status 3"), ("kill -9 $$", "ended by signal 9"), ("echo no", "its output is not JSON"),
        ("echo '{}'", "its output is no ExecCredential of client.authentication.k8s.io/v1"),
        ("echo '\(credential(""))'", "its status has neither a token nor a client certificate"),
        (
            "echo '\(credential(#""clientCertificateData":"x""#))'",
            "its status has a client certificate without its key"
        ),
        (
            "echo '\(credential(#""token":"t","expirationTimestamp":"soon""#))'",
            "its expirationTimestamp \"soon\" is not RFC 3339"
        ),
        ("yes", "it writes more than 1048576 bytes"),
    ]) func `says what is wrong with a plugin`(script: String, problem: String) async throws {
        try await withTokens {
            .exec(try Self.plugin($0, script))
        } _: { client, _, _, _ in
            let error = await #expect(throws: KubeClientError.self) {
                try await client.send(KubeRequest("GET", "/"))
            }
            let text = try #require(error?.description)
            #expect(text.contains("exec plugin /bin/sh: \(problem)"), "\(text)")
            #expect(text.hasSuffix("\nget it somewhere"))
            #expect(error?.kind == .unreachable)
        }
    }

    @Test func `says that a plugin is missing`() async throws {
        try await withTokens { _ in
            .exec(ExecPlugin(apiVersion: ExecPlugin.versions[0], command: "no-such-plugin"))
        } _: { client, _, _, _ in
            let error = await #expect(throws: KubeClientError.self) {
                try await client.send(KubeRequest("GET", "/"))
            }
            #expect(error?.description.hasSuffix("exec plugin no-such-plugin: No such file or directory") == true)
        }
    }
}
