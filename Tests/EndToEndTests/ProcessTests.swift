import Foundation
import KubeModel
import TLS
import Testing

/// A server that is expected not to start.
enum Serve {
    static func run(_ flags: [String]) throws -> Command.Result {
        let directory = try TemporaryDirectory()
        let place = flags.contains("--data-dir") ? [] : ["--data-dir", directory.path + "/data"]
        return try Command.run([Project.binary, "serve", "--secure-port", "0"] + place + flags)
    }
}

/// What operators see of the process.
@Suite struct ProcessTests {
    /// The main thread unblocked all signals, and SIGTERM ended the process where it stood.
    @Test(arguments: [SIGTERM, SIGINT]) func `drains on a signal and exits with 0`(signal: Int32) throws {
        let server = try ServerProcess()
        let client = try server.connect()
        #expect(try client.request("GET", "/readyz", nil as String?).status == 200)
        server.send(signal)
        #expect(try server.waitForEnd() == 0)
        #expect(server.log.lines.contains { $0.contains("\"shutting down\"") })
        #expect(server.log.lines.last?.contains("\"stopped\"") == true)
    }

    @Test func `finishes the request that a signal meets`() throws {
        let server = try ServerProcess()
        let client = try server.connect()
        let body = Subresource.body()
        let path = Subresource.path()
        let head = "PUT \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        try client.send(Array((head + body.prefix(10)).utf8))
        // The server has the head once it answers another connection's later request.
        #expect(try server.connect().request("GET", "/livez", nil as String?).status == 200)
        server.send(SIGTERM)
        _ = try server.log.wait(for: "shutting down") { $0.contains("\"shutting down\"") }
        try client.send(Array(body.dropFirst(10).utf8))
        #expect(try client.reply().status == 202)
        #expect(try server.waitForEnd() == 0)
        let second = try ServerProcess(in: server.directory, examples: false)
        #expect(try second.connect().networks().last == "dyniface1=new-fancy-net")
    }

    @Test func `a start wrote a kubeconfig anew that said the same already, for which a full disk has no room`() throws
    {
        let server = try ServerProcess()
        let port = server.port
        #expect(try server.terminate() == 0)
        // Nothing can be written beside it.
        try FileManager.default.createDirectory(
            atPath: server.kubeconfig + ".new/x", withIntermediateDirectories: true)
        let second = try ServerProcess(["--secure-port", "\(port)"], in: server.directory, examples: false)
        #expect(try second.connect().request("GET", "/readyz", nil as String?).status == 200)
        #expect(try second.terminate() == 0)
        let result = try Serve.run(["--data-dir", server.dataDirectory])
        #expect(result.status == 1)
        #expect(result.errors.contains("\(server.kubeconfig).new"), "\(result)")
    }

    @Test func `a CA whose key was lost was replaced without a word, which ended all credentials`() throws {
        let server = try ServerProcess(examples: false)
        #expect(try server.terminate() == 0)
        let certificate = try String(contentsOfFile: server.pki + "/ca.crt", encoding: .utf8)
        try FileManager.default.removeItem(atPath: server.pki + "/ca.key")
        let result = try Serve.run(["--data-dir", server.dataDirectory])
        #expect(result.status == 1)
        #expect(result.errors.contains("\(server.pki)/ca.crt is there without ca.key"), "\(result)")
        #expect(try String(contentsOfFile: server.pki + "/ca.crt", encoding: .utf8) == certificate)
    }

    @Test func `two servers on one port both start and share its connections`() throws {
        let server = try ServerProcess()
        let result = try Serve.run(["--secure-port", "\(server.port)"])
        #expect(result.status == 1)
        #expect(result.errors.contains("Address already in use"), "\(result)")
    }

    @Test func `refuses a data directory that another server holds`() throws {
        let server = try ServerProcess()
        let result = try Serve.run(["--data-dir", server.dataDirectory])
        #expect(result.status == 1)
        #expect(result.errors.contains("cannot serve"))
        #expect(result.errors.contains(server.dataDirectory), "\(result)")
        #expect(result.errors.contains("in use by another server"), "\(result)")
        #expect(try server.connect().request("GET", "/readyz", nil as String?).status == 200)
    }

