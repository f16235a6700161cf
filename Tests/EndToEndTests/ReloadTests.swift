import Foundation
import Synchronization
import TLS
import Testing

/// A directory that is replaced as a kubelet replaces a Secret: by the symbolic link `..data`.
private struct SecretDirectory {
    let path: String

    init(_ name: String, in files: TemporaryDirectory) throws {
        path = "\(files.path)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Replaces all files in one step.
    func replace(_ files: [String: String]) throws {
        let version = "..\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: "\(path)/\(version)", withIntermediateDirectories: true)
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(version)/\(name)"))
            if (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/\(name)")) == nil {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(path)/\(name)", withDestinationPath: "..data/\(name)")
            }
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(path)/..data_tmp", withDestinationPath: version)
        guard rename("\(path)/..data_tmp", "\(path)/..data") == 0 else { throw Failure("rename: errno \(errno)") }
    }

    func replace(_ pair: CertificatePair) throws {
        try replace(["tls.crt": pair.certificate, "tls.key": pair.key])
    }

    var flag: String { "\(path)/tls.crt,\(path)/tls.key" }
}

/// One generation of certificates: a CA for each name, and the pairs that they have signed.
private struct Generation {
    let pairs: [String: CertificatePair]
    let authorities: [String: [UInt8]]

    static let names = ["localhost", "a.example", "b.example"]

    init() throws {
        var pairs: [String: CertificatePair] = [:]
        var authorities: [String: [UInt8]] = [:]
        for name in Self.names {
            let authority = try CertificateAuthority(commonName: "ca-\(UUID().uuidString)", days: 1)
            pairs[name] = try authority.issue(
                commonName: name, alternativeNames: ["DNS:\(name)"], usage: .server, days: 1)
            authorities[name] = Array(authority.pair.certificate.utf8)
        }
        (self.pairs, self.authorities) = (pairs, authorities)
    }

    func pair(_ name: String) throws -> CertificatePair {
        guard let pair = pairs[name] else { throw Failure("no pair for \(name)") }
        return pair
    }

    /// What a client trusts that takes nothing but this generation's certificate for `name`.
    func context(_ name: String) throws -> TLSContext { try TLSContext(trusting: authorities[name] ?? []) }
}

