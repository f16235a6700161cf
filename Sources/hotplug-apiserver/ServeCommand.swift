import ArgumentParser
import Foundation
import HotplugAPI
import Logging
import Reactor

extension VMIPropagation: ExpressibleByArgument {}
extension NADCheck: ExpressibleByArgument {}

/// `hotplug-apiserver serve`.
///
/// Flags have the names and meanings of kube-apiserver's where it has them.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the subresources, on an embedded cluster.")

    @Option(help: "The address to listen on. Anything but loopback lets other machines in.")
    var bindAddress = "127.0.0.1"

    @Option(help: "The port to serve HTTPS on; 0 takes a free one.")
    var securePort: UInt16 = 6443

    @Option(help: "Threads that serve, each with its own epoll loop. Default: one a core.")
    var threads: Int?

    @Option(
        help: """
            The directory of the embedded cluster's state; made if it is missing. Default: \
            hotplug-apiserver.local.data.
            """)
    var dataDir: String?

    @Option(
        help: """
            The directory of the certificates. What is missing is made at the first start: ca.crt and ca.key, \
            apiserver.crt and apiserver.key, and admin.crt and admin.key for a client in system:masters. \
            Default: pki in --data-dir.
            """)
    var certDir: String?

    @OptionGroup(title: "Serving")
    var serving: ServingFlags

    @OptionGroup(title: "Embedded cluster")
    var embedded: EmbeddedFlags

    @Option(help: "CAs, PEM, whose client certificates are believed too, beside the one in --cert-dir.")
    var clientCaFile: String?

    @Option(help: "Static bearer tokens, one a line: token,user,uid,\"group1,group2\".")
    var tokenAuthFile: String?

    @Option(help: "Where to write an administrator's kubeconfig. Default: admin.kubeconfig in --data-dir.")
    var writeKubeconfig: String?

    @Option(help: "A directory of manifests to create at start, where they are missing; then print what to try.")
    var examples: String?

    @Option(help: "Who writes the spec of a running VMI: direct, kubevirt or auto. Default: direct.")
    var vmiPropagation: VMIPropagation?

    @Option(help: "What to do when the NetworkAttachmentDefinition does not exist: off, warn or enforce.")
    var nadCheck = NADCheck.warn

    @Option(help: "The form of log lines: text or json.")
    var loggingFormat = LogFormat.text

    @Option(
        name: [.customShort("v"), .customLong("v")],
        help: "Log verbosity: 0 warnings and the state of the server, 2 a line a request, 4 and more for debugging.")
    var verbosity = 2

    func validate() throws {
        var problems: [String] = []
        if SocketAddress(bindAddress, port: securePort) == nil {
            problems.append("--bind-address \(bindAddress) is not an IP address")
        }
        if let threads, !(1...256).contains(threads) { problems.append("--threads \(threads) is not in 1...256") }
        problems += serving.problems()
        problems += embedded.problems()
        if !(0...10).contains(verbosity) { problems.append("-v \(verbosity) is not in 0...10") }
        guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "; ") + ".") }
    }

    func run() async throws {
        let format = loggingFormat
        let level = LogFormat.level(verbosity: verbosity)
        LoggingSystem.bootstrap { label in
            LineLogHandler(label: label, format: format, level: level)
        }
        let logger = Logger(label: "hotplug-apiserver")
        do {
            try await Wiring(flags: self, logger: logger).serve()
        } catch {
            logger.critical("cannot serve", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }
}
