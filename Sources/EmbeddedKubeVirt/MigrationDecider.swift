import HotplugAPI
import KubeModel

/// Brings a VirtualMachineInstanceMigration forward by one step at a time, and with it the VMI's `migrationState`
/// (KubeVirt v1.0.1 `pkg/virt-controller/watch/migration.go`, `pkg/virt-handler/vm.go`).
struct MigrationDecider {
    let migration: JSONValue
    let instance: Instance?
    /// The pod that this migration has made.
    let targetPod: LauncherPod?
    /// NetworkAttachmentDefinitions that the VMI's spec names and that do not exist.
    let missingDefinitions: [NADReference]
    /// RFC 3339.
    let now: String

    private var uid: String { migration.metadataUID ?? "" }

    private var phase: MigrationPhase {
        MigrationPhase(rawValue: migration[path: "status", "phase"]?.string ?? "") ?? .unset
    }

    /// Whether the VMI has been handed to this migration.
    private func isOurs(_ instance: Instance) -> Bool { instance.migrationState?["migrationUid"]?.string == uid }

    /// Empty when all is as it should be.
    func steps() -> [Step] {
        if phase.isFinal { return ending() }
        guard let instance else { return failed("Migration failed because vmi does not exist.") }
        if instance.phase.isFinal || instance.object.isBeingDeleted {
            return failed("Migration failed vmi shutdown during migration.")
        }
        if migration.isBeingDeleted { return cancelled(instance) }
        switch phase {
        case .unset: return begun(instance)
        case .pending: return pending(instance)
        case .scheduling: return scheduling(instance)
        case .scheduled: return handedOff(instance)
        default: return moving(instance)
        }
    }

    // MARK: The target pod

    private func begun(_ instance: Instance) -> [Step] {
        if instance.isMigrating {
            return failed("VMI is not eligible for migration because another migration job is in progress.")
        }
        if let condition = instance.object.condition("LiveMigratable"), condition["status"]?.string == "False" {
            return failed(
                "Cannot migrate VMI, Reason: \(condition["reason"]?.string ?? ""), "
                    + "Message: \(condition["message"]?.string ?? "")")
        }
        return [proceed(to: .pending)]
    }

    private func pending(_ instance: Instance) -> [Step] {
        guard targetPod == nil else { return [proceed(to: .scheduling)] }
        // A VMI that starts is waited for.
        guard instance.isRunning else { return [] }
        let pod = LauncherPod(of: instance, on: Node.target(from: instance.nodeName), migration: migration)
        return [
            .create(.pod, pod.object, for: migration),
            note(.normal, "SuccessfulCreate", "Created migration target pod \(pod.name)"),
        ]
    }

    private func scheduling(_ instance: Instance) -> [Step] {
        guard var pod = targetPod else {
            return failed("Migration target pod was removed during active migration.")
        }
        if pod.isRunning { return [proceed(to: .scheduled)] }
        if pod.object.annotation(Annotation.networkStatus) != nil {
            pod.start(now: now)
            return [.replaceStatus(.pod, pod.object)]
        }
        let asked = pod.askedInterfaces
        let attachments = instance.attachments.filter { asked.contains($0.podInterfaceName) }
        let missing = attachments.compactMap(\.definition).filter(missingDefinitions.contains)
        guard missing.isEmpty else {
            return missing.map { reference in
                note(
                    .warning, "FailedCreatePodSandBox",
                    "target pod \(pod.name) waits for network-attachment-definition \"\(reference)\", which does not "
                        + "exist: create it")
            }
        }
        pod.object.setAnnotation(
            Annotation.networkStatus, LauncherPod.networkStatus(attachments, of: instance, seed: pod.name))
        return [.replace(.pod, pod.object)]
    }

    // MARK: The move

    private func handedOff(_ instance: Instance) -> [Step] {
        guard let targetPod else { return failed("Migration target pod was removed during active migration.") }
        if isOurs(instance) { return [proceed(to: .preparingTarget)] }
        if instance.isMigrating {
            return failed("VMI is not eligible for migration because another migration job is in progress.")
        }
        var next = instance.object
        next.setStatus(
            "migrationState",
            [
                "targetNode": .string(targetPod.nodeName), "targetPod": .string(targetPod.name),
                "sourceNode": .string(instance.nodeName), "sourcePod": .string(instance.podName),
                "migrationUid": .string(uid),
            ])
        next.setLabel(Label.migrationTargetNodeName, targetPod.nodeName)
        return [
            .replace(.virtualMachineInstance, next),
            note(
                .normal, "SuccessfulHandOver", "Migration target pod is ready for preparation by virt-handler."),
        ]
    }

    private func moving(_ instance: Instance) -> [Step] {
        guard isOurs(instance), let state = instance.migrationState else {
            return failed(
                "VMI's migration state was taken over by another migration job during active migration.")
        }
        if state["failed"]?.bool == true { return failed("source node reported migration failed") }
        if state["completed"]?.bool == true {
            return [
                proceed(to: .succeeded, state: state),
                note(.normal, "SuccessfulMigration", "Source node reported migration succeeded"),
            ]
        }
        guard let targetPod else { return failed("Migration target pod was removed during active migration.") }
        switch phase {
        case .preparingTarget:
            guard state["targetNodeAddress"] == nil else { return [proceed(to: .targetReady)] }
            return change(
                of: instance, ["targetNodeAddress": .string(Node.address(targetPod.nodeName))], "PreparingTarget",
                "VirtualMachineInstance Migration Target Prepared.")
        case .targetReady:
            guard state["startTimestamp"] == nil else { return [proceed(to: .running)] }
            return change(
                of: instance, ["startTimestamp": .string(now)], "Migrating", "VirtualMachineInstance is migrating.")
        default:
            return [arrival(of: instance, in: targetPod), told(targetPod)]
        }
    }

