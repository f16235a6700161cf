package import KubeModel

/// What KubeVirt's validating webhooks and multus refuse of an object that somebody writes, in their words, as
/// kube-apiserver passes them on (KubeVirt v1.0.1 `pkg/virt-api/webhooks/validating-webhook/admitters`).
///
/// Pure: the object as it would be, as it is, and the facts.
package enum ObjectRules {
    /// Whether the rules for a resource's objects depend on the facts.
    package static func readsFacts(of resource: Resource) -> Bool {
        resource == .virtualMachine || resource == .virtualMachineInstance
    }

    /// `old` is `nil` when the object is new; `isKubeVirt` tells KubeVirt's own components from others.
    ///
    /// Throws 422 Invalid with all causes.
    package static func check(
        _ new: JSONValue, old: JSONValue?, of resource: Resource, facts: ClusterFacts, isKubeVirt: Bool = false
    ) throws(Status) {
        // What is on its way out is not held up by rules.
        guard old == nil || !new.isBeingDeleted else { return }
        switch resource {
        case .virtualMachineInstance: try checkInstance(new, old, facts, isKubeVirt)
        case .virtualMachine:
            guard old == nil || new["spec"] != old?["spec"] else { return }
            var causes = machine(new["spec"] ?? [:]) + matchers(new["spec"] ?? [:])
            if causes.isEmpty { causes = try network(new, .virtualMachine, facts) }
            try refuse(causes, "virtualmachine-validator")
        case .virtualMachineInstanceMigration: try MigrationRules.check(new, old: old)
        case .kubeVirt:
            guard old == nil || new["spec"] != old?["spec"] else { return }
            try ConfigurationRules.check(new)
        case .networkAttachmentDefinition: try checkDefinition(new)
        default: return
        }
    }

    /// Whether a user is one of KubeVirt's components, which the webhooks tell by the name alone
    /// (`pkg/virt-api/webhooks/utils.go`).
    package static func isKubeVirt(user: String) -> Bool {
        let parts = user.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "system" && parts[1] == "serviceaccount" && parts[2] == "kubevirt"
            && ["kubevirt-apiserver", "kubevirt-handler", "kubevirt-controller"].contains(parts[3])
    }

    private static func refuse(_ causes: [Status.Cause], _ webhook: String) throws(Status) {
        guard !causes.isEmpty else { return }
        throw .denied(by: webhook, causes: causes)
    }

    /// `vmi-create-admitter.go`, `vmi-update-admitter.go`.
    private static func checkInstance(
        _ new: JSONValue, _ old: JSONValue?, _ facts: ClusterFacts, _ isKubeVirt: Bool
    ) throws(Status) {
        guard let old else {
            var causes = try network(new, .virtualMachineInstance, facts)
            if !isKubeVirt, !reservedLabels(new).isEmpty {
                causes.append(reserved("creation", field: "metadata.labels"))
            }
            return try refuse(causes, "virtualmachineinstances-create-validator")
        }
        var causes: [Status.Cause] = []
        if new["spec"] != old["spec"] {
            causes =
                isKubeVirt
                ? try network(new, .virtualMachineInstance, facts)
                : [
                    Status.Cause(
                        reason: "FieldValueNotSupported", message: "update of VMI object is restricted", field: "")
                ]
        }
        if causes.isEmpty, !isKubeVirt, reservedLabels(new) != reservedLabels(old) {
            causes.append(reserved("modification", field: ""))
        }
        try refuse(causes, "virtualmachineinstances-update-validator")
    }

    private static func reserved(_ what: String, field: String) -> Status.Cause {
        Status.Cause(
            reason: "FieldValueNotSupported",
            message: "\(what) of the following reserved kubevirt.io/ labels on a VMI object is prohibited", field: field
        )
    }

    /// Those by which KubeVirt's components find each other's objects (`restrictedVmiLabels`).
    private static func reservedLabels(_ object: JSONValue) -> [String: JSONValue] {
        var labels: [String: JSONValue] = [:]
        for label in [
            "created-by", "migrationJobUID", "nodeName", "migrationTargetNodeName", "schedulable", "install-strategy",
        ] {
            labels[label] = object[path: "metadata", "labels", "kubevirt.io/\(label)"]
        }
        return labels
    }

    private static func network(
        _ object: JSONValue, _ target: HotplugTarget, _ facts: ClusterFacts
    ) throws(Status) -> [Status.Cause] {
        let subject = HotplugSubject(
            target, namespace: object.metadataNamespace ?? "", name: object.metadataName ?? "")
        return NetworkRules(spec: try NetworkSpec(of: object, subject: subject), facts: facts).violations()
    }

    /// `vms-admitter.go`, `ValidateVirtualMachineSpec`.
    private static func machine(_ spec: JSONValue) -> [Status.Cause] {
        guard spec.present("template") != nil else {
            return [.required(at: "spec.template", "missing virtual machine template.")]
        }
        let strategy = spec.present("runStrategy")
        guard let strategy else {
            return spec.present("running") == nil
                ? [.invalidValue(at: "spec.running", "One of Running or RunStrategy must be specified")] : []
        }
        guard spec.present("running") == nil else {
            return [.invalidValue(at: "spec.running", "Running and RunStrategy are mutually exclusive")]
        }
        let text = strategy.string ?? ""
        return RunStrategy(rawValue: text) == nil
            ? [.invalidValue(at: "spec.runStrategy", "Invalid RunStrategy (\(text))")] : []
    }

    /// `vms-admitter.go`, `applyInstancetypeToVm`: instance types and preferences are kinds that are not stored here, so
    /// that none is ever found.
    private static func matchers(_ spec: JSONValue) -> [Status.Cause] {
        ["instancetype", "preference"].compactMap { what in
            guard let matcher = spec.present(what) else { return nil }
            let scope = matcher["kind"]?.string?.lowercased() == "virtualmachine\(what)" ? "" : "cluster"
            return Status.Cause(
                reason: "FieldValueNotFound",
                message: "Failure to find \(what): virtualmachine\(scope)\(what)s.instancetype.kubevirt.io "
                    + "\((matcher["name"]?.string ?? "").quoted) not found", field: "spec.\(what)")
        }
    }

    /// multus reads the configuration when a pod starts, and its admission controller when the object is written.
    private static func checkDefinition(_ new: JSONValue) throws(Status) {
        guard let config = new["spec"]?.present("config") else { return }
        let cause: Status.Cause
        if let text = config.string {
            guard !text.isEmpty, (try? JSONValue(parsing: Array(text.utf8)))?.object == nil else { return }
            cause = .invalidValue(at: "spec.config", "must be the JSON object of a CNI configuration")
        } else {
            cause = .invalidValue(at: "spec.config", "must be a string that holds a CNI configuration as JSON")
        }
        throw .invalid(
            group: Resource.networkAttachmentDefinition.group, kind: Resource.networkAttachmentDefinition.kind,
            name: new.metadataName ?? "", causes: [cause])
    }
}