/// Certificates that change while clients come in.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ReloadTests {
    private static let generations = 5

    /// Shakes hands again and again by every name, each time trusting the CAs of that name alone, until told to stop.
    private final class Visitors: Sendable {
        private let state = Mutex((isStopped: false, handshakes: 0, failures: [String]()))
        private let ended = DispatchSemaphore(value: 0)
        private let threads = 3

        init(_ generations: [Generation], port: UInt16) throws {
            let contexts = try Generation.names.map { name in
                (name, try TLSContext(trusting: generations.flatMap { $0.authorities[name] ?? [] }))
            }
            for _ in 0..<threads {
                Thread.detachNewThread { [self] in
                    while !state.withLock({ $0.isStopped }) {
                        for (name, context) in contexts { visit(name, context, port) }
                    }
                    ended.signal()
                }
            }
        }

        private func visit(_ name: String, _ context: TLSContext, _ port: UInt16) {
            let outcome = Result {
                try APIConnection(port: port, context: context, serverName: name)
                    .request("GET", "/livez", nil as String?).status
            }
            state.withLock { state in
                state.handshakes += 1
                switch outcome {
                case .success(200): break
                case .success(let status): state.failures.append("\(name): \(status)")
                case .failure(let error): state.failures.append("\(name): \(error)")
                }
            }
        }

        var handshakes: Int { state.withLock { $0.handshakes } }

        /// Answers what failed.
        func stop() -> [String] {
            state.withLock { $0.isStopped = true }
            for _ in 0..<threads { ended.wait() }
            return state.withLock { $0.failures }
        }
    }

    /// Waits until handshakes succeed with a client that takes the generation's certificate and no other.
    private func waitUntilServed(_ generation: Generation, _ name: String, by server: ServerProcess) throws {
        let deadline = Date(timeIntervalSinceNow: 20)
        let context = try generation.context(name)
        while true {
            do {
                _ = try APIConnection(port: server.port, context: context, serverName: name)
                return
            } catch {
                guard Date() < deadline else {
                    let told = server.log.lines.filter { $0.contains("reloaded") }.joined(separator: "\n")
                    throw Failure("\(name) still has another certificate: \(error)\n\(told)")
                }
            }
        }
    }

    @Test func `no handshake fails while certificates are replaced, and each name keeps to its own`() throws {
        let files = try TemporaryDirectory()
        let generations = try (0..<Self.generations).map { _ in try Generation() }
        let directories = try Generation.names.map { try SecretDirectory($0, in: files) }
        for (name, directory) in zip(Generation.names, directories) {
            try directory.replace(try generations[0].pair(name))
        }
        // The names of b are those in its certificate.
        let server = try ServerProcess([
            "--threads", "4", "--tls-cert-file", directories[0].path + "/tls.crt", "--tls-private-key-file",
            directories[0].path + "/tls.key", "--tls-sni-cert-key", directories[1].flag + ":a.example",
            "--tls-sni-cert-key", directories[2].flag,
        ])
        let visitors = try Visitors(generations, port: server.port)
        for index in 1..<Self.generations {
            // Each directory in its turn has a key that does not fit.
            let broken = index % Generation.names.count
            let mixed = CertificatePair(
                certificate: try generations[index].pair(Generation.names[broken]).certificate,
                key: try generations[index - 1].pair(Generation.names[broken]).key)
            try directories[broken].replace(mixed)
            let place = directories[broken].path
            _ = try server.log.wait(for: "the refusal", times: (index + 2) / 3) {
                $0.contains("certificate not reloaded") && $0.contains("\(place)/tls.crt and \(place)/tls.key")
            }
            for name in Generation.names { try waitUntilServed(generations[index - 1], name, by: server) }
            for (name, directory) in zip(Generation.names, directories) {
                try directory.replace(try generations[index].pair(name))
            }
            for name in Generation.names { try waitUntilServed(generations[index], name, by: server) }
            // What was replaced is gone, on every loop.
            for name in Generation.names {
                let old = try generations[index - 1].context(name)
                for _ in 0..<8 {
                    #expect(throws: (any Error).self) {
                        try APIConnection(port: server.port, context: old, serverName: name)
                    }
                }
            }
        }
        let handshakes = visitors.handshakes
        #expect(visitors.stop() == [])
        #expect(handshakes > Self.generations * 10)
        #expect(try server.terminate() == 0)
    }

    @Test func `takes other CAs of clients while it runs, and asks for their certificates`() throws {
        let files = try TemporaryDirectory()
        let directory = try SecretDirectory("ca", in: files)
        let (first, second) = (
            try CertificateAuthority(commonName: "first-client-ca", days: 1),
            try CertificateAuthority(commonName: "second-client-ca", days: 1)
        )
        func write(_ text: String) throws { try directory.replace(["ca.crt": text]) }
        try write(first.pair.certificate)
        let server = try ServerProcess(["--client-ca-file", directory.path + "/ca.crt"])
        func connect(_ authority: CertificateAuthority) throws -> APIConnection {
            try server.connect(
                as: try authority.issue(
                    commonName: "root", organizations: ["system:masters"], usage: .client, days: 1))
        }
        func statuses(_ connections: [APIConnection]) throws -> [Int] {
            try connections.map { try $0.request("GET", Subresource.objectPath(), nil as String?).status }
        }
        let clients = [try connect(first), try connect(second), try server.connect()]
        #expect(try statuses(clients) == [200, 401, 200])
        func asksFor(_ name: String) throws -> Bool {
            try Command.run(["openssl", "s_client", "-connect", "127.0.0.1:\(server.port)"]).output.contains(name)
        }
        #expect(try asksFor("first-client-ca") && asksFor("hotplug-apiserver-ca"))
        try write("no PEM")
        _ = try server.log.wait(for: "the refusal") { $0.contains("CAs of clients not reloaded") }
        #expect(try statuses(clients) == [200, 401, 200])
        try write(second.pair.certificate)
        // The second: what could not be used was followed by a look at the serving certificates too.
        _ = try server.log.wait(for: "the reload", times: 2) { $0.contains("serving certificate reloaded") }
        // On connections that are open, too.
        #expect(try statuses(clients) == [401, 200, 200])
        #expect(try asksFor("second-client-ca") && !asksFor("first-client-ca"))
    }
}
