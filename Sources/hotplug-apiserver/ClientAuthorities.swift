import Reactor
import Synchronization
import TLS

/// Whose client certificates name users of the embedded cluster: the server's own CA, and those of `--client-ca-file`,
/// which may change while it runs.
final class ClientAuthorities: Sendable {
    private struct Bundle {
        /// PEM.
        let bytes: [UInt8]
        let pool: CertificatePool
    }

    let file: String?
    private let own: [UInt8]
    private let current: Mutex<Bundle>

    /// - Parameter own: PEM.
    init(own: [UInt8], file: String?) throws {
        self.own = own
        self.file = file
        current = Mutex(try Self.read(own, file, .read))
    }

    var pool: CertificatePool { current.withLock { $0.pool } }

    /// PEM: what the handshake asks clients for.
    var bytes: [UInt8] { current.withLock { $0.bytes } }

    /// Reads the file again; throws, and stays as it was, when it cannot be used.
    func reload() throws {
        let known = bytes
        let next = try Self.read(own, file, .refuse)
        // What connections have verified stays, where nothing has changed.
        if next.bytes != known { current.withLock { $0 = next } }
    }

    private static func read(_ own: [UInt8], _ file: String?, _ pipes: SmallFile.Pipes) throws -> Bundle {
        guard let file else { return Bundle(bytes: own, pool: try CertificatePool(bundle: own)) }
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.read(file, pipes: pipes)
        } catch {
            throw Wiring.Failure(description: "--client-ca-file: \(error)")
        }
        guard (try? CertificatePool(bundle: bytes)) != nil else {
            throw Wiring.Failure(description: "--client-ca-file: \(file) has no certificate in it")
        }
        return Bundle(bytes: own + bytes, pool: try CertificatePool(bundle: own + bytes))
    }
}
