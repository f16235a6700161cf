import ArgumentParser
import Foundation
import HotplugAPI
import KubeClient
import Logging
import Reactor

extension VMIPropagation: ExpressibleByArgument {}
extension NADCheck: ExpressibleByArgument {}
extension NADAccess: ExpressibleByArgument {}

/// `hotplug-apiserver serve`.
///
/// Flags have the names and meanings of kube-apiserver's where it has them.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the subresources, in front of a real cluster or with an embedded one.",
        discussion: """
            With --kubeconfig, --master or in a pod it serves the cluster that these name, as an extension API server \
            behind the aggregator of its kube-apiserver. Else, and with --data-dir or --examples, it serves a cluster \
            of its own.
            """)

    @Option(help: "The address to listen on. Anything but loopback lets other machines in.")
    var bindAddress = "127.0.0.1"

    @Option(help: "The port to serve HTTPS on; 0 takes a free one.")
    var securePort: UInt16 = 6443

    @Option(help: "Threads that serve, each with its own epoll loop. Default: one a core.")
    var threads: Int?

    @Option(
        help: """
            The directory of the embedded cluster's state; made if it is missing. Chooses the embedded cluster, in a \
            pod too. Default: hotplug-apiserver.local.data.
            """)
    var dataDir: String?

    @Option(
        help: """
            The directory of the certificates. What is missing is made at the first start: ca.crt and ca.key, \
            apiserver.crt and apiserver.key, and for the embedded cluster admin.crt and admin.key of a client in \
            system:masters. Default: pki in --data-dir; in front of a real cluster \
            hotplug-apiserver.local.certificates, unless --tls-cert-file is given.
            """)
    var certDir: String?

    @OptionGroup(title: "A real cluster")
    var real: ClusterFlags

    @OptionGroup(title: "Who asks, in front of a real cluster")
    var authentication: AuthenticationFlags

    @OptionGroup(title: "Serving")
    var serving: ServingFlags

    @OptionGroup(title: "Embedded cluster")
    var embedded: EmbeddedFlags

    @Option(
        help: """
            CAs, PEM, whose client certificates are believed: in front of a real cluster in place of those that it \
            names, else beside the server's own CA. Read again when its directory changes.
            """)
    var clientCaFile: String?

    @Option(help: "Static bearer tokens, one a line: token,user,uid,\"group1,group2\".")
    var tokenAuthFile: String?

    @Option(help: "Where to write an administrator's kubeconfig. Default: admin.kubeconfig in --data-dir.")
    var writeKubeconfig: String?

    @Option(help: "Manifests, a directory or one file, to create at start if they are missing; then print what to try.")
    var examples: String?

    @Option(help: "Who writes the spec of a running VMI: direct, kubevirt or auto. Default: auto; embedded: direct.")
    var vmiPropagation: VMIPropagation?

    @Option(help: "What to do when the NetworkAttachmentDefinition does not exist: off, warn or enforce.")
    var nadCheck = NADCheck.warn

    @Option(
        help: """
            Whether the user must be allowed to get a NetworkAttachmentDefinition of another namespace: off, warn or \
            enforce.
            """)
    var nadAccess = NADAccess.off

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
        problems += embedded.problems()
        problems += serving.problems() + real.problems() + authentication.problems()
        if real.nameCluster {
            for (name, value) in [
                ("--data-dir", dataDir), ("--examples", examples), ("--write-kubeconfig", writeKubeconfig),
            ] where value != nil {
                problems.append("\(name) is about the embedded cluster, and \(real.naming) names a real one")
            }
        }
        for (name, path) in [
            ("--data-dir", dataDir), ("--cert-dir", certDir), ("--examples", examples),
            ("--write-kubeconfig", writeKubeconfig), ("--client-ca-file", clientCaFile),
            ("--token-auth-file", tokenAuthFile),
        ] where path == "" {
            problems.append("\(name) is empty: name a path, or leave the flag out")
        }
        if !(0...10).contains(verbosity) { problems.append("-v \(verbosity) is not in 0...10") }
        guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "; ") + ".") }
    }

    /// How to reach a real cluster; `nil` means the embedded one.
    func clusterConfiguration() throws -> ClientConfiguration? {
        if !real.nameCluster, dataDir != nil || examples != nil { return nil }
        return try real.configuration(environment: ProcessInfo.processInfo.environment)
    }

    func run() async throws {
        let format = loggingFormat
        let level = LogFormat.level(verbosity: verbosity)
        LoggingSystem.bootstrap { _ in
            LineLogHandler(format: format, level: level)
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