    @Test(arguments: [
        (["--no-such-flag"], "Unknown option '--no-such-flag'"), (["--secure-port", "x"], "secure-port"),
        (["--secure-port", "65536"], "secure-port"), (["--bind-address", "localhost"], "--bind-address localhost"),
        (["--threads", "0"], "--threads 0 is not in 1...256"), (["--nad-check", "maybe"], "nad-check"),
        (["--logging-format", "xml"], "logging-format"), (["-v", "11"], "-v 11 is not in 0...10"),
        (["--vmi-propagation", "x"], "vmi-propagation"),
        (["--tls-cert-file", "x"], "--tls-private-key-file"), (["extra"], "extra"),
        (["--kubeconfig", "x"], "--data-dir is about the embedded cluster, and --kubeconfig names a real one"),
        (["--master", "localhost:8080"], "--master localhost:8080 is no URL like https://host:port"),
        (["--request-timeout", "0s"], "--request-timeout 0s is not in 1s...1h"),
        (["--request-timeout", "1h1s"], "--request-timeout 1h1s is not in 1s...1h"),
        (["--request-timeout", "1.5"], "request-timeout"), (["--request-timeout", "-1s"], "request-timeout"),
        (["--shutdown-delay-duration", "10m1s"], "--shutdown-delay-duration is longer than 10m"),
        (["--authentication-token-webhook-cache-ttl", "3601"], "cache-ttl is longer than an hour"),
        (["--authorization-always-allow-paths", "/a,b"], "b does not begin with /"),
        (
            ["--requestheader-allowed-names", "a"],
            "--requestheader-allowed-names needs --requestheader-client-ca-file"
        ),
        (
            ["--requestheader-client-ca-file", "x", "--requestheader-username-headers", "x user"],
            "--requestheader-username-headers: \"x user\" is no name of a field"
        ),
        (
            ["--requestheader-client-ca-file", "x", "--requestheader-allowed-names", ","],
            "--requestheader-allowed-names has an empty name: leave the flag out to allow any"
        ),
        (
            ["--authentication-skip-lookup", "--authentication-tolerate-lookup-failure"],
            "--authentication-skip-lookup leaves out the lookup"
        ),
        (["--data-dir", ""], "--data-dir is empty: name a path"), (["--examples", ""], "--examples is empty"),
        (["--cert-dir", ""], "--cert-dir is empty"),
    ]) func `names a flag that is wrong`(flags: [String], message: String) throws {
        let result = try Serve.run(flags)
        #expect(result.status == 64)
        #expect(result.errors.contains(message), "\(result)")
        #expect(result.output.isEmpty)
    }

    /// A `--client-ca-file` without a certificate was taken as if nothing were wrong.
    @Test(arguments: [
        (["--token-auth-file", "/no/such/file"], "--token-auth-file"),
        (["--client-ca-file", "/no/such/file"], "--client-ca-file"),
        (["--client-ca-file", Project.root + "/Package.swift"], "has no certificate in it"),
        (["--tls-cert-file", "/no/crt", "--tls-private-key-file", "/no/key"], "/no/crt"),
        (["--data-dir", "/proc/nowhere/data"], "/proc/nowhere"),
        (["--examples", "/no/examples"], "--examples: there is no directory and no file /no/examples"),
        (["--examples", "/proc/self/mem"], "/proc/self/mem cannot be read"),
        (
            ["--requestheader-client-ca-file", "/no/ca"],
            "--requestheader-client-ca-file is about a real cluster: name it by --kubeconfig"
        ),
    ]) func `names a file that it cannot use`(flags: [String], message: String) throws {
        let result = try Serve.run(flags)
        #expect(result.status == 1)
        #expect(result.errors.contains("cannot serve"))
        #expect(result.errors.contains(message), "\(result)")
    }

