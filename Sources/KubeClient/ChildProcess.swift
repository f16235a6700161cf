import Glibc
import Reactor

/// A command whose standard output is read on the loop; its standard input is empty, its standard error is ours.
final class ChildProcess: ReadinessHandler {
    /// Milliseconds between two looks whether it has ended, once it has closed its output.
    private static let pollInterval: Int64 = 20

    private let process: pid_t
    private let pipe: Descriptor
    private let selector: Selector
    private var token: Selector.Token?
    private var collected: [UInt8] = []
    private var bytesMax = Int.max
    private var hasEnded = false
    private var isTooLate = false
    private var waiter: CheckedContinuation<Void, Never>?

    /// Starts it: posix_spawn(3), with PATH looked through for a name without a slash.
    init(
        command: String, arguments: [String], adding variables: [String], on loop: isolated EventLoop
    ) throws(ConfigurationError) {
        selector = loop.selector
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw ConfigurationError(String(cString: strerror(errno))) }
        let reading = Descriptor(ends[0])
        let writing = Descriptor(ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(reading.rawValue, F_SETFL, O_NONBLOCK)
        process = try Self.spawn([command] + arguments, adding: variables, output: writing.rawValue)
        pipe = reading
        token = try? selector.register(pipe.rawValue, interest: .readable, handler: self)
    }

    private static func spawn(
        _ words: [String], adding variables: [String], output: Int32
    ) throws(ConfigurationError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        // The server blocks and ignores signals that end other programs; a group of its own can be killed whole.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let names = variables.map { $0.prefix { $0 != "=" } + "=" }
        var inherited: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if !names.contains(where: variable.hasPrefix) { inherited.append(variable) }
            entry += 1
        }
        var argv = words.map { strdup($0) } + [nil]
        var envp = (inherited + variables).map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let failure = posix_spawnp(&process, words[0], &actions, &attributes, &argv, &envp)
        guard failure == 0 else { throw ConfigurationError(String(cString: strerror(failure))) }
        return process
    }

    /// All it writes, once it has ended well.
    func output(timeout: Int64, bytesMax: Int, on loop: isolated EventLoop) async throws(ConfigurationError) -> [UInt8]
    {
        self.bytesMax = bytesMax
        if let token { selector.setDeadline(selector.now + timeout, for: token) } else { hasEnded = true }
        let start = ContinuousClock.now
        while !hasEnded {
            await withCheckedContinuation { continuation in
                if hasEnded { continuation.resume() } else { waiter = continuation }
            }
        }
        if let token { selector.deregister(token) }
        token = nil
        var status: Int32 = 0
        while waitpid(process, &status, WNOHANG) == 0 {
            if ContinuousClock.now - start > .milliseconds(timeout) { isTooLate = true }
            if isTooLate || collected.count > bytesMax { kill(-process, SIGKILL) }
            await loop.sleep(milliseconds: Self.pollInterval)
        }
        if isTooLate { throw ConfigurationError("killed after \(timeout / 1000) s without an end") }
        guard collected.count <= bytesMax else { throw ConfigurationError("it writes more than \(bytesMax) bytes") }
        guard status == 0 else {
            // wait(2): the low seven bits are a signal, the next byte the exit status.
            let signal = status & 0x7f
            throw ConfigurationError(
                signal != 0 ? "ended by signal \(signal)" : "exit status \((status >> 8) & 0xff)")
        }
        return collected
    }

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let count = Glibc.read(pipe.rawValue, &chunk, chunk.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        if count > 0 { collected += chunk[..<count] }
        if count <= 0 || collected.count > bytesMax { end() }
    }

    func deadlinePassed(on loop: isolated EventLoop) {
        isTooLate = true
        end()
    }

    private func end() {
        hasEnded = true
        if let token { selector.setInterest([], for: token) }
        waiter?.resume()
        waiter = nil
    }
}
