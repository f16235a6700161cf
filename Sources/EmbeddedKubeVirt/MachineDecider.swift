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
            return instance.object.controller == nil && !instance.object.isBeingDeleted ? adoption(of: instance) : []
        }
        return clearedTemplate() ?? startedOrStopped() ?? copiedInterfaces() ?? status()
    }

    private func isOurs(_ instance: Instance) -> Bool { instance.object.isControlled(by: machine) }

    /// The VMI of the VM's name that nobody controls becomes the VM's (`pkg/controller/controller_ref_manager.go`).
    private func adoption(of instance: Instance) -> [Step] {
        var next = instance.object
        let references = next[path: "metadata", "ownerReferences"]?.array ?? []
        next["metadata"]?["ownerReferences"] = .array(references + [machine.controllerReference(.virtualMachine)])
        return [.replace(.virtualMachineInstance, next)]
    }

    private func ending() -> [Step] {
        if let instance, isOurs(instance) {
            return instance.object.isBeingDeleted ? status() : stop(instance)
        }
        guard machine.hasFinalizer(Finalizer.machine) else { return [] }
        var next = machine
        next.removeFinalizer(Finalizer.machine)
        return [.replace(.virtualMachine, next)]
    }

    // MARK: The run strategy

    private func startedOrStopped() -> [Step]? {
        guard let strategy = RunStrategy(of: machine) else { return nil }
        guard let instance else {
            switch strategy {
            case .always, .rerunOnFailure, .once: return start()
            case .manual: return hasStartRequest ? start() : nil
            case .halted: return hasStartRequest ? [running()] : nil
            }
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
    private var openRequests: [JSONValue] {
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

    // MARK: Status

    private func status() -> [Step] {
        var next = machine
        next.setStatus("created", instance == nil ? nil : true)
        next.setStatus("ready", instance?.object.hasTrueCondition("Ready") == true ? true : nil)
        setConditions(&next)
        next.setStatus("printableStatus", .string(printableStatus))
        let open = openRequests
        next.setStatus("stateChangeRequests", open.isEmpty ? nil : .array(open))
        return next == machine ? [] : [.replaceStatus(.virtualMachine, next)]
    }

    private func setConditions(_ next: inout JSONValue) {
        guard let instance else {
            next.setCondition("Ready", false, reason: "VMINotExists", message: "VMI does not exist", now: now)
            return
        }
        let others = (instance.object[path: "status", "conditions"]?.array ?? []).filter {
            $0["type"]?.string != "Ready"
        }
        if let ready = instance.object.condition("Ready") {
            next.setStatus("conditions", .array([ready] + others))
        } else {
            next.setStatus("conditions", .array((next.condition("Ready").map { [$0] } ?? []) + others))
            next.setCondition(
                "Ready", false, reason: "VMIConditionMissing", message: "VMI is missing the Ready condition", now: now)
        }
    }

    private var printableStatus: String {
        if machine.isBeingDeleted { return "Terminating" }
        guard let instance, !instance.phase.isFinal else { return "Stopped" }
        if instance.object.isBeingDeleted { return "Stopping" }
        let state = instance.migrationState
        if state?["startTimestamp"] != nil, state?["endTimestamp"] == nil { return "Migrating" }
        switch instance.phase {
        case .running: return instance.object.hasTrueCondition("Paused") ? "Paused" : "Running"
        case .unknown: return "Unknown"
        default: return "Starting"
        }
    }

    private func note(_ reason: String, _ message: String) -> Step {
        .record(EventNote(.normal, reason, message, from: .controller, about: machine))
    }
}
