import KubeModel

/// A change of a pod's spec, of which little may change (kubernetes `pkg/apis/core/validation/validation.go`,
/// `ValidatePodUpdate`).
struct PodUpdate {
    private static let updatable = [
        "`spec.containers[*].image`", "`spec.initContainers[*].image`", "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    ]
    private static let lists = ["containers", "initContainers"]

    private let old: JSONValue
    private let new: JSONValue

    /// With kube-apiserver's defaults and without them a pod is the same.
    init(from old: JSONValue, to new: JSONValue) {
        self.old = PodDefaults.filled(old)
        self.new = PodDefaults.filled(new)
    }

    func causes() -> [Status.Cause] {
        var causes: [Status.Cause] = []
        for list in Self.lists {
            guard containers(list, of: new).count == containers(list, of: old).count else {
                return [.forbidden(at: "spec.\(list)", "pod updates may not add or remove containers")]
            }
            causes += imageCauses(list)
        }
        causes += deadlineCauses() + tolerationCauses() + gateCauses()
        let changed = changedFields()
        guard !changed.isEmpty else { return causes }
        // Go shows a diff of its structures here.
        let told = changed.prefix(HotplugLimits.reportedFields).joined(separator: ", ")
        causes.append(
            .forbidden(
                at: "spec",
                "pod updates may not change fields other than \(Self.updatable.joined(separator: ","))\n"
                    + "changed: \(told)\(changed.count > HotplugLimits.reportedFields ? ", …" : "")"))
        return causes
    }

    private func containers(_ list: String, of spec: JSONValue) -> [JSONValue] { spec[list]?.array ?? [] }

    private func imageCauses(_ list: String) -> [Status.Cause] {
        containers(list, of: new).enumerated().compactMap { index, container in
            let image = container["image"]?.string ?? ""
            guard image.first?.isWhitespace == true || image.last?.isWhitespace == true else { return nil }
            return .invalidValue(
                at: "spec.\(list)[\(index)].image",
                "Invalid value: \(image.quoted): must not have leading or trailing whitespace")
        }
    }

    private func deadlineCauses() -> [Status.Cause] {
        let field = "spec.activeDeadlineSeconds"
        let before = old[deadline]?.int
        guard let seconds = new[deadline]?.int else {
            return before == nil
                ? []
                : [
                    .invalidValue(
                        at: field, "Invalid value: null: must not update from a positive integer to nil value")
                ]
        }
        guard (0...Int(Int32.max)).contains(seconds) else {
            return [
                .invalidValue(
                    at: field, "Invalid value: \(seconds): must be between 0 and \(Int32.max), inclusive")
            ]
        }
        guard let before, seconds > before else { return [] }
        return [
            .invalidValue(
                at: field, "Invalid value: \(seconds): must be less than or equal to previous value")
        ]
    }

    private func tolerationCauses() -> [Status.Cause] {
        let kept = Set((new["tolerations"]?.array ?? []).map(Self.toleration))
        guard !(old["tolerations"]?.array ?? []).allSatisfy({ kept.contains(Self.toleration($0)) }) else { return [] }
        return [
            .forbidden(
                at: "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
        ]
    }

    private static func toleration(_ value: JSONValue) -> [String] {
        ["key", "operator", "value", "effect"].map { value[$0]?.string ?? "" }
    }

    private func gateCauses() -> [Status.Cause] {
        func names(_ spec: JSONValue) -> [String] {
            (spec["schedulingGates"]?.array ?? []).map { $0["name"]?.string ?? "" }
        }
        let known = Set(names(old))
        guard let added = names(new).first(where: { !known.contains($0) }) else { return [] }
        return [
            .forbidden(
                at: "spec.schedulingGates",
                "only deletion is allowed, but found new scheduling gate \(added.quoted)")
        ]
    }

    // MARK: What may not change

    private let deadline = "activeDeadlineSeconds"

    /// The fields that are different and may not be: members of the spec, and of its containers.
    private func changedFields() -> [String] {
        var free = Set(Self.lists + [deadline, "tolerations", "schedulingGates"])
        let grace = "terminationGracePeriodSeconds"
        if let before = old[grace]?.int, before < 0, new[grace]?.int == 1 { free.insert(grace) }
        var changed = Self.differences(old, new)
            .filter { !free.contains($0) }.map { "spec.\($0)" }
        for list in Self.lists {
            for (index, pair) in zip(containers(list, of: old), containers(list, of: new)).enumerated() {
                changed += Self.differences(pair.0, pair.1)
                    .filter { $0 != "image" }.map { "spec.\(list)[\(index)].\($0)" }
            }
        }
        return changed
    }

    /// Names of members that are not the same in both, in order.
    private static func differences(_ left: JSONValue, _ right: JSONValue) -> [String] {
        func members(_ value: JSONValue) -> [String: JSONValue] {
            var members: [String: JSONValue] = [:]
            for member in value.object?.members ?? [] {
                let value = withoutVoids(member.value)
                if !isVoid(value) { members[member.name] = value }
            }
            return members
        }
        let old = members(left)
        let new = members(right)
        return Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
    }

    /// To Go, null and an empty list are as nothing.
    private static func isVoid(_ value: JSONValue) -> Bool { value.isNull || value.array?.isEmpty == true }

    private static func withoutVoids(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(withoutVoids))
        case .object(let object):
            let members = object.members.map { ($0.name, withoutVoids($0.value)) }
            return .object(JSONObject(uniqueMembers: members.filter { !isVoid($0.1) }))
        default: return value
        }
    }
}
