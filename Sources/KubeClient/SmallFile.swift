import FoundationEssentials
import Glibc

/// Configuration and credential files.
enum SmallFile {
    /// Bytes; above, it is some other file.
    static let bytesMax = 4 << 20

    /// Reads a regular file of at most `bytesMax`; `field` is what names it, for the error.
    static func read(_ path: String, for field: String) throws(ConfigurationError) -> [UInt8] {
        // Not blocking, so that a FIFO is refused below rather than waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, field) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, field) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ConfigurationError("\(field): \(path) is not a regular file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, field) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else {
                throw ConfigurationError("\(field): \(path) is larger than \(bytesMax) bytes")
            }
        }
    }

    private static func failure(_ path: String, _ field: String) -> ConfigurationError {
        ConfigurationError("\(field): \(path): \(String(cString: strerror(errno)))")
    }
}

/// Base64 (RFC 4648 §4), line breaks allowed.
enum Base64 {
    static func decode(_ text: String) -> [UInt8]? {
        let kept = text.unicodeScalars.filter { !"\n\r \t".unicodeScalars.contains($0) }
        return Data(base64Encoded: String(String.UnicodeScalarView(kept))).map(Array.init)
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }
}
