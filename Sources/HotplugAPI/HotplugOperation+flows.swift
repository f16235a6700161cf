import KubeModel

extension HotplugOperation {
    // MARK: A VMI

    /// Changes the VMI by what the cluster's cache has of it, which spares the cluster a read from its store.
    ///
    /// The write tests all that mattered of what was read. Answers `false` when it found that to be old, and when there
    /// is nothing to write or something to refuse, which takes a fresh read.
    mutating func changeInstanceByCache() async throws(Status) -> Bool {
        guard subject.target == .virtualMachineInstance, !configuration.propagation.isByKubeVirt(facts),
            let stored = await cluster.cached(
                subject.target.resource, namespace: subject.namespace, name: subject.name),
            let object = try? stored.json()
        else { return false }
        let instance = Reading(subject: subject, object: object)
        guard instance.isRunning,
            case .mutation(var patch) = try? change.decision(on: object, of: subject, facts: facts)
        else { return false }
        do throws(Status) {
            try await adviseOnDefinition()
            try adviseOnAttachment(to: instance)
        } catch {
            return false
        }
        patch.operations.insert(contentsOf: Self.runningGuards, at: 0)
        return try await writeIfPresent(Write(subject: subject, patch: patch), dryRun: options.dryRun)
    }

    /// What `Reading.isRunning` saw.
    private static let runningGuards: [JSONPatch.Operation] = [
        .test(JSONPointer(tokens: ["status", "phase"]), "Running"),
        .test(JSONPointer(tokens: ["metadata", "deletionTimestamp"]), .null),
    ]

    /// Answers `false` when a write lost a race.
    mutating func changeInstance() async throws(Status) -> Bool {
        let instance = try await read(subject)
        // Before the look for the name, as in virt-api.
        guard instance.isRunning else { throw subject.conflict("VMI is not running") }
        guard case .mutation(let patch) = try change.decision(on: instance.object, of: subject, facts: facts) else {
            return true
        }
        guard configuration.propagation.isByKubeVirt(facts) else {
            try await adviseOnDefinition()
            try adviseOnAttachment(to: instance)
            return try await write(Write(subject: subject, patch: patch), dryRun: options.dryRun)
        }
        // A VM's VMI has its name. Who may write the metadata of a VMI must not reach another VM by it.
        guard let owner = instance.owner, owner.isMachine, owner.name == subject.name else {
            throw Self.ownerless(subject)
        }
        let machine = HotplugSubject(.virtualMachine, namespace: subject.namespace, name: owner.name)
        advise(
            "KubeVirt lets nobody else write \(subject), so the change is made in the template of \(machine), from "
                + "where KubeVirt copies it: it persists over restarts")
        return try await changeMachine(machine, instance: instance)
    }

    private static func ownerless(_ subject: HotplugSubject) -> Status {
        subject.invalid([
            .invalidValue(
                at: "metadata.ownerReferences",
                "KubeVirt 1.1 and later changes the interfaces of a running VMI only through the template of the "
                    + "VirtualMachine that owns it, and no such one does; create the VMI by a VirtualMachine")
        ])
    }

    // MARK: A VM, and its VMI

    /// Changes the template and then the running VMI, whichever of them is not yet as wanted; `instance` is the VMI if
    /// it was read already.
    ///
    /// Answers `false` when a write lost a race.
    mutating func changeMachine(_ subject: HotplugSubject, instance known: Reading?) async throws(Status) -> Bool {
        let machine = try await read(subject)
        if let known, !known.belongs(to: machine) { throw Self.ownerless(known.subject) }
        let namesake = HotplugSubject(.virtualMachineInstance, namespace: subject.namespace, name: subject.name)
        var instance = known
        if instance == nil { instance = try await readIfPresent(namesake) }
        if let found = instance, !found.belongs(to: machine) { instance = nil }

        var writes: [Write] = []
        let podInterface = try podInterface(of: instance, missingIn: machine)
        let onTemplate = try change.decision(on: machine.object, of: subject, facts: facts, adopting: podInterface)
        if case .mutation(let patch) = onTemplate {
            let lost = podInterface == nil ? try lostPodInterface(of: machine) : nil
            writes.append(Write(subject: subject, patch: patch, advice: lost.map { [$0] } ?? []))
        }
        if let instance, instance.isAlive,
            case .mutation(let patch) = try change.decision(on: instance.object, of: instance.subject, facts: facts)
        {
            if configuration.propagation.isByKubeVirt(facts) {
                try adviseOnAttachment(to: instance)
            } else if instance.isRunning {
                try adviseOnAttachment(to: instance)
                writes.append(Write(subject: instance.subject, patch: patch))
            } else {
                advise(
                    "\(instance.subject) is not running yet, so only the template of \(subject) has the change; "
                        + "repeat the request once it runs")
            }
        }
        if writes.isEmpty { return true }
        try await adviseOnDefinition()
        return try await commit(writes)
    }

    /// Lets the cluster check all writes before the first is for good.
    private mutating func commit(_ writes: [Write]) async throws(Status) -> Bool {
        for text in writes.flatMap(\.advice) { advise(text) }
        if options.dryRun || writes.count > 1 {
            for write in writes where try await !writeIfPresent(write, dryRun: true) { return false }
        }
        if options.dryRun { return true }
        for write in writes where try await !writeIfPresent(write, dryRun: false) { return false }
        return true
    }

    /// A VMI that is gone has lost a race too: the next attempt finds the VM without it.
    private mutating func writeIfPresent(_ write: Write, dryRun: Bool) async throws(Status) -> Bool {
        do throws(Status) {
            return try await self.write(write, dryRun: dryRun)
        } catch {
            if error.code == 404, write.subject.target == .virtualMachineInstance { return false }
            throw error
        }
    }

    private func podInterface(of instance: Reading?, missingIn machine: Reading) throws(Status) -> PodInterface? {
        guard case .add = change, let instance else { return nil }
        return try PodInterface(
            missingIn: machine.object, of: machine.subject, attachedTo: instance.object, of: instance.subject)
    }
}

extension HotplugOperation.Reading {
    /// Whether the VMI has not come to its end and shall not.
    var isAlive: Bool { !object.hasFinalPhase && !object.isBeingDeleted }

    /// Who controls the object.
    var owner: (isMachine: Bool, name: String, uid: String?)? {
        guard let reference = object.controller, let name = reference["name"]?.string else { return nil }
        let machine = HotplugTarget.virtualMachine.resource
        let group = reference["apiVersion"]?.string?.split(separator: "/").first
        let isMachine = reference["kind"]?.string == machine.kind && group.map(String.init) == machine.group
        return (isMachine, name, reference["uid"]?.string)
    }

    /// Whether a VMI is the VM's.
    ///
    /// One of the VM's name that nobody controls counts: KubeVirt's controller adopts it.
    func belongs(to machine: HotplugOperation.Reading) -> Bool {
        guard let owner else { return true }
        guard owner.isMachine, owner.name == machine.subject.name else { return false }
        guard let ownerUID = owner.uid, let uid = machine.object.metadataUID else { return true }
        return ownerUID == uid
    }
}
