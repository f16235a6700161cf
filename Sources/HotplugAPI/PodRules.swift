package import KubeModel

/// What kube-apiserver refuses of a pod that somebody writes, of what matters where no container runs (kubernetes
/// `pkg/apis/core/validation/validation.go`, v1.33).
///
/// A spec that stays as it is, is not looked at again: a pod of an older version could not be changed any more.
package enum PodRules {
    private static let lists = ["containers", "initContainers"]
    private static let restartPolicies = ["Always", "OnFailure", "Never"]

    /// `old` is `nil` when the pod is new.
    ///
    /// Throws 422 Invalid with the causes, and 400 BadRequest where Go's decoder would fail.
    package static func check(_ new: JSONValue, old: JSONValue?) throws(Status) {
        guard old == nil || new["spec"] != old?["spec"] else { return }
        try checkTypes(new)
        let spec = new["spec"] ?? [:]
        var causes = specCauses(spec)
        if let old { causes += PodUpdate(from: old["spec"] ?? [:], to: spec).causes() }
        guard !causes.isEmpty else { return }
        throw .invalid(
            group: Resource.pod.group, kind: Resource.pod.kind, name: new.metadataName ?? "",
            causes: Array(causes.prefix(HotplugLimits.podCauses)))
    }

    private static func checkTypes(_ pod: JSONValue) throws(Status) {
        guard let spec = pod.present("spec") else { return }
        guard spec.object != nil else { throw .badRequest("spec must be an object") }
        if let policy = spec.present("restartPolicy"), policy.string == nil {
            throw .badRequest("spec.restartPolicy must be a string")
        }
        if let seconds = spec.present("activeDeadlineSeconds"), seconds.int == nil {
            throw .badRequest("spec.activeDeadlineSeconds must be an integer")
        }
        for list in lists {
            guard let value = spec.present(list) else { continue }
            guard let containers = value.array else { throw .badRequest("spec.\(list) must be an array of objects") }
            for (index, container) in containers.enumerated() {
                guard container.object != nil else { throw .badRequest("spec.\(list)[\(index)] must be an object") }
                for member in ["name", "image"] {
                    if let text = container.present(member), text.string == nil {
                        throw .badRequest("spec.\(list)[\(index)].\(member) must be a string")
                    }
                }
            }
        }
    }

    /// `ValidatePodSpec`.
    private static func specCauses(_ spec: JSONValue) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        if (spec["containers"]?.array ?? []).isEmpty {
            causes.append(.required(at: "spec.containers", "Required value"))
        }
        var names: Set<String> = []
        for list in lists {
            for (index, container) in (spec[list]?.array ?? []).enumerated() {
                guard causes.count < HotplugLimits.podCauses else { return causes }
                let field = "spec.\(list)[\(index)]"
                let name = container["name"]?.string ?? ""
                if name.isEmpty {
                    causes.append(.required(at: "\(field).name", "Required value"))
                } else {
                    causes += DNS1123.labelErrors(name).map { detail in
                        .invalidValue(at: "\(field).name", "Invalid value: \(name.quoted): \(detail)")
                    }
                    if !names.insert(name).inserted {
                        causes.append(.duplicate(at: "\(field).name", "Duplicate value: \(name.quoted)"))
                    }
                }
                if (container["image"]?.string ?? "").isEmpty {
                    causes.append(.required(at: "\(field).image", "Required value"))
                }
            }
        }
        let policy = spec["restartPolicy"]?.string ?? ""
        if !policy.isEmpty, !restartPolicies.contains(policy) {
            causes.append(
                Status.Cause(
                    reason: "FieldValueNotSupported",
                    message: "Unsupported value: \(policy.quoted): supported values: "
                        + restartPolicies.map(\.quoted).joined(separator: ", "), field: "spec.restartPolicy"))
        }
        return causes
    }
}

extension Status.Cause {
    static func forbidden(at field: String, _ message: String) -> Status.Cause {
        Status.Cause(reason: "FieldValueForbidden", message: "Forbidden: \(message)", field: field)
    }
}
