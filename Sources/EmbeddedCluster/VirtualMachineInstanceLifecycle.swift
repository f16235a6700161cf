internal import KubeModel

/// The life of a VMI in a cluster where no guest runs: it is Running as soon as it exists.
///
/// No node, no interfaces: nothing is told that is not so. What the client sent in `status` stays, the phase too.
enum VirtualMachineInstanceLifecycle {
    /// The object as its controllers would leave it; `now` is RFC 3339.
    static func started(_ object: JSONValue, now: String) -> JSONValue {
        var status = object["status"]?.object ?? JSONObject()
        if (status["phase"]?.string ?? "").isEmpty {
            status["phase"] = "Running"
            let transitions = status["phaseTransitionTimestamps"]?.array ?? []
            status["phaseTransitionTimestamps"] = .array(
                transitions + [["phase": "Running", "phaseTransitionTimestamp": .string(now)]])
        }
        let conditions = status["conditions"]?.array ?? []
        if status["phase"]?.string == "Running", !conditions.contains(where: { $0["type"]?.string == "Ready" }) {
            let ready: JSONValue = [
                "type": "Ready", "status": "True", "lastProbeTime": .null, "lastTransitionTime": .string(now),
            ]
            status["conditions"] = .array(conditions + [ready])
        }
        var started = object
        started["status"] = .object(status)
        return started
    }
}
