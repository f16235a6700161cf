import Foundation
import KubeModel
import TLS

/// `hotplug-apiserver serve` as a process of its own, on a free port; killed with its owner.
final class ServerProcess: @unchecked Sendable {
    // Sendable: `url` is set in `init`, before anyone else has this; the log locks itself.

    /// The state, which outlives the process.
    let directory: TemporaryDirectory
    let log = ProcessLog()
    /// What it printed on standard output: the hints.
    let output = ProcessLog()
    private let process: ChildProcess
    /// Kills the server should this process end without doing so.
    private let guardian: ChildProcess
    private let lifeline = Pipe.closedOnExec()
    /// From the line that says `ready`.
    private(set) var url = ""

    var dataDirectory: String { directory.path + "/data" }
    var pki: String { dataDirectory + "/pki" }
    var kubeconfig: String { dataDirectory + "/admin.kubeconfig" }
    var port: UInt16 { UInt16(url.split(separator: ":").last ?? "") ?? 0 }
    var identifier: Int32 { process.identifier }

    /// Starts the server, and waits until it is ready.
    ///
    /// With a kubeconfig it is in front of the cluster which that names.
    ///
    /// - Parameter descriptors: how many it may have open, ever (RLIMIT_NOFILE).
    init(
        _ flags: [String] = [], in directory: TemporaryDirectory? = nil, examples: Bool = true,
        cluster kubeconfig: String? = nil, descriptors: Int? = nil
    ) throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        let place =
            kubeconfig.map { ["--kubeconfig", $0, "--cert-dir", directory.path + "/data/pki"] }
            ?? ["--data-dir", directory.path + "/data"] + (examples ? ["--examples", Project.examples] : [])
        // prlimit(1) becomes the server, and so has its identifier.
        let (outputPipe, errorPipe) = (Pipe.closedOnExec(), Pipe.closedOnExec())
        process = try ChildProcess(
            (descriptors.map { ["prlimit", "--nofile=\($0):\($0)"] } ?? []) + [Project.binary]
                + ["serve", "--secure-port", "0"] + place + flags,
            output: outputPipe.fileHandleForWriting, errors: errorPipe.fileHandleForWriting)
        guardian = try ChildProcess(
            ["sh", "-c", "read line; kill -9 \(process.identifier)"], input: lifeline.fileHandleForReading,
            output: .standardOutput, errors: .standardError)
        for pipe in [outputPipe, errorPipe] { try pipe.fileHandleForWriting.close() }
        output.follow(outputPipe.fileHandleForReading)
        log.follow(errorPipe.fileHandleForReading)
        let ready = try log.wait(for: "the line that says ready") { $0.contains("\"ready\"") }
        guard let match = ready.firstMatch(of: /https:\/\/[0-9a-f.:\[\]]+/) else {
            throw Failure("no URL in: \(ready)")
        }
        url = String(match.output)
    }

    deinit {
        kill()
    }

    /// Ends the server at once, as a power cut would.
    func kill() {
        send(SIGKILL)
        _ = try? waitForEnd()
    }

    /// Sends a signal that the server may handle.
    func send(_ signal: Int32) {
        process.send(signal)
    }

    /// The exit status; negative: the signal that ended it.
    @discardableResult
    func waitForEnd() throws -> Int32 {
        guard let status = process.waitForEnd(within: 30) else { throw Failure("the server did not end") }
        // The identifier may soon be another's.
        guardian.send(SIGKILL)
        return status
    }

    /// Ends the server in order.
    func terminate() throws -> Int32 {
        send(SIGTERM)
        return try waitForEnd()
    }

    /// Ends the process and starts another on the same state.
    func restarted(_ flags: [String] = []) throws -> ServerProcess {
        kill()
        return try ServerProcess(flags, in: directory, examples: false)
    }

    func text(_ file: String) throws -> String { try String(contentsOfFile: file, encoding: .utf8) }

    var authority: CertificateAuthority {
        get throws {
            CertificateAuthority(
                pair: CertificatePair(certificate: try text("\(pki)/ca.crt"), key: try text("\(pki)/ca.key")))
        }
    }

    /// Clock ticks of CPU that the process has used: 100 a second (proc(5), utime and stime).
    func cpuTicks() throws -> Int {
        let columns = try text("/proc/\(identifier)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        guard columns.count > 12, let user = Int(columns[11]), let system = Int(columns[12]) else {
            throw Failure("no CPU time in /proc/\(identifier)/stat")
        }
        return user + system
    }

    /// Descriptors that it has open.
    func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/fd").count
    }

    /// Sets how many descriptors it may have open from now on; what is open stays so (prlimit(2)).
    func limit(descriptors: Int) throws {
        let result = try Command.run(["prlimit", "--pid", "\(identifier)", "--nofile=\(descriptors):"])
        guard result.status == 0 else { throw Failure("prlimit: \(result)") }
    }

    /// A connection as somebody; the administrator unless told otherwise, nobody for `nil`.
    func connect(as pair: CertificatePair?) throws -> APIConnection {
        try APIConnection(port: port, context: try context(as: pair))
    }

    func connect() throws -> APIConnection { try connect(as: try administrator) }

    var administrator: CertificatePair {
        get throws { CertificatePair(certificate: try text("\(pki)/admin.crt"), key: try text("\(pki)/admin.key")) }
    }

    /// What connections as somebody have in common.
    func context(as pair: CertificatePair?) throws -> TLSContext {
        try TLSContext(
            trusting: Array(try text("\(pki)/ca.crt").utf8), certificate: Array((pair?.certificate ?? "").utf8),
            key: Array((pair?.key ?? "").utf8))
    }

    /// kubectl as somebody else: `user` is the kubeconfig's, in YAML's flow style.
    func kubectl(user: String) throws -> Kubectl {
        let config = try directory.write(
            """
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "\(url)", certificate-authority: \(pki)/ca.crt}}]
            users: [{name: u, user: \(user)}]
            contexts: [{name: c, context: {cluster: c, user: u}}]
            current-context: c
            """, to: "\(UUID().uuidString).kubeconfig")
        return Kubectl(path: Kubectl.path, kubeconfig: config, home: directory.path)
    }

    func kubectl(_ path: String = Kubectl.path) -> Kubectl {
        Kubectl(path: path, kubeconfig: kubeconfig, home: directory.path)
    }

    /// curl as the administrator, or with other credentials.
    func curl(
        _ path: String, _ options: [String] = [], credentials: [String]? = nil, input: String = ""
    ) throws -> Command.Result {
        let credentials = credentials ?? ["--cert", "\(pki)/admin.crt", "--key", "\(pki)/admin.key"]
        return try Command.run(
            ["curl", "-sS", "--cacert", "\(pki)/ca.crt"] + credentials + options + [url + path], input: input)
    }
}

