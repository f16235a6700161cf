import APIServer
import Reactor
import TLS

extension ServeCommand {
    /// The CAs of `--client-ca-file`, PEM.
    func clientAuthorities(_ file: String) throws -> [UInt8] {
        let authorities = try Self.read(file, for: "--client-ca-file")
        guard (try? CertificatePool(bundle: authorities)) != nil else {
            throw Wiring.Failure(description: "--client-ca-file: \(file) has no certificate in it")
        }
        return authorities
    }

    /// The tokens of `--token-auth-file`; without it none, and every bearer token is wrong.
    func tokens() throws -> TokenFile {
        guard let file = tokenAuthFile else { return try TokenFile("") }
        return try TokenFile(String(decoding: try Self.read(file, for: "--token-auth-file"), as: UTF8.self))
    }

    private static func read(_ path: String, for flag: String) throws -> [UInt8] {
        do {
            return try SmallFile.read(path, pipes: .read)
        } catch {
            throw Wiring.Failure(description: "\(flag): \(error)")
        }
    }
}
