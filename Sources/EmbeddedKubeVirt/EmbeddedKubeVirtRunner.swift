package import KubeModel
package import Logging
package import Reactor

/// The controllers on a loop of their own, so that their work keeps no request waiting.
package final class EmbeddedKubeVirtRunner: Sendable {
    private let loop: EventLoop
    private let cluster: any WatchableCluster
    private let configuration: EmbeddedKubeVirtConfiguration
    private let logger: Logger

    /// Throws when there is no thread to be had.
    package init(
        cluster: any WatchableCluster, configuration: EmbeddedKubeVirtConfiguration, logger: Logger
    ) throws(SystemError) {
        loop = try EventLoop(name: "kubevirt")
        self.cluster = cluster
        self.configuration = configuration
        self.logger = logger
    }

    /// Starts, and waits until what there is has been brought as far as it goes.
    package func start() async {
        await start(on: loop)
    }

    /// Ends the loop; what was under way is gone on with at the next start.
    package func stop() async {
        await stop(on: loop)
    }

    private func start(on loop: isolated EventLoop) async {
        let controllers = KubeVirtControllers(cluster: cluster, configuration: configuration, logger: logger)
        loop.attachment = controllers
        controllers.start(on: loop)
        await controllers.settle(on: loop)
    }

    private func stop(on loop: isolated EventLoop) {
        (loop.attachment as? KubeVirtControllers)?.stop(on: loop)
        loop.stop()
    }
}
