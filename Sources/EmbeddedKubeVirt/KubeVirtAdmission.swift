package import KubeModel

/// What KubeVirt's mutating webhooks and controllers write into a new object before anybody sees it (KubeVirt v1.0.1
/// `pkg/virt-api/webhooks/mutating-webhook/mutators`).
package enum KubeVirtAdmission {
    /// The object to store; `nil` for a resource that is none of KubeVirt's controllers'.
    ///
    /// `now` is RFC 3339.
    package static func created(_ object: JSONValue, _ resource: Resource, now: String) -> JSONValue? {
        var object = object
        switch resource {
        case .virtualMachineInstance:
            addPodInterface(to: &object)
            object.addFinalizer(Finalizer.instance)
            // What the client says of the status is not so: the guest is yet to be started.
            object["status"] = nil
            var instance = Instance(object: object)
            instance.setPhase(.pending, now: now)
            return instance.object
        case .virtualMachineInstanceMigration:
            object.setLabel(Label.migrationSelector, object[path: "spec", "vmiName"]?.string)
            object.addFinalizer(Finalizer.migration)
            object["status"] = [:]
            return object
        default: return nil
        }
    }

    /// A VMI without networks and interfaces gets one on the pod network (`pkg/virt-config/virt-config.go`,
    /// `SetVMISpecDefaultNetworkInterface`), by the binding that is KubeVirt's default.
    private static func addPodInterface(to object: inout JSONValue) {
        guard var spec = object["spec"], var domain = spec["domain"], domain.object != nil else { return }
        var devices = domain["devices"] ?? [:]
        guard (spec["networks"]?.array ?? []).isEmpty, (devices["interfaces"]?.array ?? []).isEmpty,
            devices["autoattachPodInterface"]?.bool != false
        else { return }
        devices["interfaces"] = [["name": "default", "bridge": [:]]]
        domain["devices"] = devices
        spec["domain"] = domain
        spec["networks"] = [["name": "default", "pod": [:]]]
        object["spec"] = spec
    }
}