/// The lines that a process writes, as they come.
final class ProcessLog: @unchecked Sendable {
    // Sendable: everything below is used under `condition`.
    private let condition = NSCondition()
    private var text: [UInt8] = []
    private var isAtEnd = false

    /// Reads to the end on a thread of its own.
    func follow(_ handle: FileHandle) {
        Thread.detachNewThread { [self] in
            while true {
                // Not `availableData`, which ends the process when a signal interrupts it.
                var piece = [UInt8](repeating: 0, count: 65_536)
                let count = read(handle.fileDescriptor, &piece, piece.count)
                if count < 0, errno == EINTR { continue }
                condition.lock()
                text += piece.prefix(max(count, 0))
                isAtEnd = count <= 0
                condition.broadcast()
                condition.unlock()
                if count <= 0 { return }
            }
        }
    }

    /// The whole lines so far.
    var lines: [String] {
        condition.lock()
        defer { condition.unlock() }
        return wholeLines
    }

    private var wholeLines: [String] {
        String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map(String.init)
    }

    /// The first line that `isWanted`, present or to come; or the one that is wanted for the `times`th time.
    func wait(for what: String, times: Int = 1, _ isWanted: (String) -> Bool) throws -> String {
        let deadline = Date(timeIntervalSinceNow: 30)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let line = wholeLines.lazy.filter(isWanted).dropFirst(times - 1).first { return line }
            guard !isAtEnd, condition.wait(until: deadline) else {
                throw Failure("\(what) did not come; there is:\n\(wholeLines.joined(separator: "\n"))")
            }
        }
    }
}
