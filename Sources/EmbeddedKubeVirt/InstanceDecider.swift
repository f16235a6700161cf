import HotplugAPI
import KubeModel

/// Brings a VMI forward by one step at a time: virt-controller, the kubelet, Multus and virt-handler in one
/// (KubeVirt v1.0.1 `pkg/virt-controller/watch/vmi.go`, `pkg/virt-handler/vm.go`).
struct InstanceDecider {
    let instance: Instance
    /// The launcher pod that the guest is in, or will be.
    let pod: LauncherPod?
    /// One that a migration left behind.
    let leftPod: LauncherPod?
    /// The pod that a migration under way goes to.
    let targetPod: LauncherPod?
    /// NetworkAttachmentDefinitions that the spec names and that do not exist.
    let missingDefinitions: [NADReference]
    let configuration: EmbeddedKubeVirtConfiguration
    /// RFC 3339.
    let now: String

    /// Empty when all is as it should be.
    func steps() -> [Step] {
        if instance.object.isBeingDeleted { return ending() }
        switch instance.phase {
        case .unset, .pending: return pending()
        case .scheduling: return scheduling()
        case .scheduled: return scheduled()
        case .running: return running()
        case .succeeded, .failed, .unknown: return []
        }
    }

    // MARK: To its start

    private func pending() -> [Step] {
        if let pod {
            var next = instance
            next.object.removeCondition("Synchronized")
            next.object.setStatus("activePods", [pod.object.metadataUID ?? "": .string(pod.nodeName)])
            next.object.setStatus("qosClass", "Burstable")
            setNotReady(&next, reason: "GuestNotRunning", "Guest VM is not reported as running")
            next.setPhase(.scheduling, now: now)
            return [replace(next)]
        }
        if let reference = missingDefinitions.first { return unrenderable(reference) }
        let new = LauncherPod(of: instance, on: Node.first)
        return [
            .create(.pod, new.object, for: instance.object),
            note(.normal, "SuccessfulCreate", "Created virtual machine pod \(new.name)"),
        ]
    }

    /// The words of KubeVirt v1.0.1 `renderresources.go` and `vmi.go`; it is tried again when the definition appears.
    private func unrenderable(_ reference: NADReference) -> [Step] {
        let message =
            "failed to render launch manifest: Failed to locate network attachment definition \(reference)"
        var next = instance
        next.object.setCondition("Synchronized", false, reason: "FailedCreate", message: message, now: now)
        setNotReady(&next, reason: "PodNotExists", "virt-launcher pod has not yet been scheduled")
        let warning = note(.warning, "FailedCreate", message)
        return next.object == instance.object ? [warning] : [replace(next), warning]
    }

    private func scheduling() -> [Step] {
        guard var pod else { return [replace(ended(as: .failed))] }
        if !pod.isRunning {
            if pod.object.annotation(Annotation.networkStatus) == nil {
                pod.object.setAnnotation(
                    Annotation.networkStatus,
                    LauncherPod.networkStatus(
                        instance.attachments.filter { !$0.isAbsent }, of: instance, seed: pod.name))
                return [.replace(.pod, pod.object)]
            }
            pod.start(now: now)
            return [.replaceStatus(.pod, pod.object)]
        }
        var next = instance
        next.object.setStatus("nodeName", .string(pod.nodeName))
        next.object.setStatus("migrationTransport", "Unix")
        next.object.setLabel(Label.nodeName, pod.nodeName)
        next.setPhase(.scheduled, now: now)
        return [replace(next)]
    }

    private func scheduled() -> [Step] {
        guard let pod else { return [replace(ended(as: .failed))] }
        var next = instance
        let present = instance.attachments.filter { !$0.isAbsent }
        let statuses = present.filter { !$0.isSecondary } + present.filter(\.isSecondary)
        next.setInterfaceStatuses(
            statuses.map { attachment in
                var status = InterfaceStatus(of: attachment)
                status.plug(attachment, into: instance)
                if attachment.isSecondary {
                    status.setInfoSource(.multusStatus, true)
                } else if let address = pod.address {
                    status.setAddress(address)
                }
                return status
            })
        let slots = PCISlots(of: instance.object).interfaceSlots(reserved: configuration.reservedPorts)
        next.object.setAnnotation(PCISlots.interfaceSlotsAnnotation, slots.map(String.init))
        next.object.setStatus("guestOSInfo", [:])
        setMigratable(&next)
        if instance.object[path: "spec", "startStrategy"]?.string == "Paused" {
            next.object.setCondition(
                "Paused", true, reason: "PausedByUser", message: "VMI was paused by user", now: now)
        }
        next.object.setCondition("Ready", true, now: now)
        next.setPhase(.running, now: now)
        return [
            replace(next), note(.normal, "Created", "VirtualMachineInstance defined.", from: .handler),
            note(.normal, "Started", "VirtualMachineInstance started.", from: .handler),
        ]
    }

    /// KubeVirt v1.0.1 `pkg/virt-handler/vm.go` `checkNetworkInterfacesForMigration`.
    private func setMigratable(_ next: inout Instance) {
        let attachments = instance.attachments
        let isBridgeAllowed = instance.object.annotation(Annotation.allowPodBridgeNetworkLiveMigration) != nil
        let isMigratable =
            attachments.isEmpty
            || attachments.contains { $0.source == .pod && ($0.isMasquerade || isBridgeAllowed && $0.isBridge) }
        next.object.setCondition(
            "LiveMigratable", isMigratable, reason: isMigratable ? "" : "InterfaceNotLiveMigratable",
            message: isMigratable
                ? ""
                : "cannot migrate VMI which does not use masquerade to connect to the pod network or bridge with "
                    + "\(Annotation.allowPodBridgeNetworkLiveMigration) VM annotation", now: now)
    }

    // MARK: To its end

    private func ending() -> [Step] {
        if !instance.phase.isFinal {
            let hasStarted = instance.phase == .running || instance.phase == .scheduled
            let end = replace(ended(as: hasStarted ? .succeeded : .failed))
            guard hasStarted else { return [end] }
            return [end, note(.normal, "Stopped", "The VirtualMachineInstance was shut down.", from: .handler)]
        }
        let pods = [pod, leftPod, targetPod].compactMap(\.self)
        guard pods.isEmpty else { return pods.flatMap(deletion) }
        guard instance.object.hasFinalizer(Finalizer.instance) else { return [] }
        var next = instance
        next.object.removeFinalizer(Finalizer.instance)
        return [replace(next)]
    }

    func deletion(of pod: LauncherPod) -> [Step] {
        [
            .delete(.pod, pod.object),
            note(.normal, "SuccessfulDelete", "Deleted virtual machine pod \(pod.name)"),
        ]
    }

    func ended(as phase: InstancePhase) -> Instance {
        var next = instance
        if pod == nil {
            setNotReady(&next, reason: "PodNotExists", "virt-launcher pod has not yet been scheduled")
        } else {
            setNotReady(&next, reason: "PodTerminating", "virt-launcher pod is terminating")
        }
        next.setPhase(phase, now: now)
        return next
    }

    // MARK: Pieces

    private func setNotReady(_ next: inout Instance, reason: String, _ message: String) {
        next.object.setCondition("Ready", false, reason: reason, message: message, now: now)
    }

    func replace(_ next: Instance) -> Step { .replace(.virtualMachineInstance, next.object) }

    func note(
        _ kind: EventNote.Kind, _ reason: String, _ message: String, from source: EventNote.Source = .controller
    ) -> Step {
        .record(EventNote(kind, reason, message, from: source, about: instance.object))
    }
}
