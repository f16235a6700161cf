import HotplugAPI
import KubeModel

/// Brings a VirtualMachine and its VMI forward by one step at a time (KubeVirt v1.0.1
/// `pkg/virt-controller/watch/vm.go`).
struct MachineDecider {
    let machine: JSONValue
    /// The VMI of the VM's name.
    let instance: Instance?
    let configuration: EmbeddedKubeVirtConfiguration
    /// RFC 3339.
    let now: String

    /// Empty when all is as it should be.
    func steps() -> [Step] {
        if machine.isBeingDeleted { return ending() }
        guard machine.hasFinalizer(Finalizer.machine) else {
            var next = machine
            next.addFinalizer(Finalizer.machine)
            return [.replace(.virtualMachine, next)]
        }
        if let instance, !isOurs(instance) {
            return instance.object.controller == nil && !instance.object.isBeingDeleted
                ? adoption(of: instance) : kept(by: instance)
        }
        return clearedTemplate() ?? notedStartFailure() ?? startedOrStopped() ?? copiedInterfaces()
            ?? status(failure: strategyFailure)
    }

    func isOurs(_ instance: Instance) -> Bool { instance.object.isControlled(by: machine) }

    /// The VMI of the VM's name that nobody controls becomes the VM's (`pkg/controller/controller_ref_manager.go`).
    private func adoption(of instance: Instance) -> [Step] {
        var next = instance.object
        let references = next[path: "metadata", "ownerReferences"]?.array ?? []
        next["metadata"]?["ownerReferences"] = .array(references + [machine.controllerReference(.virtualMachine)])
        return [.replace(.virtualMachineInstance, next)]
    }

    /// Another's VMI has the VM's name: the VM cannot start.
    private func kept(by instance: Instance) -> [Step] {
        guard wantsToStart else { return status() }
        let message =
            "\(Resource.virtualMachineInstance.plural).\(Resource.virtualMachineInstance.group) "
            + "\"\(instance.name)\" already exists"
        return status(failure: .start(message)) + [
            .record(
                EventNote(
                    .warning, "FailedCreate", "Error creating virtual machine instance: \(message)", from: .controller,
                    about: machine))
        ]
    }

    private func ending() -> [Step] {
        let isOrphaning = machine.hasFinalizer(ObjectFinalizer.orphan)
        if let instance, isOurs(instance) {
            if isOrphaning { return release(instance) }
            return instance.object.isBeingDeleted ? status() : stop(instance)
        }
        guard isOrphaning || machine.hasFinalizer(Finalizer.machine) else { return [] }
        var next = machine
        next.removeFinalizer(Finalizer.machine)
        next.removeFinalizer(ObjectFinalizer.orphan)
        return [.replace(.virtualMachine, next)]
    }

    /// The VMI stays when its VM goes: what Kubernetes' garbage collector does of it is done here too.
    private func release(_ instance: Instance) -> [Step] {
        var next = instance.object
        let references = next[path: "metadata", "ownerReferences"]?.array ?? []
        next["metadata"]?["ownerReferences"] = .array(references.filter { $0["uid"]?.string != machine.metadataUID })
        return [.replace(.virtualMachineInstance, next)]
    }

    // MARK: The run strategy

    private func startedOrStopped() -> [Step]? {
        guard let strategy = RunStrategy(of: machine) else { return nil }
        guard let instance else {
            guard wantsToStart else { return strategy == .halted && hasStartRequest ? [running()] : nil }
            return secondsToWait == 0 ? start() : nil
        }
        guard !instance.object.isBeingDeleted else { return nil }
        let isStopped =
            switch strategy {
            case .always: hasStopRequest(for: instance) || instance.phase.isFinal
            case .rerunOnFailure: hasStopRequest(for: instance) || instance.phase == .failed
            case .manual: hasStopRequest(for: instance)
            case .halted: true
            case .once: false
            }
        return isStopped ? stop(instance) : nil
    }

    /// Whether a VMI should be there when there is none.
    private var wantsToStart: Bool {
        switch RunStrategy(of: machine) {
        case .always, .rerunOnFailure, .once: true
        case .manual: hasStartRequest
        case .halted, nil: false
        }
    }

