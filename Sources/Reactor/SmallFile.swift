import Glibc

/// Files that are read whole: configuration, credentials, certificates.
package enum SmallFile {
    /// Why a file was not read; names it.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// What to do with a pipe, such as bash's `<(command)`: it can be read once, and waits for its writer.
    package enum Pipes: Sendable {
        case read
        case refuse
    }

    /// Bytes; above, it is some other file.
    package static let bytesMax = 4 << 20

    /// Reads a file of at most `bytesMax`.
    ///
    /// Blocks; a loop may read local files, but no pipes.
    package static func read(_ path: String, pipes: Pipes = .refuse) throws(Failure) -> [UInt8] {
        // Not blocking, so that a FIFO without a writer is refused below rather than waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (pipes == .refuse ? O_NONBLOCK : 0))
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFIFO where pipes == .read: break
        default: throw Failure(description: "\(path) is not a regular file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            switch SystemCalls.readFile(descriptor, into: &chunk) {
            case .bytes(let count): bytes += chunk[..<count]
            case .endOfStream: return bytes
            case .wouldBlock: throw Failure(description: "\(path): \(SystemError("read", errno: EAGAIN))")
            case .failed(let error): throw Failure(description: "\(path): \(error)")
            }
            guard bytes.count <= bytesMax else {
                throw Failure(description: "\(path) is larger than \(bytesMax) bytes")
            }
        }
    }

    private static func failure(_ path: String) -> Failure {
        Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
}
