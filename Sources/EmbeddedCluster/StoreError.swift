/// Why the store does not open; the text says what to do.
package enum StoreError: Error, Equatable, CustomStringConvertible {
    /// Another process holds the lock of the directory.
    case directoryInUse(directory: String)
    case directoryUnusable(directory: String, why: String)
    /// An SQLite database of another program.
    case foreignFile(path: String)
    /// Written by a later version of this program.
    case newerFile(path: String, version: Int, supported: Int)
    case damaged(path: String, why: String)
    /// Any other failure of SQLite.
    case unusable(path: String, why: String)

    package var description: String {
        switch self {
        case .directoryInUse(let directory):
            "the data directory \(directory) is in use by another server: stop that one, or choose another directory"
        case .directoryUnusable(let directory, let why):
            "the data directory \(directory) cannot be used: \(why)"
        case .foreignFile(let path):
            "\(path) is a database of another program: choose another data directory, or move the file away"
        case .newerFile(let path, let version, let supported):
            "\(path) has format \(version), this version reads formats up to \(supported): use the version that wrote "
                + "it, or another data directory"
        case .damaged(let path, let why):
            "\(path) is damaged (\(why)): restore it from a backup, or save what `sqlite3 \(path) .recover` prints, "
                + "then move the file and its -wal and -shm away to start empty"
        case .unusable(let path, let why):
            "\(path) cannot be opened: \(why)"
        }
    }
}
