import Foundation
import Testing

@testable import KubeClient

@Suite struct KubeconfigTests {
    private static let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    private static let pemData = Data(pem.utf8).base64EncodedString()

    private static func text(cluster: String = "", user: String = "", context: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: here
        preferences: {}
        contexts:
        - name: there
          context: {cluster: c, user: other}
        - name: here
          context:
            cluster: c
            user: u
        \(context)
        clusters:
        - name: other
          cluster: {server: "https://other"}
        - name: c
          cluster:
            server: https://10.0.0.1:6443/prefix/
        \(cluster)
        users:
        - name: other
          user: {token: other-token}
        - name: u
          user:
            unknown: ignored
        \(user)
        """
    }

    private func read(
        cluster: String = "", user: String = "", context: String = "", name: String? = nil, server: String? = nil,
        files: [String] = []
    ) throws -> (ClientConfiguration, String) {
        let directory = try TemporaryDirectory()
        for file in files { try directory.write(Self.pem, to: file) }
        let path = try directory.write(Self.text(cluster: cluster, user: user, context: context), to: "config")
        return (
            try ClientConfiguration.kubeconfig(path: path, context: name, server: server), directory.path
        )
    }

    @Test func `takes the current context, another one, and another server`() throws {
        let (here, _) = try read(context: "    namespace: ns")
        #expect(here.server.description == "https://10.0.0.1:6443/prefix")
        #expect(here.credential == .none)
        #expect(here.namespace == "ns")
        let (there, _) = try read(name: "there", server: "https://[::1]:1")
        #expect(there.credential == .token("other-token"))
        #expect(there.server.description == "https://[::1]:1")
        #expect(there.namespace == "default")
    }

    @Test func `takes data before files, and files from where the kubeconfig is`() throws {
        let (files, directory) = try read(
            cluster: "    certificate-authority: ca.pem\n    tls-server-name: name\n    proxy-url: socks5://p:1",
            user: "    client-certificate: c.pem\n    client-key: k.pem\n    tokenFile: t",
            files: ["ca.pem", "c.pem", "k.pem"])
        #expect(files.authorities == .file("\(directory)/ca.pem"))
        #expect(files.clientCertificate == .file("\(directory)/c.pem"))
        #expect(files.clientKey == .file("\(directory)/k.pem"))
        #expect(files.credential == .tokenFile("\(directory)/t"))
        #expect(files.tlsServerName == "name")
        #expect(files.proxy == "socks5://p:1")
        let (data, _) = try read(
            cluster: "    certificate-authority: missing\n    certificate-authority-data: \(Self.pemData)",
            user: """
                    client-certificate-data: \(Self.pemData)
                    client-key-data: \(Self.pemData)
                    token: loses
                    tokenFile: /t
                """)
        #expect(data.authorities == .data(Array(Self.pem.utf8)))
        #expect(data.clientCertificate == .data(Array(Self.pem.utf8)))
        #expect(data.clientKey == .data(Array(Self.pem.utf8)))
        #expect(data.credential == .tokenFile("/t"))
    }

    @Test func `takes passwords, impersonation and no verification`() throws {
        let (configuration, _) = try read(
            cluster: "    insecure-skip-tls-verify: true",
            user: """
                    username: me
                    password: secret
                    as: alice
                    as-uid: "7"
                    as-groups: [a, b]
                    as-user-extra: {scopes: [one, two]}
                """)
        #expect(configuration.isInsecure)
        #expect(configuration.credential == .basic(user: "me", password: "secret"))
        #expect(configuration.impersonation.user == "alice")
        #expect(configuration.impersonation.uid == "7")
        #expect(configuration.impersonation.groups == ["a", "b"])
        #expect(configuration.impersonation.extra.first?.values == ["one", "two"])
    }

    @Test(arguments: ["v1", "v1beta1"]) func `takes an exec plugin`(version: String) throws {
        let (configuration, directory) = try read(
            user: """
                    exec:
                      apiVersion: client.authentication.k8s.io/\(version)
                      command: ./bin/plugin
                      args: [get, token]
                      env: [{name: A, value: b}]
                      provideClusterInfo: true
                      interactiveMode: IfAvailable
                      installHint: install it
                """)
        var plugin = ExecPlugin(
            apiVersion: "client.authentication.k8s.io/\(version)", command: "\(directory)/./bin/plugin")
        plugin.arguments = ["get", "token"]
        plugin.environment = [("A", "b")]
        plugin.providesClusterInfo = true
        plugin.installHint = "install it"
        #expect(configuration.credential == .exec(plugin))
    }

    struct Wrong: Sendable {
        var cluster = ""
        var user = ""
        var context: String?
        var server: String?
        let place: String
    }

    @Test(arguments: [
        Wrong(context: "nowhere", place: "contexts: no entry has the name \"nowhere\""),
        Wrong(server: "10.0.0.1:6443", place: "clusters[name=c].cluster.server: \"10.0.0.1:6443\" is no URL"),
        Wrong(cluster: "    certificate-authority-data: '%%'", place: "cluster.certificate-authority-data: is not PEM"),
        Wrong(cluster: "    certificate-authority: nowhere", place: "cluster.certificate-authority: "),
        Wrong(
            cluster: "    insecure-skip-tls-verify: perhaps", place: "insecure-skip-tls-verify: is not true or false"),
        Wrong(
            cluster: "    insecure-skip-tls-verify: true\n    certificate-authority-data: \(pemData)",
            place: "insecure-skip-tls-verify: excludes certificate-authority"),
        Wrong(cluster: "    proxy-url: ftp://x", place: "proxy-url: must begin with http://"),
        Wrong(user: "    client-certificate-data: \(pemData)", place: "users[name=u].user.client-key: missing"),
        Wrong(user: "    client-key-data: \(pemData)", place: "user.client-certificate: missing"),
        Wrong(user: "    token: [a]", place: "user.token: is not a string"),
        Wrong(user: "    auth-provider: {name: gcp}", place: "user.auth-provider: is no longer part"),
        Wrong(user: "    as-groups: [a]", place: "user.as: missing"),
        Wrong(user: "    as: a\n    as-groups: [1]", place: "user.as-groups[0]: is not a string"),
        Wrong(user: "    exec: {command: x}", place: "user.exec.apiVersion: missing"),
        Wrong(user: "    exec: {command: x, apiVersion: v0}", place: "user.exec.apiVersion: \"v0\" is not one of"),
        Wrong(
            user: "    exec: {apiVersion: client.authentication.k8s.io/v1}", place: "user.exec.command: missing"),
        Wrong(
            user: "    exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}",
            place: "user.exec.interactiveMode: Always cannot be"),
        Wrong(
            user: "    token: t\n    exec: {command: x, apiVersion: client.authentication.k8s.io/v1}",
            place: "user.exec: excludes token"),
    ]) func `names the file and the field that are wrong`(wrong: Wrong) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try read(cluster: wrong.cluster, user: wrong.user, name: wrong.context, server: wrong.server)
        }
        let text = try #require(error?.description)
        #expect(text.contains("/config: ") && text.contains(wrong.place), "\(text)")
    }

    @Test func `says why a file is no kubeconfig`() throws {
        let directory = try TemporaryDirectory()
        let missing = #expect(throws: ConfigurationError.self) {
            try ClientConfiguration.kubeconfig(path: "\(directory.path)/none")
        }
        #expect(missing?.description == "kubeconfig: \(directory.path)/none: No such file or directory")
        let list = try directory.write("[]", to: "list")
        #expect(throws: ConfigurationError("kubeconfig \(list): not a mapping")) {
            try ClientConfiguration.kubeconfig(path: list)
        }
        #expect(throws: ConfigurationError("kubeconfig: \(directory.path) is not a regular file")) {
            try ClientConfiguration.kubeconfig(path: directory.path)
        }
    }

    @Test func `takes what a pod is given`() throws {
        let directory = try TemporaryDirectory()
        for (name, text) in [("token", "t"), ("ca.crt", Self.pem), ("namespace", "kubevirt")] {
            try directory.write(text, to: name)
        }
        let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        let configuration = try ClientConfiguration.inCluster(environment: environment, directory: directory.path)
        #expect(configuration.server.description == "https://[fd00::1]:443")
        #expect(configuration.credential == .tokenFile("\(directory.path)/token"))
        #expect(configuration.authorities == .file("\(directory.path)/ca.crt"))
        #expect(configuration.namespace == "kubevirt")
        let outside = #expect(throws: ConfigurationError.self) {
            try ClientConfiguration.inCluster(environment: [:], directory: directory.path)
        }
        #expect(outside?.description.contains("must be defined; outside a pod give --kubeconfig") == true)
        #expect(throws: ConfigurationError("service account: /nowhere/token: No such file or directory")) {
            try ClientConfiguration.inCluster(environment: environment, directory: "/nowhere")
        }
    }

    @Test(arguments: [
        ("https://h", "https://h:443"), ("http://h/", "http://h:80"), ("https://h:1/a/b//", "https://h:1/a/b"),
        ("HTTPS://[::1]:6443", "https://[::1]:6443"),
    ]) func `reads a server's URL`(text: String, expected: String) {
        #expect(ServerURL(text)?.description == expected)
    }

    @Test(arguments: [
        "", "h", "h:1", "ftp://h", "https://", "https://:1", "https://h:x", "https://h:99999", "https://u@h",
        "https://h?q", "https://h#f", "https:/h", "https://[::1", "https://[::1]x", "https://h h",
    ])
    func `refuses what is no URL of a server`(text: String) {
        #expect(ServerURL(text) == nil)
    }
}
