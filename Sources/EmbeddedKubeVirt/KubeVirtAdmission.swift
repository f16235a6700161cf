import HotplugAPI
package import KubeModel

/// What KubeVirt's mutating webhooks and controllers write into a new object before anybody sees it (KubeVirt v1.0.1
/// `pkg/virt-api/webhooks/mutating-webhook/mutators`).
package enum KubeVirtAdmission {
    /// The object to store; `nil` for a resource that is none of KubeVirt's controllers'.
    ///
    /// `now` is RFC 3339. Throws 400 BadRequest when the configuration says that a VMI without interfaces gets one that
    /// it does not permit, and what `kubeVirts` throws.
    package static func created(
        _ object: JSONValue, _ resource: Resource, kubeVirts: () throws(Status) -> [JSONValue], now: String
    ) throws(Status) -> JSONValue? {
        var object = object
        switch resource {
        case .virtualMachineInstance:
            try addPodInterface(to: &object, kubeVirts)
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
    /// `SetVMISpecDefaultNetworkInterface`), by the binding of the configuration.
    private static func addPodInterface(
        to object: inout JSONValue, _ kubeVirts: () throws(Status) -> [JSONValue]
    ) throws(Status) {
        guard var spec = object["spec"], var domain = spec["domain"], domain.object != nil else { return }
        var devices = domain["devices"] ?? [:]
        guard (spec["networks"]?.array ?? []).isEmpty, (devices["interfaces"]?.array ?? []).isEmpty,
            devices["autoattachPodInterface"]?.bool != false
        else { return }
        let binding = try defaultBinding(ClusterFacts(kubeVirts: try kubeVirts()))
        devices["interfaces"] = [["name": "default", "\(binding)": [:]]]
        domain["devices"] = devices
        spec["domain"] = domain
        spec["networks"] = [["name": "default", "pod": [:]]]
        object["spec"] = spec
    }

    private static func defaultBinding(_ facts: ClusterFacts) throws(Status) -> String {
        let refusal =
            switch facts.defaultInterface {
            case "bridge" where !facts.permitsBridgeOnPodNetwork: "Bridge interface is not enabled in kubevirt-config"
            case "slirp" where !facts.permitsSlirp: "Slirp interface is not enabled in kubevirt-config"
            default: ""
            }
        guard refusal.isEmpty else { throw .denied(by: "virtualmachineinstances-mutator", refusal) }
        return facts.defaultInterface
    }
}
