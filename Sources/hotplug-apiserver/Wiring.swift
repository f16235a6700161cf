import APIServer
import Foundation
import HTTPServer
import HotplugAPI
import Logging
import Reactor
import Synchronization
import TLS

/// Puts the server together, runs it, and takes it down.
struct Wiring {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Milliseconds that requests have to finish after SIGTERM.
    private static let shutdownGrace: Int64 = 10_000

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
        let cluster = try await cluster(names: servingNames(address), loops)
        do {
            try await serve(cluster, on: address, loops, firstLoop, signals, descriptors: descriptors, since: started)
        } catch {
            await cluster.close()
            throw error
        }
        await cluster.close()
        logger.notice("stopped")
    }

    private func cluster(names: [String], _ loops: [EventLoop]) async throws -> any ClusterWiring {
        guard let configuration = try flags.clusterConfiguration() else {
            if let flag = flags.authentication.given.first {
                throw Failure(
                    description: "\(flag) is about a real cluster: name it by --kubeconfig, or leave the flag out")
            }
            return try EmbeddedWiring(flags, names: names, logger: logger)
        }
        return try await RemoteWiring(flags, configuration, names: names, loops: loops, logger: logger)
    }

    private func serve(
        _ cluster: any ClusterWiring, on address: SocketAddress, _ loops: [EventLoop], _ firstLoop: EventLoop,
        _ signals: SignalQueue, descriptors: Int, since started: ContinuousClock.Instant
    ) async throws {
        let health = HealthChecks(live: cluster.liveChecks, ready: cluster.readyChecks, logger: logger)
        let api = APIServer(
            authenticator: cluster.authenticator, authorizer: cluster.authorizer,
            router: Router(
                version: cluster.version, subresourceVersion: cluster.subresourceVersion, health: health,
                subresourceGroup: HotplugSubresources.group(withLifecycle: cluster.lifecycle != nil),
                subresources: HotplugSubresources(
                    handler: hotplug(cluster, loops), lifecycle: cluster.lifecycle, authorizer: cluster.authorizer),
                resources: cluster.resources),
            inFlight: InFlightLimit(
                reading: flags.serving.maxRequestsInflight, changing: flags.serving.maxMutatingRequestsInflight),
            logger: logger)

        let certificate = try servingCertificate(cluster)
        let tls = TLSContextReference(try certificate.context())
        let server = try await HTTPServer(
            on: address, loops: loops, handler: api, tls: tls,
            configuration: flags.serving.configuration(descriptors: descriptors, loops: loops.count), logger: logger)
        await certificate.watch(on: firstLoop, serving: tls, logger: logger)
        let url = url(server.address)
        var metadata = try await cluster.started(url: url)
        metadata["url"] = "\(url)"
        metadata["threads"] = "\(loops.count)"
        ProcessMemory.trim()
        ProcessMemory.unmapCode()
        metadata["startup"] = "\((ContinuousClock.now - started).milliseconds)ms"
        logger.notice("ready", metadata: metadata)
        cluster.announced(url: url)

        let signal = await signals.next()
        health.shutDown()
        logger.notice("shutting down", metadata: ["signal": "\(signal)"])
        await firstLoop.sleep(milliseconds: flags.serving.shutdownDelayDuration.milliseconds)
        await server.shutdown(grace: Self.shutdownGrace)
    }

    private func hotplug(_ cluster: any ClusterWiring, _ loops: [EventLoop]) -> HotplugHandler {
        let next = Atomic(0)
        return HotplugHandler(
            cluster: cluster.cluster, facts: cluster.facts,
            configuration: HotplugConfiguration(
                propagation: flags.vmiPropagation ?? cluster.defaultPropagation, nadCheck: flags.nadCheck,
                nadAccess: flags.nadAccess, attachmentNeedsMigration: cluster.attachmentNeedsMigration),
            pause: { milliseconds in
                let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
                await loops[turn % loops.count].sleep(milliseconds: Int64(milliseconds))
            })
    }

    private func servingCertificate(_ cluster: any ClusterWiring) throws -> ServingCertificate {
        let pair = cluster.servingPair
        return ServingCertificate(
            certificateFile: flags.serving.tlsCertFile ?? pair.certificateFile,
            keyFile: flags.serving.tlsPrivateKeyFile ?? pair.keyFile,
            others: flags.serving.tlsSniCertKey.compactMap(SNICertificate.init), settings: try flags.serving.settings(),
            clientAuthorities: cluster.clientAuthorities)
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
}
