import Foundation
import KubeModel
import Testing

/// More clients than descriptors: nobody spins, nobody crashes, and who waits is served once there is room.
@Suite(.serialized, .timeLimit(.minutes(2))) struct StarvationTests {
    private static let clients = 400
    /// Clock ticks (a hundredth of a second of CPU) in a second in which a spinning loop would use all 100, and two
    /// loops 200.
    private static let idleTicksMax = 30

    /// Opens so many connections, none of which need be accepted.
    private func open(_ count: Int, to server: ServerProcess) throws -> [APIConnection] {
        let context = try server.context(as: try server.administrator)
        return try (0..<count).map { _ in try APIConnection(opening: server.port, context: context) }
    }

    /// Moves those that the server has taken from the one list to the other, until nobody else is for a second; answers
    /// the ticks of CPU in that second.
    private func admit(
        _ waiting: inout [APIConnection], into admitted: inout [APIConnection], by server: ServerProcess
    ) throws -> Int {
        while true {
            let ticks = try server.cpuTicks()
            let ready = APIConnection.ready(waiting, within: 1000)
            guard !ready.isEmpty else { return try server.cpuTicks() - ticks }
            for connection in ready { try connection.shakeHands() }
            waiting.removeAll { connection in ready.contains { $0 === connection } }
            admitted += ready
        }
    }

    /// A read and a write, which need the store.
    private func ask(_ connection: APIConnection) throws -> [Int] {
        [
            try connection.request("GET", Subresource.objectPath(), nil as String?).status,
            try connection.request("PUT", Subresource.path(query: "?dryRun=All"), Subresource.body()).status,
        ]
    }

    /// Lets everybody in by turns, and answers in how many.
    private func serveAll(_ waiting: inout [APIConnection], by server: ServerProcess) throws -> Int {
        var turns = 0
        while !waiting.isEmpty {
            var admitted: [APIConnection] = []
            guard !APIConnection.ready(waiting, within: 30_000).isEmpty else {
                throw Failure("\(waiting.count) clients wait, and nobody is let in")
            }
            let ticks = try admit(&waiting, into: &admitted, by: server)
            #expect(ticks <= Self.idleTicksMax)
            for connection in admitted { #expect(try ask(connection) == [200, 202]) }
            // Those that were served go here, and make room.
            turns += 1
        }
        return turns
    }

    @Test func `400 clients of a server with 256 descriptors are all served, by turns`() throws {
        let server = try ServerProcess(["--threads", "2"], descriptors: 256)
        var waiting = try open(Self.clients, to: server)
        var admitted: [APIConnection] = []
        let ticks = try admit(&waiting, into: &admitted, by: server)
        #expect(ticks <= Self.idleTicksMax)
        // Half of the descriptors are for connections.
        #expect(admitted.count == 128)
        #expect(try server.openDescriptors() < 256)
        for connection in admitted { #expect(try ask(connection) == [200, 202]) }
        // Full as it is, those that are in are served as ever.
        for connection in admitted { #expect(try ask(connection) == [200, 202]) }
        #expect(APIConnection.ready(waiting, within: 0).isEmpty)
        admitted = []
        #expect(try serveAll(&waiting, by: server) > 1)
        #expect(try ask(server.connect()) == [200, 202])
        #expect(!server.log.lines.contains { $0.contains("out of file descriptors") })
        #expect(try server.terminate() == 0)
    }

    /// As when the whole machine is out of them (ENFILE): the server's own count of connections is no help.
    @Test func `a server that runs out of descriptors waits for some, says so once, and serves all when they are back`()
        throws
    {
        let server = try ServerProcess(["--threads", "2"])
        try server.limit(descriptors: try server.openDescriptors() + 20)
        var waiting = try open(Self.clients, to: server)
        var admitted: [APIConnection] = []
        let ticks = try admit(&waiting, into: &admitted, by: server)
        #expect(ticks <= Self.idleTicksMax)
        // Some descriptor may have been open for a moment when they were counted.
        #expect((1...30).contains(admitted.count))
        // The store cannot open a file either: what it cannot do is refused, and clearly.
        for connection in admitted {
            for (method, path, body) in [
                ("GET", Subresource.objectPath(), nil), ("PUT", Subresource.path(), Subresource.body()),
            ] {
                let reply = try connection.request(method, path, body)
                #expect([200, 202].contains(reply.status) || reply.json?["kind"] == "Status", "\(reply.text)")
            }
        }
        let lines = server.log.lines.filter { $0.contains("out of file descriptors") }
        // One a loop in ten seconds.
        #expect((1...4).contains(lines.count), "\(lines)")
        try server.limit(descriptors: 4096)
        admitted = []
        _ = try serveAll(&waiting, by: server)
        #expect(try ask(server.connect()) == [200, 202])
        #expect(try server.terminate() == 0)
    }
}