    private func change(
        of instance: Instance, _ members: JSONObject, _ reason: String, _ message: String
    ) -> [Step] {
        [
            .replace(.virtualMachineInstance, changed(instance.object, members)),
            .record(EventNote(.normal, reason, message, from: .handler, about: instance.object)),
        ]
    }

    private func changed(_ object: JSONValue, _ members: JSONObject) -> JSONValue {
        var object = object
        var state = object[path: "status", "migrationState"]?.object ?? JSONObject()
        for (name, value) in members.members { state[name] = value }
        object.setStatus("migrationState", .object(state))
        return object
    }

    /// The guest is in the target pod.
    private func arrival(of instance: Instance, in pod: LauncherPod) -> Step {
        var next = Instance(
            object: changed(
                instance.object,
                [
                    "targetNodeDomainDetected": true, "targetNodeDomainReadyTimestamp": .string(now),
                    "endTimestamp": .string(now), "completed": true,
                ]))
        next.object.setStatus("nodeName", .string(pod.nodeName))
        next.object.setStatus("activePods", [pod.object.metadataUID ?? "": .string(pod.nodeName)])
        next.object.setLabel(Label.nodeName, pod.nodeName)
        next.object.setLabel(Label.migrationTargetNodeName, nil)
        if let address = pod.address {
            let primary = instance.attachments.filter { !$0.isSecondary }.map(\.name)
            next.setInterfaceStatuses(
                instance.interfaceStatuses.map { status in
                    var status = status
                    if primary.contains(status.name) { status.setAddress(address) }
                    return status
                })
        }
        return .replace(.virtualMachineInstance, next.object)
    }

    private func told(_ pod: LauncherPod) -> Step {
        .record(
            EventNote(
                .normal, "Migrated", "The VirtualMachineInstance migrated to node \(pod.nodeName).", from: .handler,
                about: instance?.object ?? migration))
    }

    // MARK: The end

    /// A migration that is deleted before it is done is given up.
    private func cancelled(_ instance: Instance) -> [Step] {
        // Too late: the guest has moved.
        if isOurs(instance), instance.migrationState?["completed"]?.bool == true { return moving(instance) }
        if isOurs(instance), instance.isMigrating {
            var next = changed(
                instance.object, ["endTimestamp": .string(now), "failed": true, "abortStatus": "Succeeded"])
            next.setLabel(Label.migrationTargetNodeName, nil)
            return [
                .replace(.virtualMachineInstance, next),
                .record(
                    EventNote(
                        .normal, "Migrating", "VirtualMachineInstance is aborting migration.", from: .handler,
                        about: instance.object)),
            ]
        }
        return failed("Migration failed due to being canceled", isAborted: true)
    }

    private func failed(_ message: String, isAborted: Bool = false) -> [Step] {
        var steps: [Step] = []
        var state = instance.flatMap { isOurs($0) ? $0.migrationState : nil }
        if let instance, isOurs(instance), instance.isMigrating, !instance.phase.isFinal,
            !instance.object.isBeingDeleted
        {
            // The VMI stays where it is, free for another migration.
            let next = changed(instance.object, ["endTimestamp": .string(now), "failed": true])
            state = next[path: "status", "migrationState"]
            steps.append(.replace(.virtualMachineInstance, next))
        }
        var next = reached(.failed, state: state)
        if isAborted { next.setCondition("migrationAbortRequested", true, now: now) }
        return steps + [
            .replaceStatus(.virtualMachineInstanceMigration, next), note(.warning, "FailedMigration", message),
        ]
    }

    private func ending() -> [Step] {
        if phase == .failed, let targetPod, targetPod.name != instance?.podName {
            return [.delete(.pod, targetPod.object)]
        }
        if migration.hasFinalizer(Finalizer.migration) {
            var next = migration
            next.removeFinalizer(Finalizer.migration)
            return [.replace(.virtualMachineInstanceMigration, next)]
        }
        // Nothing is left of what it was about.
        return instance == nil && !migration.isBeingDeleted
            ? [.delete(.virtualMachineInstanceMigration, migration)] : []
    }

    // MARK: Pieces

    private func reached(_ phase: MigrationPhase, state: JSONValue? = nil) -> JSONValue {
        var next = migration
        next.setPhase(phase.rawValue, now: now)
        if let state { next.setStatus("migrationState", state) }
        return next
    }

    private func proceed(to phase: MigrationPhase, state: JSONValue? = nil) -> Step {
        .replaceStatus(.virtualMachineInstanceMigration, reached(phase, state: state))
    }

    private func note(_ kind: EventNote.Kind, _ reason: String, _ message: String) -> Step {
        .record(EventNote(kind, reason, message, from: .controller, about: migration))
    }
}
