import KubeModel
import Testing

@testable import EmbeddedKubeVirt

/// `start`, `stop` and `restart` as virt-api answers them.
@Suite struct LifecycleTests {
    struct Row: Sendable {
        let verb: LifecycleVerb
        let strategy: String
        /// `nil`: there is no VMI.
        var phase: InstancePhase?
        var body = ""
        var requests: [JSONValue]?
        /// The changes as text, or the message of the refusal.
        let outcome: String
        var code = 409
    }

    private static let stopped: InstancePhase? = nil

    @Test(arguments: [
        Row(verb: .start, strategy: "Halted", outcome: "run(true)"),
        Row(verb: .start, strategy: "Halted", body: #"{"paused":true}"#, outcome: "request(Start paused)"),
        Row(verb: .start, strategy: "Halted", body: "paused: true", outcome: "request(Start paused)"),
        Row(verb: .start, strategy: "Manual", body: #"{"Paused":false}"#, outcome: "request(Start)"),
        Row(verb: .start, strategy: "Manual", phase: .succeeded, outcome: "request(Stop, Start)"),
        Row(verb: .start, strategy: "RerunOnFailure", phase: .succeeded, outcome: "request(Stop, Start)"),
        Row(
            verb: .start, strategy: "RerunOnFailure", phase: .failed,
            outcome: "RerunOnFailure does not support starting VM from failed state"),
        Row(verb: .start, strategy: "Manual", phase: .running, outcome: "VM is already running"),
        Row(verb: .start, strategy: "Always", phase: .pending, outcome: "VM is already running"),
        Row(verb: .start, strategy: "Always", outcome: "Always does not support manual start requests"),
        Row(verb: .start, strategy: "Once", outcome: "Once does not support manual start requests"),
        Row(
            verb: .start, strategy: "Manual", requests: [["action": "Start"]],
            outcome: "unable to complete request: stop/start already underway"),
        Row(verb: .stop, strategy: "Always", phase: .running, outcome: "run(false)"),
        Row(verb: .stop, strategy: "Always", outcome: "run(false)"),
        Row(verb: .stop, strategy: "Once", phase: .running, outcome: "run(false)"),
        Row(verb: .stop, strategy: "RerunOnFailure", phase: .running, outcome: "run(false)"),
        Row(
            verb: .stop, strategy: "Always", phase: .running, body: #"{"gracePeriod":5}"#,
            outcome: "gracePeriod(5) run(false)"),
        Row(verb: .stop, strategy: "Manual", phase: .running, outcome: "request(Stop)"),
        Row(
            verb: .stop, strategy: "Manual", phase: .running, requests: [["action": "Start"]],
            outcome: "request(Stop)"),
        Row(verb: .stop, strategy: "Manual", outcome: "VM is not running"),
        Row(verb: .stop, strategy: "Manual", phase: .failed, outcome: "VM is not running"),
        Row(verb: .stop, strategy: "Halted", outcome: "VM is not running"),
        Row(
            verb: .stop, strategy: "Halted", phase: .running,
            outcome: "Halted only supports manual stop requests with a shorter graceperiod"),
        Row(
            verb: .stop, strategy: "Halted", phase: .running, body: #"{"gracePeriod":30}"#,
            outcome: "Halted only supports manual stop requests with a shorter graceperiod"),
        Row(
            verb: .stop, strategy: "Halted", phase: .running, body: #"{"gracePeriod":29}"#,
            outcome: "gracePeriod(29) request(Stop)"),
        Row(verb: .migrate, strategy: "Always", phase: .running, outcome: "migrate(vm)"),
        Row(verb: .migrate, strategy: "Always", phase: .scheduled, outcome: "VM is not running"),
        Row(verb: .restart, strategy: "Always", phase: .running, outcome: "request(Stop, Start)"),
        Row(verb: .restart, strategy: "Manual", phase: .running, outcome: "request(Stop, Start)"),
        Row(
            verb: .restart, strategy: "Always", phase: .running, body: #"{"gracePeriodSeconds":0}"#,
            outcome: "request(Stop, Start) deletePod"),
        Row(
            verb: .restart, strategy: "Always", phase: .running, body: #"{"gracePeriodSeconds":1}"#,
            outcome: "For force restart, only gracePeriod=0 is supported for now", code: 400),
        Row(
            verb: .restart, strategy: "Always", phase: .running, body: #"{"gracePeriodSeconds":-1}"#,
            outcome: "gracePeriod has to be greater or equal to 0", code: 400),
        Row(verb: .restart, strategy: "Always", outcome: "VM is not running: Halted"),
        Row(
            verb: .restart, strategy: "Halted", phase: .running,
            outcome: "RunStategy Halted does not support manual restart requests"),
        Row(verb: .restart, strategy: "Once", outcome: "RunStategy Once does not support manual restart requests"),
        Row(
            verb: .restart, strategy: "Always", phase: .running, requests: [["action": "Stop"]],
            outcome: "unable to complete request: stop/start already underway"),
    ])
    func `decides`(_ row: Row) throws {
        var machine: JSONValue = ["metadata": ["name": "vm"], "spec": ["runStrategy": .string(row.strategy)]]
        if let requests = row.requests { machine["status"] = ["stateChangeRequests": .array(requests)] }
        let instance = row.phase.map { phase in
            Instance(object: [
                "metadata": ["name": "vm", "uid": "u1"], "spec": ["terminationGracePeriodSeconds": 30],
                "status": ["phase": .string(phase.rawValue)],
            ])
        }
        do throws(Status) {
            let options = try LifecycleOptions(Array(row.body.utf8), for: row.verb)
            let decision = LifecycleDecision(verb: row.verb, options: options, machine: machine, instance: instance)
            #expect(try decision.changes().map(Self.text).joined(separator: " ") == row.outcome)
        } catch {
            #expect(error.code == row.code)
            let prefix = #"Operation cannot be fulfilled on virtualmachine.kubevirt.io "vm": "#
            #expect(error.message == (row.code == 409 ? prefix : "") + row.outcome)
        }
    }

    private static func text(_ change: LifecycleDecision.Change) -> String {
        switch change {
        case .run(let isRunning): return "run(\(isRunning))"
        case .gracePeriod(let seconds): return "gracePeriod(\(seconds))"
        case .deletePod: return "deletePod"
        case .migrate(let name): return "migrate(\(name))"
        case .pause(let isPaused): return "pause(\(isPaused))"
        case .request(let requests):
            let words = requests.map { request in
                let action = request["action"]?.string ?? ""
                if action == "Stop" { #expect(request["uid"] == "u1") }
                return action + (request[path: "data", "paused"] == "true" ? " paused" : "")
            }
            return "request(\(words.joined(separator: ", ")))"
        }
    }

    @Test(arguments: ["{", "[]", #"{"paused":"yes"}"#, #"{"dryRun":"All"}"#, "a: [", #"{"dryRun":[1]}"#])
    func `refuses a body that is none`(body: String) {
        let status = #expect(throws: Status.self) { try LifecycleOptions(Array(body.utf8), for: .start) }
        #expect(status?.code == 400)
        #expect(status?.message.hasPrefix("Can not unmarshal Request body to struct, error: ") == true)
    }

    @Test(arguments: ["", " \n", "{}", "null", "---\n", #"{"other":1}"#])
    func `takes a body without fields`(body: String) throws {
        for verb in LifecycleVerb.allCases {
            #expect(try LifecycleOptions(Array(body.utf8), for: verb) == LifecycleOptions([], for: verb))
        }
    }

    struct PauseRow: Sendable {
        let verb: LifecycleVerb
        var phase = InstancePhase.running
        var isPaused = false
        var isProbed = false
        let outcome: String
        var code = 409
    }

    @Test(arguments: [
        PauseRow(verb: .pause, outcome: "pause(true)"),
        PauseRow(verb: .unpause, isPaused: true, outcome: "pause(false)"),
        PauseRow(verb: .pause, isPaused: true, outcome: "VMI is already paused"),
        PauseRow(verb: .pause, phase: .scheduling, outcome: "VM is not running"),
        PauseRow(verb: .unpause, outcome: "VMI is not paused"),
        PauseRow(verb: .unpause, phase: .succeeded, isPaused: true, outcome: "VMI is not paused"),
        PauseRow(
            verb: .pause, isProbed: true, outcome: "Pausing VMIs with LivenessProbe is currently not supported",
            code: 403),
    ])
    func `decides on a VMI that is paused or not`(_ row: PauseRow) {
        var object: JSONValue = [
            "metadata": ["name": "vm"], "spec": [:], "status": ["phase": .string(row.phase.rawValue)],
        ]
        if row.isPaused { object.setStatus("conditions", [["type": "Paused", "status": "True"]]) }
        if row.isProbed { object["spec"] = ["livenessProbe": [:]] }
        do throws(Status) {
            let options = try LifecycleOptions([], for: row.verb)
            let decision = LifecycleDecision(
                verb: row.verb, options: options, machine: nil, instance: Instance(object: object))
            #expect(try decision.changes().map(Self.text).joined(separator: " ") == row.outcome)
        } catch {
            #expect(error.code == row.code)
            #expect(error.message.contains(#"virtualmachineinstance.kubevirt.io "vm""#))
            #expect(error.message.hasSuffix(row.outcome))
        }
    }

    // MARK: On a cluster

    @Test func `a VM is paused and goes on, and its status says so`() async throws {
        let (played, handler) = try await played(["running": true])
        for (verb, status) in [(LifecycleVerb.pause, "Paused"), (.unpause, "Running")] {
            try await handler.handle(verb, namespace: "default", name: "vm", body: [], dryRun: ["All"])
            _ = try await played.settle()
            #expect(try await self.status(played) != status)
            try await handler.handle(verb, namespace: "default", name: "vm", body: [], dryRun: [])
            _ = try await played.settle()
            #expect(try await self.status(played) == status)
        }
        let status = await #expect(throws: Status.self) {
            try await handler.handle(.pause, namespace: "default", name: "nope", body: [], dryRun: [])
        }
        #expect(status?.message == #"virtualmachineinstance.kubevirt.io "nope" not found"#)
    }

    @Test func `a VM migrates by a migration that gets a name, and one at a time`() async throws {
        let (played, handler) = try await played(["running": true])
        func migrate() async throws {
            try await handler.handle(.migrate, namespace: "default", name: "vm", body: [], dryRun: [])
        }
        try await migrate()
        let name = try #require(try await played.names(.virtualMachineInstanceMigration).first)
        #expect(name.hasPrefix("kubevirt-migrate-vm-"))
        let status = await #expect(throws: Status.self) { try await migrate() }
        #expect(status?.message.contains("in-flight migration detected. Active migration job (") == true)
        _ = try await played.settle()
        #expect(try await played.instance("vm").nodeName == "node02")
        try await migrate()
        _ = try await played.settle()
        #expect(try await played.instance("vm").nodeName == "node01")
        try await played.patch(
            .virtualMachine, "vm", [.add(JSONPointer(tokens: ["spec", "running"]), false)])
        _ = try await played.settle()
        let gone = await #expect(throws: Status.self) { try await migrate() }
        #expect(gone?.message == #"virtualmachineinstance.kubevirt.io "vm" not found"#)
    }

    private func played(_ strategy: JSONObject) async throws -> (PlayedCluster, LifecycleHandler) {
        let played = try PlayedCluster()
        try await played.createMachine("vm", strategy)
        _ = try await played.settle()
        return (played, LifecycleHandler(cluster: played.cluster))
    }

    private func status(_ played: PlayedCluster) async throws -> String {
        try await played.get(.virtualMachine, "vm")[path: "status", "printableStatus"]?.string ?? ""
    }

    @Test(arguments: ["Manual", "Halted", "Always"])
    func `a VM of each strategy starts, restarts and stops`(strategy: String) async throws {
        let (played, handler) = try await played(["runStrategy": .string(strategy)])
        func put(_ verb: LifecycleVerb, _ body: String = "") async throws {
            try await handler.handle(verb, namespace: "default", name: "vm", body: Array(body.utf8), dryRun: [])
            _ = try await played.settle()
        }
        if strategy != "Always" { try await put(.start) }
        #expect(try await status(played) == "Running")
        let first = try await played.instance("vm").uid
        try await put(.restart)
        #expect(try await status(played) == "Running")
        let second = try await played.instance("vm").uid
        #expect(second != first)
        try await put(.restart, #"{"gracePeriodSeconds":0}"#)
        #expect(try await played.instance("vm").uid != second)
        try await put(.stop)
        #expect(try await status(played) == "Stopped")
        #expect(try await played.names(.virtualMachineInstance) == [])
        #expect(try await played.get(.virtualMachine, "vm")[path: "status", "stateChangeRequests"] == nil)
        try await put(.start)
        #expect(try await status(played) == "Running")
    }

    @Test func `a VM is started paused once`() async throws {
        let (played, handler) = try await played(["running": false])
        try await handler.handle(
            .start, namespace: "default", name: "vm", body: Array(#"{"paused":true}"#.utf8), dryRun: [])
        _ = try await played.settle()
        #expect(try await status(played) == "Paused")
        #expect(try await played.get(.virtualMachine, "vm")[path: "spec", "running"] == true)
        try await handler.handle(.restart, namespace: "default", name: "vm", body: [], dryRun: [])
        _ = try await played.settle()
        #expect(try await status(played) == "Running")
    }

    @Test(arguments: [(["All"], ""), ([], #"{"dryRun":["All"]}"#)])
    func `a dry run changes nothing`(query: [String], body: String) async throws {
        let (played, handler) = try await played(["runStrategy": "Always"])
        let before = try await played.get(.virtualMachine, "vm")
        for verb in [LifecycleVerb.restart, .stop] {
            try await handler.handle(verb, namespace: "default", name: "vm", body: Array(body.utf8), dryRun: query)
        }
        #expect(try await played.get(.virtualMachine, "vm") == before)
    }

    @Test func `says what is not there, and which dry run there is`() async throws {
        let (played, handler) = try await played(["running": false])
        var status = await #expect(throws: Status.self) {
            try await handler.handle(.start, namespace: "default", name: "nope", body: [], dryRun: [])
        }
        #expect(status?.code == 404)
        #expect(status?.message == #"virtualmachine.kubevirt.io "nope" not found"#)
        status = await #expect(throws: Status.self) {
            try await handler.handle(.start, namespace: "default", name: "vm", body: [], dryRun: ["Some"])
        }
        #expect(status?.code == 400)
        #expect(try await played.names(.virtualMachine) == ["vm"])
    }
}