    @Test func `a single file of examples was an error without words`() throws {
        let server = try ServerProcess(["--examples", Project.example("20-new-fancy-net")], examples: false)
        let created = server.log.lines.filter { $0.contains("\"created\"") }
        #expect(created.count == 1)
        #expect(created.first?.contains("NetworkAttachmentDefinition") == true, "\(created)")
    }

    @Test(arguments: ["", "no certificate", "\u{FFFD}\0"])
    func `a damaged CA was told of without the name of its file`(content: String) throws {
        let server = try ServerProcess(examples: false)
        server.send(SIGTERM)
        #expect(try server.waitForEnd() == 0)
        try Data(content.utf8).write(to: URL(fileURLWithPath: "\(server.pki)/ca.crt"))
        let damaged = try Serve.run(["--data-dir", server.dataDirectory])
        #expect(damaged.status == 1)
        #expect(damaged.errors.contains("\(server.pki)/ca.crt has no certificate in it"), "\(damaged)")
        #expect(damaged.errors.contains("or move \(server.pki) away"), "\(damaged)")
        try FileManager.default.removeItem(atPath: server.pki)
        _ = try ServerProcess(in: server.directory, examples: false)
    }

    @Test func `serves the certificate that it is given, and says when it is corrupt`() throws {
        let files = try TemporaryDirectory()
        let authority = try CertificateAuthority(commonName: "mine", days: 1)
        let pair = try authority.issue(
            commonName: "given", alternativeNames: ["DNS:given.example", "IP:127.0.0.1"], usage: .server, days: 1)
        let certificate = try files.write(pair.certificate, to: "tls.crt")
        let key = try files.write(pair.key, to: "tls.key")
        let ca = try files.write(authority.pair.certificate, to: "ca.crt")
        let server = try ServerProcess(["--tls-cert-file", certificate, "--tls-private-key-file", key])
        let result = try Command.run(["curl", "-sS", "--cacert", ca, "\(server.url)/readyz"])
        #expect(result.output == "ok", "\(result)")
        let untrusted = try Command.run(["curl", "-sS", "--cacert", "\(server.pki)/ca.crt", "\(server.url)/readyz"])
        #expect(untrusted.status == 60)

        let corrupt = try files.write(String(pair.certificate.prefix(200)), to: "corrupt.crt")
        let other = try files.write(authority.pair.key, to: "other.key")
        for (certificate, key) in [(corrupt, key), (certificate, corrupt), (certificate, other)] {
            let refused = try Serve.run(["--tls-cert-file", certificate, "--tls-private-key-file", key])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("certificate"), "\(refused)")
        }
    }

    @Test func `makes private files`() throws {
        let server = try ServerProcess()
        for file in ["pki/ca.key", "pki/apiserver.key", "pki/admin.key", "admin.kubeconfig"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(server.dataDirectory)/\(file)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
        }
    }

    @Test func `writes the kubeconfig where it is told`() throws {
        let files = try TemporaryDirectory()
        let path = files.path + "/config"
        let server = try ServerProcess(["--write-kubeconfig", path])
        let kubectl = Kubectl(path: Kubectl.path, kubeconfig: path, home: files.path)
        #expect(try kubectl("get", "vmi", "vmi-fedora", "-oname").output.contains("vmi-fedora"))
        #expect(!FileManager.default.fileExists(atPath: server.kubeconfig))
    }

    @Test func `each flag of the help stands in README`() throws {
        let help = try Command.run([Project.binary, "serve", "--help"])
        #expect(help.status == 0)
        let readme = try String(contentsOfFile: Project.root + "/README.md", encoding: .utf8)
        let words = Set(readme.matches(of: /[\w-]+/).map { String($0.0) })
        // Each with its other names: `-v, --v`, `--embedded-kubevirt/--no-embedded-kubevirt`.
        let flags = help.output.split(separator: "\n").compactMap { line in
            line.prefixMatch(of: #/ {2}((?:--?[a-z0-9-]+(?:, |/)?)+)/#).map { match in
                match.1.split { ", /".contains($0) }.map(String.init)
            }
        }
        #expect(flags.count > 40)
        for flag in flags { #expect(!words.isDisjoint(with: flag), "\(flag)") }
    }

    @Test func `says what there is, and its version`() throws {
        let root = try Command.run([Project.binary, "--help"])
        #expect(root.output.contains("serve") && root.output.contains("plan"))
        let version = try Command.run([Project.binary, "--version"])
        #expect(try /hotplug-apiserver v\d+\.\d+\.\d+\n/.wholeMatch(in: version.output) != nil, "\(version)")
        // Without a subcommand: what there is.
        let bare = try Command.run([Project.binary])
        #expect((bare.output + bare.errors).contains("SUBCOMMANDS"), "\(bare)")
    }
}

