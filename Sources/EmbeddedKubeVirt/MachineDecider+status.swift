import HotplugAPI
import KubeModel

/// Why a VM is not as its spec says: what KubeVirt v1.0.1 `watch/vm.go` calls a sync error.
struct MachineFailure {
    let reason: String
    let message: String

    static func start(_ error: String) -> MachineFailure {
        MachineFailure(reason: "FailedCreate", message: "Failure while starting VMI: \(error)")
    }

    static func stop(_ error: String) -> MachineFailure {
        MachineFailure(reason: "FailedDelete", message: "Failure attempting to delete VMI: \(error)")
    }
}

/// What a VM tells of itself: KubeVirt v1.0.1 `watch/vm.go`, `updateStatus`.
extension MachineDecider {
    /// The VMI of the VM's name, if it is the VM's.
    private var own: Instance? { instance.flatMap { isOurs($0) ? $0 : nil } }

    func status(failure: MachineFailure? = nil) -> [Step] {
        var next = machine
        next.setStatus("created", own == nil ? nil : true)
        next.setStatus("ready", own?.object.hasTrueCondition("Ready") == true ? true : nil)
        next.setStatus("startFailure", startFailure)
        setConditions(&next, failure)
        next.setStatus("printableStatus", .string(printableStatus))
        let open = openRequests
        next.setStatus("stateChangeRequests", open.isEmpty ? nil : .array(open))
        return next == machine ? [] : [.replaceStatus(.virtualMachine, next)]
    }

    /// A `runStrategy` that is none, stored before there were rules.
    var strategyFailure: MachineFailure? {
        guard RunStrategy(of: machine) == nil else { return nil }
        return MachineFailure(
            reason: "FailedCreate",
            message: machine["spec"]?.present("running") == nil
                ? "unknown runstrategy: \(machine[path: "spec", "runStrategy"]?.string ?? "")"
                : "Error fetching RunStrategy: running and runstrategy are mutually exclusive")
    }

    private func setConditions(_ next: inout JSONValue, _ failure: MachineFailure?) {
        let old = machine.condition("Failure")
        if let own {
            // The VMI's conditions are the VM's, but for the two that the VM has of its own.
            let others = (own.object[path: "status", "conditions"]?.array ?? []).filter {
                !["Ready", "Failure"].contains($0["type"]?.string)
            }
            let ready = own.object.condition("Ready")
            next.setStatus(
                "conditions", .array([ready ?? next.condition("Ready"), old].compactMap(\.self) + others))
            if ready == nil {
                next.setCondition(
                    "Ready", false, reason: "VMIConditionMissing", message: "VMI is missing the Ready condition",
                    now: now)
            }
        } else {
            next.setCondition("Ready", false, reason: "VMINotExists", message: "VMI does not exist", now: now)
        }
        if let failure {
            next.setCondition("Failure", true, reason: failure.reason, message: failure.message, now: now)
        } else {
            next.removeCondition("Failure")
        }
    }

    /// Those of KubeVirt's that can be here, the first that applies: nothing is provisioned or scheduled, and no image
    /// is pulled (`setPrintableStatus`).
    private var printableStatus: String {
        if machine.isBeingDeleted { return "Terminating" }
        guard let own, !own.phase.isFinal else { return startFailure == nil ? "Stopped" : "CrashLoopBackOff" }
        if own.object.isBeingDeleted { return "Stopping" }
        let state = own.migrationState
        if state?["startTimestamp"] != nil, state?["endTimestamp"] == nil { return "Migrating" }
        switch own.phase {
        case .running: return own.object.hasTrueCondition("Paused") ? "Paused" : "Running"
        case .unknown: return "Unknown"
        default: return "Starting"
        }
    }
}

/// VMs whose VMIs fail before they run wait longer each time (KubeVirt v1.0.1 `watch/vm.go`,
/// `syncStartFailureStatus`, `calculateStartBackoffTime`).
extension MachineDecider {
    enum StartBackoff {
        /// For the first failure, which grow with the square of the count.
        static let firstDelaySeconds: Int64 = 10
        static let delaySecondsMax: Int64 = 300

        /// Seconds to wait after so many failures; `share` of 256 of half as much again spreads VMs that fail together.
        static func delay(failures count: Int, share: Int64) -> Int64 {
            let square = Int64(min(max(count, 1), 30))
            let delay = firstDelaySeconds * square * square
            return min(delay + delay / 2 * share / 256, delaySecondsMax)
        }
    }

    /// Whether the run strategy starts a VMI again that has failed.
    private var isStartedAgain: Bool {
        switch RunStrategy(of: machine) {
        case .always, .rerunOnFailure, .once: true
        case .manual, .halted, nil: false
        }
    }

    /// A failure that has not been counted, which must be before its VMI is gone.
    func notedStartFailure() -> [Step]? {
        guard own != nil, let startFailure, startFailure != machine[path: "status", "startFailure"] else { return nil }
        return status(failure: strategyFailure)
    }

    /// `status.startFailure` as it should be.
    private var startFailure: JSONValue? {
        let old = machine[path: "status", "startFailure"]
        let phases = (own?.object[path: "status", "phaseTransitionTimestamps"]?.array ?? []).map { $0["phase"]?.string }
        guard isStartedAgain, !phases.contains(InstancePhase.running.rawValue) else { return nil }
        guard let own, own.phase.isFinal, old?["lastFailedVMIUID"]?.string != own.uid else { return old }
        let count = (old?["consecutiveFailCount"]?.int ?? 0) &+ 1
        let share = Int64(StableHash("start", own.uid).value & 0xFF)
        let retry = (RFC3339.seconds(now) ?? 0) + StartBackoff.delay(failures: count, share: share)
        return [
            "consecutiveFailCount": .number(JSONNumber(count)), "lastFailedVMIUID": .string(own.uid),
            "retryAfterTimestamp": .string(Timestamp.rfc3339(retry)),
        ]
    }

    /// Whether there is nothing to do until the wait is over.
    var isWaiting: Bool { instance == nil && !machine.isBeingDeleted && secondsToWait > 0 }

    /// Seconds before a VMI may be created after one that failed early; 0 when it may be now.
    var secondsToWait: Int64 {
        guard RunStrategy(of: machine) != .once,
            let text = startFailure?["retryAfterTimestamp"]?.string, let retry = RFC3339.seconds(text),
            let now = RFC3339.seconds(now)
        else { return 0 }
        return max(0, retry - now)
    }
}
