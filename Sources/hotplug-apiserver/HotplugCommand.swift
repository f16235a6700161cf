// hotplug-apiserver: flags, wiring, signals. The only module that sees all others.

import ArgumentParser
import Dispatch
import Reactor

/// Where the process starts.
///
/// Not async: the main thread of an async `main` ends in `dispatch_main`, which unblocks all signals there
/// (libdispatch `queue.c`, `_dispatch_sig_thread`), so that SIGTERM would end the process at once.
@main
enum EntryPoint {
    static func main() {
        // First of all: threads inherit the mask.
        SignalWatcher.blockSignals()
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            await HotplugCommand.main()
            done.signal()
        }
        done.wait()
    }
}

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
}
