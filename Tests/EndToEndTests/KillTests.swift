import Foundation
import Fuzzing
import KubeModel
import Synchronization
import TLS
import Testing

/// What was acknowledged is there after `kill -9`, at whatever moment.
///
/// The page cache outlives a process: that a commit has reached the disk is for tests that cut the power.
@Suite struct KillTests {
    /// Cycles of load, kill and restart; `HOTPLUG_KILL_CYCLES` asks for more.
    private static let cycles = ProcessInfo.processInfo.environment["HOTPLUG_KILL_CYCLES"].flatMap(Int.init) ?? 5
    private static let clients = 64
    private static let instances = 16
    /// The most requests of one client in a cycle: all of an instance's clients stay below its 256 interfaces.
    private static let requestsPerClient = 50
    /// Acknowledgements after which the server is killed, at most.
    private static let killAfterMax = 800

    /// What the clients of one cycle were told, and the kill that ends it.
    private final class Cycle: Sendable {
        private let acknowledged = Mutex<Set<String>>([])
        private let isKilled = Atomic(false)
        let sent = Atomic(0)
        private let server: ServerProcess
        private let killAfter: Int
        private let microseconds: UInt32

        init(_ server: ServerProcess, killAfter: Int, microseconds: UInt32) {
            self.server = server
            self.killAfter = killAfter
            self.microseconds = microseconds
        }

        var isOver: Bool { isKilled.load(ordering: .relaxed) }
        var names: Set<String> { acknowledged.withLock { $0 } }

        func acknowledge(_ name: String) {
            let count = acknowledged.withLock { names in
                names.insert(name)
                return names.count
            }
            guard count == killAfter else { return }
            // Between two answers, not at one: part of the moment's choice.
            usleep(microseconds)
            server.kill()
            isKilled.store(true, ordering: .relaxed)
        }
    }

    private func instance(_ cycle: Int, _ index: Int) -> String { "vmi-\(cycle)-\(index)" }

    /// One client: puts interfaces until the server is gone.
    private func load(_ cycle: Cycle, number: Int, client: Int, on server: ServerProcess) {
        // An error is the kill, or what is found by the check.
        guard let connection = try? server.connect() else { return }
        let instance = instance(number, client % Self.instances)
        for request in 0..<Self.requestsPerClient where !cycle.isOver {
            let name = "c\(client)r\(request)"
            cycle.sent.add(1, ordering: .relaxed)
            guard
                let reply = try? connection.request(
                    "PUT", Subresource.path("addinterface", instance), Subresource.body(name))
            else { return }
            if reply.status == 202 { cycle.acknowledge("\(instance)/\(name)") }
        }
    }

    private func runClients(_ body: @escaping @Sendable (Int) -> Void) {
        let group = DispatchGroup()
        for client in 0..<Self.clients {
            group.enter()
            Thread.detachNewThread {
                body(client)
                group.leave()
            }
        }
        group.wait()
    }

    /// The interfaces that are stored, as `instance/name`.
    private func stored(_ server: ServerProcess, cycles: Range<Int>) throws -> Set<String> {
        let connection = try server.connect()
        var names: Set<String> = []
        for cycle in cycles {
            for index in 0..<Self.instances {
                let instance = instance(cycle, index)
                for network in try connection.networks(of: "virtualmachineinstances", instance).dropFirst() {
                    names.insert("\(instance)/\(network.replacing("=new-fancy-net", with: ""))")
                }
            }
        }
        return names
    }

    @Test func `keeps each acknowledged interface through kill -9 under 64 clients`() throws {
        let seed =
            ProcessInfo.processInfo.environment["HOTPLUG_KILL_SEED"].flatMap(UInt64.init) ?? .random(in: 0...(1 << 32))
        var generator = SplitMix64(seed: seed)
        print("kill -9: \(Self.cycles) cycles, HOTPLUG_KILL_SEED=\(seed)")
        var server = try ServerProcess(["-v", "0"])
        var acknowledged: Set<String> = []
        for number in 0..<Self.cycles {
            let admin = try server.connect()
            let template = try admin.object()
            for index in 0..<Self.instances {
                var object = template
                object["metadata"] = ["name": .string(instance(number, index))]
                let created = try admin.request(
                    "POST", Subresource.objectPath("virtualmachineinstances", nil), object.serialized())
                #expect(created.status == 201)
            }
            let cycle = Cycle(
                server, killAfter: .random(in: 1...Self.killAfterMax, using: &generator),
                microseconds: .random(in: 0...2000, using: &generator))
            runClients { [server] client in load(cycle, number: number, client: client, on: server) }
            #expect(cycle.isOver, "the load ended before the kill")
            server = try server.restarted(["-v", "0"])
            #expect(try server.connect().request("GET", "/readyz", nil as String?).text == "ok")
            let present = try stored(server, cycles: number..<(number + 1))
            let lost = cycle.names.subtracting(present)
            #expect(lost.isEmpty, "cycle \(number): lost \(lost.sorted())")
            acknowledged.formUnion(cycle.names)
            print(
                "cycle \(number): \(cycle.sent.load(ordering: .relaxed)) sent, \(cycle.names.count) acknowledged, "
                    + "\(lost.count) of them lost; \(present.subtracting(cycle.names).count) stored without an answer")
        }
        // And no later cycle took an earlier one's.
        #expect(acknowledged.subtracting(try stored(server, cycles: 0..<Self.cycles)).isEmpty)
    }
}
