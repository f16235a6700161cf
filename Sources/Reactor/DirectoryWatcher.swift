import CLinux
import Glibc

/// Tells when something changes in the directories of some files.
///
/// Wraps `inotify(7)`.
///
/// A directory is watched, not the files in it: a kubelet replaces the symbolic link that they hang from. What happens within
/// the settling time is one change; a change that the kernel did not tell is found by looking each minute.
package final class DirectoryWatcher: ReadinessHandler {
    /// Milliseconds of quiet after which a change is told.
    private static let settlingTime: Int64 = 250
    /// Milliseconds after which it is told anyway.
    private static let pollInterval: Int64 = 60_000

    private let descriptor: Descriptor
    private let selector: Selector
    private let changed: @Sendable () -> Void
    private var token: Selector.Token?

    /// Watches for the life of the loop; `changed` is called on it.
    package static func start(
        on loop: isolated EventLoop, files: [String], _ changed: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        let raw = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard raw >= 0 else { throw SystemError("inotify_init1", errno: errno) }
        let descriptor = Descriptor(raw)
        let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ATTRIB)
        for directory in Set(files.map(directory)).sorted() {
            guard inotify_add_watch(raw, directory, events) >= 0 else {
                throw SystemError("inotify_add_watch \(directory)", errno: errno)
            }
        }
        let watcher = DirectoryWatcher(descriptor: descriptor, selector: loop.selector, changed: changed)
        let token = try loop.selector.register(raw, interest: .readable, handler: watcher)
        watcher.token = token
        loop.selector.setDeadline(loop.selector.now + pollInterval, for: token)
    }

    /// dirname(3), for a path that ends in no slash.
    private static func directory(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private init(
        descriptor: consuming Descriptor, selector: Selector, changed: @escaping @Sendable () -> Void
    ) {
        self.descriptor = descriptor
        self.selector = selector
        self.changed = changed
    }

    package func ready(_ readiness: Readiness, on loop: isolated EventLoop) {
        var events = [UInt8](repeating: 0, count: 4096)
        while case .bytes = SystemCalls.readFile(descriptor.rawValue, into: &events) {}
        if let token { selector.setDeadline(selector.now + Self.settlingTime, for: token) }
    }

    package func deadlinePassed(on loop: isolated EventLoop) {
        if let token { selector.setDeadline(selector.now + Self.pollInterval, for: token) }
        changed()
    }
}
