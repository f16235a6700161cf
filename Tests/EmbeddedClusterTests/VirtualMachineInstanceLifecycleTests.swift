import KubeModel
import Testing

@testable import EmbeddedCluster

struct VirtualMachineInstanceLifecycleTests {
    static let now = "2023-11-14T22:13:20Z"
    static let ready: JSONValue = [
        "type": "Ready", "status": "True", "lastProbeTime": .null, "lastTransitionTime": .string(now),
    ]
    static let transition: JSONValue = ["phase": "Running", "phaseTransitionTimestamp": .string(now)]

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sent: JSONValue?
        let expected: JSONValue
    }

    static let rows = [
        Row(
            testDescription: "no status", sent: nil,
            expected: [
                "phase": "Running", "phaseTransitionTimestamps": [transition], "conditions": [ready],
            ]),
        Row(
            testDescription: "null status", sent: .null,
            expected: [
                "phase": "Running", "phaseTransitionTimestamps": [transition], "conditions": [ready],
            ]),
        Row(
            testDescription: "interfaces",
            sent: ["interfaces": [["name": "default"]], "conditions": [["type": "Paused", "status": "True"]]],
            expected: [
                "interfaces": [["name": "default"]],
                "conditions": [["type": "Paused", "status": "True"], ready], "phase": "Running",
                "phaseTransitionTimestamps": [transition],
            ]),
        Row(
            testDescription: "another phase", sent: ["phase": "Scheduling"], expected: ["phase": "Scheduling"]),
        Row(
            testDescription: "not ready",
            sent: ["phase": "Running", "conditions": [["type": "Ready", "status": "False"]]],
            expected: ["phase": "Running", "conditions": [["type": "Ready", "status": "False"]]]),
    ]

    @Test(arguments: rows) func `a new VMI runs, and keeps what the client sent`(row: Row) {
        var object: JSONValue = ["spec": [:]]
        object["status"] = row.sent
        let started = VirtualMachineInstanceLifecycle.started(object, now: Self.now)
        #expect(started["status"] == row.expected)
        #expect(started["spec"] == [:])
    }

    @Test func `the status of a VMI is written with the VMI`() async throws {
        let test = try TestCluster()
        try await test.createVMI()
        let patched = try await test.merge(["status": ["phase": "Failed"]])
        #expect(patched[path: "status", "phase"] == "Failed")
    }
}
