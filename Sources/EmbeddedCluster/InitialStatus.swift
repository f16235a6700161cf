internal import KubeModel

/// What KubeVirt's operator and controllers write into a new object, done in the write that creates it.
struct InitialStatus: Sendable {
    /// `status.observedKubeVirtVersion` of a KubeVirt object.
    let kubeVirtVersion: String
    /// RFC 3339.
    let now: String

    func added(to object: JSONValue, resource: Resource) -> JSONValue {
        var object = object
        switch resource {
        case .virtualMachineInstance: return VirtualMachineInstanceLifecycle.started(object, now: now)
        case .namespace: return NamespaceLifecycle.started(object)
        case .pod: object["status"] = ["phase": "Pending"]
        case .virtualMachine, .virtualMachineInstanceMigration:
            // Made by virt-controller; JSON patches of `/status/...` need it to be there.
            object["status"] = [:]
        case .kubeVirt:
            object["status"] = ["phase": "Deployed", "observedKubeVirtVersion": .string(kubeVirtVersion)]
        default: break
        }
        return object
    }
}
