import Foundation
import Synchronization

/// A program in a process of its own, by posix_spawn(3).
///
/// Not Foundation's `Process`: its `run` reads past the end of readdir(3)'s buffer (Swift 6.3.1, Linux), which under load
/// has ended the tests with a bad pointer.
final class ChildProcess: Sendable {
    let identifier: pid_t
    /// The exit status, or less 1 times the signal that ended it; `nil` while it runs.
    private let status = Mutex<Int32?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts `words[0]`, found in PATH.
    ///
    /// - Parameters:
    ///   - environment: in addition to this process's.
    ///   - input: what becomes its standard input; nothing for `nil`. These three stay the caller's, who closes a pipe's
    ///     end to see the other's.
    init(
        _ words: [String], environment: [String: String] = [:], directory: String? = nil, input: FileHandle? = nil,
        output: FileHandle, errors: FileHandle
    ) throws {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input.fileDescriptor, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output.fileDescriptor, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.fileDescriptor, 2)
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var identifier: pid_t = 0
        // env(1) becomes the program: what is not there is its complaint, not an error here.
        let words = ["env"] + (directory.map { ["-C", $0] } ?? []) + words
        let error = withExtendedLifetime((input, output, errors)) {
            words.withCStrings { words in
                variables.withCStrings { variables in
                    posix_spawn(&identifier, "/usr/bin/env", &actions, &attributes, words, variables)
                }
            }
        }
        guard error == 0 else { throw Failure("posix_spawn: \(String(cString: strerror(error)))") }
        self.identifier = identifier
        Thread.detachNewThread { [self] in reap() }
    }

    /// Waits for the end, whose status is taken under the lock: until then the identifier is nobody else's.
    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        status.withLock { status in
            var word: Int32 = 0
            waitpid(identifier, &word, 0)
            status = word & 0x7F == 0 ? (word >> 8) & 0xFF : -(word & 0x7F)
        }
        ended.signal()
    }

    /// The exit status, negative: the signal that ended it; `nil` when it runs on after so many seconds.
    func waitForEnd(within seconds: Double) -> Int32? {
        guard ended.wait(timeout: .now() + seconds) == .success else { return nil }
        ended.signal()
        return status.withLock(\.self)
    }

    /// Sends a signal, unless it has ended.
    func send(_ signal: Int32) {
        status.withLock { if $0 == nil { kill(identifier, signal) } }
    }
}

extension Pipe {
    /// A pipe that no other process inherits.
    static func closedOnExec() -> Pipe {
        let pipe = Pipe()
        for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        return pipe
    }
}

extension [String] {
    /// The words as C has them: a vector that ends with a null pointer.
    fileprivate func withCStrings<Result>(_ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
        let copies = map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
