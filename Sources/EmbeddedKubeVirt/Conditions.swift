import KubeModel

extension JSONValue {
    /// Sets a condition; its time of transition changes only with its status (KubeVirt v1.0.1
    /// `pkg/controller/conditions.go`).
    mutating func setCondition(
        _ type: String, _ status: Bool, reason: String = "", message: String = "", now: String
    ) {
        var conditions = self[path: "status", "conditions"]?.array ?? []
        let index = conditions.firstIndex { $0["type"]?.string == type }
        let old = index.map { conditions[$0] }
        let text = status ? "True" : "False"
        let isSameStatus = old?["status"]?.string == text
        if isSameStatus, (old?["reason"]?.string ?? "") == reason, (old?["message"]?.string ?? "") == message { return }
        var condition: JSONValue = [
            "type": .string(type), "status": .string(text), "lastProbeTime": .null,
            "lastTransitionTime": (isSameStatus ? old?["lastTransitionTime"] : nil) ?? .string(now),
        ]
        if !reason.isEmpty { condition["reason"] = .string(reason) }
        if !message.isEmpty { condition["message"] = .string(message) }
        if let index { conditions[index] = condition } else { conditions.append(condition) }
        setStatus("conditions", .array(conditions))
    }

    mutating func removeCondition(_ type: String) {
        guard condition(type) != nil, let conditions = self[path: "status", "conditions"]?.array else { return }
        setStatus("conditions", .array(conditions.filter { $0["type"]?.string != type }))
    }

    /// Sets a member of `status`; `nil` removes it.
    mutating func setStatus(_ member: String, _ value: JSONValue?) {
        var status = self["status"]?.object ?? JSONObject()
        status[member] = value
        self["status"] = .object(status)
    }

    /// Goes to a phase, and notes when.
    mutating func setPhase(_ phase: String, now: String) {
        setStatus("phase", .string(phase))
        let transitions = self[path: "status", "phaseTransitionTimestamps"]?.array ?? []
        setStatus(
            "phaseTransitionTimestamps",
            .array(transitions + [["phase": .string(phase), "phaseTransitionTimestamp": .string(now)]]))
    }

    /// Sets the member at the end of a path, and makes objects of what is on the way.
    mutating func set(_ value: JSONValue, at path: [String]) {
        guard let name = path.first else {
            self = value
            return
        }
        var member = self[name] ?? [:]
        member.set(value, at: Array(path.dropFirst()))
        self[name] = member
    }

    mutating func setLabel(_ label: String, _ value: String?) {
        setMetadata("labels", label, value)
    }

    mutating func setAnnotation(_ annotation: String, _ value: String?) {
        setMetadata("annotations", annotation, value)
    }

    func annotation(_ name: String) -> String? { self[path: "metadata", "annotations", name]?.string }

    private mutating func setMetadata(_ map: String, _ name: String, _ value: String?) {
        var metadata = self["metadata"]?.object ?? JSONObject()
        var members = metadata[map]?.object ?? JSONObject()
        members[name] = value.map { .string($0) }
        metadata[map] = members.isEmpty ? nil : .object(members)
        self["metadata"] = .object(metadata)
    }

    func hasFinalizer(_ finalizer: String) -> Bool { finalizers.contains(finalizer) }

    mutating func addFinalizer(_ finalizer: String) {
        guard !hasFinalizer(finalizer) else { return }
        setFinalizers(finalizers + [finalizer])
    }

    mutating func removeFinalizer(_ finalizer: String) { setFinalizers(finalizers.filter { $0 != finalizer }) }

    private mutating func setFinalizers(_ finalizers: [String]) {
        var metadata = self["metadata"]?.object ?? JSONObject()
        metadata["finalizers"] = finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) })
        self["metadata"] = .object(metadata)
    }

    func isControlled(by owner: JSONValue) -> Bool {
        guard let uid = owner.metadataUID else { return false }
        return controller?["uid"]?.string == uid
    }

    /// A reference to this object as the one that controls another (apimachinery `metav1.NewControllerRef`).
    func controllerReference(_ resource: Resource) -> JSONValue {
        [
            "apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind),
            "name": .string(metadataName ?? ""), "uid": .string(metadataUID ?? ""), "controller": true,
            "blockOwnerDeletion": true,
        ]
    }
}
