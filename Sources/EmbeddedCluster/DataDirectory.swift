internal import Foundation
internal import Glibc

/// The directory of the store, held by an exclusive lock for as long as this object lives.
///
/// The lock is `flock(2)` on the directory: the kernel drops it with the process, however that ends.
final class DataDirectory: Sendable {
    let path: String
    private let handle: FileHandle

    /// Opens the directory, making it (mode 0700) and its missing parents first.
    init(path: String) throws(StoreError) {
        self.path = path
        do {
            try Self.create(path)
            handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path, isDirectory: true))
        } catch {
            throw .directoryUnusable(directory: path, why: error.localizedDescription)
        }
        guard flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else {
                throw .directoryUnusable(directory: path, why: "it cannot be locked (flock: errno \(errno))")
            }
            throw .directoryInUse(directory: path)
        }
    }

    /// Makes an empty file that only its owner may read, unless it exists.
    func createFile(_ name: String) throws(StoreError) -> String {
        let file = path + "/" + name
        if FileManager.default.fileExists(atPath: file) { return file }
        guard FileManager.default.createFile(atPath: file, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw .directoryUnusable(directory: path, why: "\(name) cannot be created in it") }
        return file
    }

    /// Makes the names in the directory durable: SQLite does it for its log, not for the database itself.
    func synchronize() throws(StoreError) {
        guard fsync(handle.fileDescriptor) == 0 else {
            throw .directoryUnusable(directory: path, why: "it cannot be written to disk (fsync: errno \(errno))")
        }
    }

    /// Gives up the lock.
    func close() {
        // Not by closing alone: a process that is being started holds a copy of the descriptor until its exec(2).
        _ = flock(handle.fileDescriptor, LOCK_UN)
        try? handle.close()
    }

    /// A new directory is only durable once its parent is.
    private static func create(_ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let parent = URL(fileURLWithPath: path, isDirectory: true).deletingLastPathComponent()
        try create(parent.path)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let handle = try FileHandle(forReadingFrom: parent)
        defer { try? handle.close() }
        guard fsync(handle.fileDescriptor) == 0 else { throw POSIXError(.EIO) }
    }
}
