import APIServer
import EmbeddedCluster
import Foundation
import HTTPServer
import HotplugAPI
import KubeModel
import Logging
import Reactor
import Synchronization
import TLS

/// Puts the server together, runs it, and takes it down.
///
/// The only file that knows everything.
struct Wiring {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Milliseconds that requests have to finish after SIGTERM.
    private static let shutdownGrace: Int64 = 10_000
    /// The version of Kubernetes whose API the embedded cluster follows.
    private static let kubernetesVersion = "v1.33.0"

    let flags: ServeCommand
    let logger: Logger

    func serve() async throws {
        let started = ContinuousClock.now
        let descriptors = ProcessLimits.raiseDescriptorLimit()
        let loops = try (0..<(flags.threads ?? ProcessInfo.processInfo.activeProcessorCount)).map { index in
            try EventLoop(name: "loop-\(index)")
        }
        guard let firstLoop = loops.first,
            let address = SocketAddress(flags.bindAddress, port: flags.securePort)
        else { throw Failure(description: "no loop or no address") }
        let signals = try await SignalQueue(on: firstLoop)

        let cluster = try EmbeddedCluster(directory: flags.dataDir)
        defer { cluster.close() }
        let certificates = flags.certDir ?? "\(flags.dataDir)/pki"
        let credentials = try Credentials(directory: certificates, servingNames: servingNames(address))
        let health = HealthChecks(live: [HealthCheck("store") { try cluster.checkHealth() }], ready: [], logger: logger)
        let configuration = EmbeddedCluster.Configuration()
        let api = APIServer(
            authenticator: try authenticator(credentials),
            authorizer: UnionAuthorizer([PublicPathAuthorizer(), PrivilegedGroupAuthorizer()]),
            router: Router(
                version: VersionInfo(
                    gitVersion: "\(Self.kubernetesVersion)+hotplug-apiserver-\(HotplugCommand.version)"),
                subresourceVersion: VersionInfo(gitVersion: configuration.observedKubeVirtVersion), health: health,
                subresourceGroup: HotplugSubresources.group,
                subresources: HotplugSubresources(handler: hotplug(cluster, loops)),
                resources: ResourceEndpoints(resources: EmbeddedCluster.resources, cluster: cluster)),
            inFlight: InFlightLimit(
                reading: flags.serving.maxRequestsInflight, changing: flags.serving.maxMutatingRequestsInflight),
            logger: logger)

        let certificate = try servingCertificate(credentials)
        let tls = TLSContextReference(try certificate.context())
        let server = try await HTTPServer(
            on: address, loops: loops, handler: api, tls: tls,
            configuration: flags.serving.configuration(descriptors: descriptors, loops: loops.count), logger: logger)
        await certificate.watch(on: firstLoop, serving: tls, logger: logger)
        let url = url(server.address)
        let kubeconfig = flags.writeKubeconfig ?? "\(flags.dataDir)/admin.kubeconfig"
        try PrivateFile.write(credentials.kubeconfig(server: url), to: kubeconfig)
        if let examples = flags.examples { try await Examples(directory: examples).load(into: cluster, logger) }
        logger.notice(
            "ready",
            metadata: [
                "url": "\(url)", "kubeconfig": "\(kubeconfig)", "dataDir": "\(flags.dataDir)",
                "threads": "\(loops.count)", "startup": "\(milliseconds(since: started))ms",
            ])
        if flags.examples != nil {
            // Not `print`, which keeps it back while standard output is a pipe or a file.
            let hints = Examples.hints(url: url, kubeconfig: kubeconfig, pki: certificates)
            FileHandle.standardOutput.write(Data(hints.utf8))
        }

        let signal = await signals.next()
        logger.notice("shutting down", metadata: ["signal": "\(signal)"])
        health.shutDown()
        await server.shutdown(grace: Self.shutdownGrace)
        logger.notice("stopped")
    }

    private func hotplug(_ cluster: EmbeddedCluster, _ loops: [EventLoop]) -> HotplugHandler {
        let next = Atomic(0)
        return HotplugHandler(
            cluster: cluster, facts: KubeVirtFactsSource(cluster: cluster),
            configuration: HotplugConfiguration(propagation: flags.vmiPropagation, nadCheck: flags.nadCheck),
            pause: { milliseconds in
                let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
                await loops[turn % loops.count].sleep(milliseconds: Int64(milliseconds))
            })
    }

    private func authenticator(_ credentials: Credentials) throws -> UnionAuthenticator {
        var bundle = Array(credentials.authority.pair.certificate.utf8)
        if let file = flags.clientCaFile {
            let authorities = try read(file, for: "--client-ca-file")
            guard (try? CertificatePool(bundle: authorities)) != nil else {
                throw Failure(description: "--client-ca-file: \(file) has no certificate in it")
            }
            bundle += authorities
        }
        var authenticators: [any Authenticator] = [
            ClientCertificateAuthenticator(trusting: try CertificatePool(bundle: bundle))
        ]
        if let file = flags.tokenAuthFile {
            let text = String(decoding: try read(file, for: "--token-auth-file"), as: UTF8.self)
            authenticators.append(try TokenFile(text))
        } else {
            authenticators.append(try TokenFile(""))
        }
        return UnionAuthenticator(authenticators)
    }

    private func servingCertificate(_ credentials: Credentials) throws -> ServingCertificate {
        ServingCertificate(
            certificateFile: flags.serving.tlsCertFile ?? "\(credentials.directory)/apiserver.crt",
            keyFile: flags.serving.tlsPrivateKeyFile ?? "\(credentials.directory)/apiserver.key",
            others: flags.serving.tlsSniCertKey.compactMap(SNICertificate.init), settings: try flags.serving.settings(),
            clientCAs: Array(credentials.authority.pair.certificate.utf8))
    }

    private func read(_ path: String, for flag: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw Failure(description: "\(flag): \(path) cannot be read: \(error.localizedDescription)")
        }
    }

    private func servingNames(_ address: SocketAddress) -> [String] {
        var names = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]
        let isWildcard = ["0.0.0.0", "::"].contains(address.host)
        if isWildcard {
            names.append("DNS:\(ProcessInfo.processInfo.hostName)")
        } else if !names.contains("IP:\(address.host)") {
            names.append("IP:\(address.host)")
        }
        return names
    }

    private func url(_ address: SocketAddress) -> String {
        switch address.host {
        case "0.0.0.0", "::": "https://127.0.0.1:\(address.port)"
        default: "https://\(address)"
        }
    }

    private func milliseconds(since start: ContinuousClock.Instant) -> Int64 {
        let duration = ContinuousClock.now - start
        return duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}

/// The signals that ask the process to end.
///
/// The second one ends it at once.
private final class SignalQueue: Sendable {
    private struct State {
        var received: Int32?
        var waiter: CheckedContinuation<Int32, Never>?
    }

    private let state = Mutex(State())

    init(on loop: EventLoop) async throws {
        try await start(on: loop)
    }

    private func start(on loop: isolated EventLoop) throws {
        try SignalWatcher.start(on: loop) { [self] signal in receive(signal) }
    }

    private func receive(_ signal: Int32) {
        let (waiter, isSecond) = state.withLock { state in
            defer {
                state.received = state.received ?? signal
                state.waiter = nil
            }
            return (state.waiter, state.received != nil)
        }
        if isSecond { exit(128 + signal) }
        waiter?.resume(returning: signal)
    }

    func next() async -> Int32 {
        await withCheckedContinuation { continuation in
            let received = state.withLock { state in
                if state.received == nil { state.waiter = continuation }
                return state.received
            }
            if let received { continuation.resume(returning: received) }
        }
    }
}
