import HTTPServer
import Logging
import Reactor
import Synchronization
import TLS

/// The serving certificates, and the CAs of clients: read at start, and again when their directories change.
struct ServingCertificate: Sendable {
    let certificateFile: String
    let keyFile: String
    let others: [SNICertificate]
    let settings: TLSSettings
    /// Their names are what the handshake tells clients.
    let clientAuthorities: ClientAuthorities?

    /// Reads the files; throws for one that can't be read or does not fit.
    ///
    /// - Parameter pipes: only the first reading finds something in a pipe.
    func context(pipes: SmallFile.Pipes = .read) throws -> TLSContext {
        var serverNames: [(pattern: String, context: TLSContext)] = []
        for other in others {
            let (certificate, context) = try pair(other.certificate, other.key, [], pipes)
            let names = other.names.isEmpty ? CertificateAuthority.dnsNames(certificate) : other.names
            serverNames += names.map { ($0, context) }
        }
        return try pair(certificateFile, keyFile, serverNames, pipes).context
    }

    private func pair(
        _ certificateFile: String, _ keyFile: String, _ serverNames: [(pattern: String, context: TLSContext)],
        _ pipes: SmallFile.Pipes
    ) throws -> (certificate: [UInt8], context: TLSContext) {
        let certificate = try Self.read(certificateFile, pipes)
        let key = try Self.read(keyFile, pipes)
        do throws(TLSError) {
            return (
                certificate,
                try TLSContext(
                    certificate: certificate, key: key, clientCAs: clientAuthorities?.bytes ?? [], settings: settings,
                    serverNames: serverNames)
            )
        } catch {
            throw Wiring.Failure(description: "\(certificateFile) and \(keyFile): \(error)")
        }
    }

    /// Serves new files to new connections.
    ///
    /// What can't be used is logged, and the old ones stay.
    func watch(on loop: EventLoop, serving reference: TLSContextReference, logger: Logger) async {
        let files =
            [certificateFile, keyFile] + others.flatMap { [$0.certificate, $0.key] }
            + [clientAuthorities?.file].compactMap(\.self)
        let seen = Contents(files)
        do {
            try await loop.watch(files) {
                guard seen.haveChanged(files) else { return }
                do {
                    try clientAuthorities?.reload()
                } catch {
                    logger.error("CAs of clients not reloaded; the old ones stay", metadata: ["error": "\(error)"])
                }
                do {
                    reference.context = try context(pipes: .refuse)
                    logger.notice("serving certificate reloaded", metadata: ["file": "\(certificateFile)"])
                } catch {
                    logger.error("serving certificate not reloaded; the old one stays", metadata: ["error": "\(error)"])
                }
            }
        } catch {
            logger.error("serving certificates are not watched", metadata: ["error": "\(error)"])
        }
    }

    private static func read(_ path: String, _ pipes: SmallFile.Pipes) throws -> [UInt8] {
        do {
            return try SmallFile.read(path, pipes: pipes)
        } catch {
            throw Wiring.Failure(description: "certificate or key: \(error)")
        }
    }

    /// What stood in some files when they were last looked at.
    private final class Contents: Sendable {
        private let last: Mutex<[[UInt8]?]>

        init(_ files: [String]) {
            last = Mutex(Self.read(files))
        }

        func haveChanged(_ files: [String]) -> Bool {
            let now = Self.read(files)
            return last.withLock { last in
                defer { last = now }
                return last != now
            }
        }

        private static func read(_ files: [String]) -> [[UInt8]?] {
            files.map { try? SmallFile.read($0) }
        }
    }
}

extension EventLoop {
    fileprivate func watch(_ files: [String], _ changed: @escaping @Sendable () -> Void) throws {
        try DirectoryWatcher.start(on: self, files: files, changed)
    }
}
