// hotplug-apiserver: flags, wiring, signals. The only module that sees all others.

import ArgumentParser
import Reactor

@main
struct HotplugCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "hotplug-apiserver",
        abstract: "Plugs network interfaces into running KubeVirt virtual machines.",
        discussion: """
            An aggregated API server for the addinterface and removeinterface subresources of
            subresources.kubevirt.io. Without a cluster it serves an embedded one: a durable store that speaks enough
            of the Kubernetes API for kubectl and virtctl. No guest runs there.
            """,
        version: "hotplug-apiserver v\(version)",
        subcommands: [ServeCommand.self, PlanCommand.self])

    static func main() async {
        // First of all: threads inherit the mask.
        SignalWatcher.blockSignals()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            exit(withError: error)
        }
    }
}
