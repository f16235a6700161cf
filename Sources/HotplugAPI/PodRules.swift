package import KubeModel

/// What kube-apiserver refuses of a pod that somebody writes, of what matters where no container runs (kubernetes
/// `pkg/apis/core/validation/validation.go`, v1.33).
///
/// A spec that stays as it is, is not looked at again: a pod of an older version could not be changed any more.
package enum PodRules {
    private static let lists = ["containers", "initContainers"]

    /// The values of fields that have few; to Go an empty text is none, and has become the default before.
    private static let specValues: [(field: String, values: [String])] = [
        ("restartPolicy", ["Always", "OnFailure", "Never"]),
        ("dnsPolicy", ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
    ]
    private static let containerValues: [(field: String, values: [String])] = [
        ("terminationMessagePolicy", ["FallbackToLogsOnError", "File"]),
        ("imagePullPolicy", ["Always", "IfNotPresent", "Never"]),
    ]
    private static let portValues: [(field: String, values: [String])] = [("protocol", ["SCTP", "TCP", "UDP"])]

    /// `old` is `nil` when the pod is new; its fields have the types that they are to have.
    ///
    /// Throws 422 Invalid with the causes.
    package static func check(_ new: JSONValue, old: JSONValue?) throws(Status) {
        guard old == nil || new["spec"] != old?["spec"] else { return }
        let spec = new["spec"] ?? [:]
        var causes = specCauses(spec)
        if let old { causes += PodUpdate(from: old["spec"] ?? [:], to: spec).causes() }
        guard !causes.isEmpty else { return }
        throw .invalid(
            group: Resource.pod.group, kind: Resource.pod.kind, name: new.metadataName ?? "",
            causes: Array(causes.prefix(HotplugLimits.podCauses)))
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
                causes += unsupported(container, containerValues, at: field)
                for (index, port) in (container["ports"]?.array ?? []).enumerated() {
                    causes += portCauses(port, at: "\(field).ports[\(index)]")
                }
            }
        }
        return causes + unsupported(spec, specValues, at: "spec")
    }

    private static func unsupported(
        _ object: JSONValue, _ fields: [(field: String, values: [String])], at place: String
    ) -> [Status.Cause] {
        fields.compactMap { field, values in
            let value = object[field]?.string ?? ""
            guard !value.isEmpty, !values.contains(value) else { return nil }
            return Status.Cause(
                reason: "FieldValueNotSupported",
                message: "Unsupported value: \(value.quoted): supported values: "
                    + values.map(\.quoted).joined(separator: ", "), field: "\(place).\(field)")
        }
    }

    /// `validateContainerPorts`: to Go a number that is not there is 0.
    private static func portCauses(_ port: JSONValue, at place: String) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        if (port["containerPort"]?.int ?? 0) == 0 {
            causes.append(.required(at: "\(place).containerPort", "Required value"))
        }
        for field in ["containerPort", "hostPort"] {
            let number = port[field]?.int ?? 0
            guard number != 0, !(1...65535).contains(number) else { continue }
            causes.append(
                .invalidValue(
                    at: "\(place).\(field)", "Invalid value: \(number): must be between 1 and 65535, inclusive"))
        }
        return causes + unsupported(port, portValues, at: place)
    }
}

extension Status.Cause {
    static func forbidden(at field: String, _ message: String) -> Status.Cause {
        Status.Cause(reason: "FieldValueForbidden", message: "Forbidden: \(message)", field: field)
    }
}