    private func start() -> [Step] {
        let template = machine[path: "spec", "template"]
        var metadata: JSONObject = [
            "name": .string(machine.metadataName ?? ""), "namespace": .string(machine.metadataNamespace ?? ""),
        ]
        for member in ["labels", "annotations"] { metadata[member] = template?[path: "metadata", member] }
        metadata["ownerReferences"] = [machine.controllerReference(.virtualMachine)]
        var spec = template?["spec"] ?? [:]
        if firstRequest?[path: "data", "paused"]?.string == "true", hasStartRequest { spec["startStrategy"] = "Paused" }
        let instance: JSONValue = [
            "apiVersion": .string(Resource.virtualMachineInstance.apiVersion),
            "kind": .string(Resource.virtualMachineInstance.kind), "metadata": .object(metadata), "spec": spec,
        ]
        return [
            .create(.virtualMachineInstance, instance, for: machine),
            note(
                "SuccessfulCreate",
                "Started the virtual machine by creating the new virtual machine instance "
                    + "\(machine.metadataName ?? "")"),
        ]
    }

    private func stop(_ instance: Instance) -> [Step] {
        [
            .delete(.virtualMachineInstance, instance.object),
            note(
                "SuccessfulDelete",
                "Stopped the virtual machine by deleting the virtual machine instance \(instance.uid)"),
        ]
    }

    /// A halted VM that is asked to start paused runs from now on.
    private func running() -> Step {
        var next = machine
        if next[path: "spec", "runStrategy"] != nil {
            next["spec"]?["runStrategy"] = .string(RunStrategy.always.rawValue)
        } else {
            next["spec"]?["running"] = true
        }
        return .replace(.virtualMachine, next)
    }

    // MARK: Requests to start and stop

    private var requests: [JSONValue] { machine[path: "status", "stateChangeRequests"]?.array ?? [] }
    private var firstRequest: JSONValue? { requests.first }
    private var hasStartRequest: Bool { firstRequest?["action"]?.string == "Start" }

    private func hasStopRequest(for instance: Instance) -> Bool {
        firstRequest?["action"]?.string == "Stop" && firstRequest?["uid"]?.string == instance.uid
    }

    /// Without the first one, if it has been done (`isTrimFirstChangeRequestNeeded`).
    var openRequests: [JSONValue] {
        let isDone =
            switch firstRequest?["action"]?.string {
            case "Stop": instance == nil || firstRequest?["uid"]?.string != instance?.uid
            case "Start": instance.map { !$0.object.isBeingDeleted } ?? false
            default: false
            }
        return isDone ? Array(requests.dropFirst()) : requests
    }

    // MARK: Interfaces

    /// Absent interfaces that the VMI has no more leave the template (`watch/network.go`,
    /// `clearDetachedInterfaces`).
    private func clearedTemplate() -> [Step]? {
        let interfaces =
            machine[path: "spec", "template", "spec", "domain"]?[path: "devices", "interfaces"]?.array ?? []
        let inInstance = (instance?.attachments ?? []).map(\.name)
        let gone = interfaces.filter { $0["state"]?.string == "absent" }.compactMap { $0["name"]?.string }
            .filter { !inInstance.contains($0) }
        guard !gone.isEmpty else { return nil }
        var next = machine
        next.removeInterfaces(gone, under: ["spec", "template"])
        return [.replace(.virtualMachine, next)]
    }

    /// What is new or absent among the template's bridged interfaces on secondary networks goes to the VMI (KubeVirt
    /// v1.1.0 `watch/vm.go`, `watch/network.go`).
    private func copiedInterfaces() -> [Step]? {
        guard configuration.copiesInterfaces, let instance, instance.isRunning, !instance.object.isBeingDeleted,
            let spec = machine[path: "spec", "template", "spec"]
        else { return nil }
        let template = Instance(object: ["metadata": machine["metadata"] ?? [:], "spec": spec])
        let networks = spec["networks"]?.array ?? []
        var newNetworks = instance.object[path: "spec", "networks"]?.array ?? []
        let interfaces = spec[path: "domain", "devices", "interfaces"]?.array ?? []
        var newInterfaces = instance.object[path: "spec", "domain", "devices", "interfaces"]?.array ?? []
        for attachment in template.attachments where attachment.isSecondary && attachment.isBridge {
            let isSame = { (value: JSONValue) in value["name"]?.string == attachment.name }
            if let index = newInterfaces.firstIndex(where: isSame) {
                if attachment.isAbsent { newInterfaces[index]["state"] = "absent" }
            } else if !attachment.isAbsent {
                newNetworks += networks.filter(isSame)
                newInterfaces += interfaces.filter(isSame)
            }
        }
        var next = instance.object
        next.set(.array(newNetworks), at: ["spec", "networks"])
        next.set(.array(newInterfaces), at: ["spec", "domain", "devices", "interfaces"])
        let isChanged =
            newInterfaces != instance.object[path: "spec", "domain", "devices", "interfaces"]?.array ?? []
        return isChanged ? [.replace(.virtualMachineInstance, next)] : nil
    }

    private func note(_ reason: String, _ message: String) -> Step {
        .record(EventNote(.normal, reason, message, from: .controller, about: machine))
    }
}