@Suite struct LogTests {
    @Test func `writes a line a request with the answer's audit ID`() throws {
        let server = try ServerProcess()
        let client = try server.connect()
        let path = Subresource.path(query: "?dryRun=All")
        let reply = try client.request("PUT", path, Subresource.body(), fields: ["User-Agent": "me \"quoted\" \\"])
        let id = try #require(reply.field("audit-id"))
        let line = try server.log.wait(for: "the line of \(id)") { $0.contains(id) }
        for part in [
            "\"HTTP\"", #"verb="PUT""#, #"URI="\#(path)""#, #"resp="202""#, #"user="kubernetes-admin""#,
            "srcIP=\"127.0.0.1:",
            "latency=",
            #"userAgent="me \"quoted\" \\"#,
        ] {
            #expect(line.contains(part), "\(line)")
        }
        let other = try client.request("GET", "/version", nil as String?, fields: ["Audit-ID": "from-the-aggregator"])
        #expect(other.fields("audit-id") == ["from-the-aggregator"])
        _ = try server.log.wait(for: "its line") { $0.contains(#"audit-ID="from-the-aggregator""#) }
        #expect(server.log.lines.filter { $0.contains(id) }.count == 1)
    }

    @Test func `writes each line as JSON when asked`() throws {
        let server = try ServerProcess(["--logging-format=json", "-v", "4"])
        let client = try server.connect()
        let reply = try client.request("GET", Subresource.path(query: "?x=%22"), nil as String?)
        let id = try #require(reply.field("audit-id"))
        _ = try server.log.wait(for: "the line of \(id)") { $0.contains(id) }
        #expect(try server.terminate() == 0)
        let lines = server.log.lines
        #expect(lines.count >= 3)
        for line in lines {
            let object = try JSONValue(parsing: Array(line.utf8))
            for key in ["ts", "level", "msg"] { #expect(object[key]?.string?.isEmpty == false, "\(line)") }
        }
        let line = try #require(lines.first { $0.contains(id) })
        let object = try JSONValue(parsing: Array(line.utf8))
        #expect(object["audit-ID"]?.string == id)
        #expect(object["resp"]?.string == "405")
    }

    @Test func `a failure was logged without its reason, and at -v 0 not at all`() throws {
        let server = try ServerProcess(["-v", "0"])
        let file = server.dataDirectory + "/cluster.sqlite"
        try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
        let reply = try server.connect().request("PUT", Subresource.path(), Subresource.body())
        #expect(reply.status == 503)
        let line = try server.log.wait(for: "the line of the failure") { $0.contains(#"resp="503""#) }
        #expect(line.hasPrefix("W ") && line.contains("cluster.sqlite is no longer in"), "\(line)")
    }

    @Test func `is silent about requests at -v 0`() throws {
        let server = try ServerProcess(["-v", "0"])
        #expect(try server.connect().request("GET", "/version", nil as String?).status == 200)
        #expect(try server.terminate() == 0)
        #expect(!server.log.lines.contains { $0.contains("\"HTTP\"") })
    }
}
