import APIServer
import Reactor

extension ServeCommand {
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
