import KubeModel

extension HotplugOperation {
    /// Looks whether the user may get the NetworkAttachmentDefinition and whether it exists; once, however many
    /// attempts there are.
    ///
    /// Throws 403 Forbidden, or 422 Invalid, when it is not so and the check is enforced, and 503 or another 5xx when the
    /// check is enforced and cannot be made.
    mutating func adviseOnDefinition() async throws(Status) {
        guard case .add(let options) = change else { return }
        let known: [String]
        if let nadAdvice {
            known = nadAdvice
        } else {
            let reference = NADReference(options.networkAttachmentDefinitionName, in: subject.namespace)
            // In this order: who may not get it does not learn whether it exists.
            known = [try await forbiddenDefinition(reference), try await missingDefinition(reference)].compactMap(
                \.self)
            nadAdvice = known
        }
        for text in known { advise(text) }
    }

    /// Who may change a VM of a namespace may use what is in that namespace.
    private func forbiddenDefinition(_ reference: NADReference) async throws(Status) -> String? {
        guard configuration.nadAccess != .off, let caller, reference.namespace != subject.namespace else { return nil }
        let isEnforced = configuration.nadAccess == .enforce
        let refusal: Status?
        do throws(Status) {
            refusal = try await caller.refusal(
                toGet: .networkAttachmentDefinition, namespace: reference.namespace, name: reference.name)
        } catch {
            if isEnforced { throw error }
            return "cannot tell whether you may get network-attachment-definition \"\(reference)\": \(error.message)"
        }
        guard let refusal else { return nil }
        if isEnforced { throw refusal }
        return refusal.message
    }

    private func missingDefinition(_ reference: NADReference) async throws(Status) -> String? {
        guard configuration.nadCheck != .off else { return nil }
        do throws(Status) {
            try await cluster.checkExistence(
                of: .networkAttachmentDefinition, namespace: reference.namespace, name: reference.name)
            return nil
        } catch {
            let isMissing = error.code == 404
            let finding =
                isMissing
                ? "network-attachment-definition \"\(reference)\" does not exist"
                : "cannot tell whether network-attachment-definition \"\(reference)\" exists: \(error.message)"
            switch configuration.nadCheck {
            case .enforce where isMissing:
                throw subject.invalid([
                    Status.Cause(
                        reason: "FieldValueNotFound", message: "Not found: \(finding); create it first",
                        field: "networkAttachmentDefinitionName")
                ])
            case .enforce: throw Self.failure(finding, because: error)
            case .off, .warn:
                return isMissing
                    ? "\(finding): interface \(change.name.quoted) stays unattached until it does" : finding
            }
        }
    }

    /// What may keep a change of a VMI from reaching its guest now.
    mutating func adviseOnAttachment(to instance: Reading) throws(Status) {
        if case .add = change,
            let slots = try PCISlots(instance: instance.object, facts: facts).advice(for: instance.subject)
        {
            advise(slots)
        }
        let waitsForMigration =
            switch change {
            // Where pods get nothing while they run, what the guest has can still be taken from it.
            case .remove where configuration.attachmentNeedsMigration: false
            default: configuration.attachmentNeedsMigration || instance.object.hasTrueCondition("MigrationRequired")
            }
        if waitsForMigration {
            advise(
                "the change of interface \(change.name.quoted) reaches the guest once \(instance.subject) has migrated")
        }
    }

    /// KubeVirt attaches the pod network only to a VMI whose template lists no interface.
    func lostPodInterface(of machine: Reading) throws(Status) -> String? {
        guard case .add = change, try PodInterface.isImplicit(in: machine.object, of: machine.subject) else {
            return nil
        }
        return Self.lostPodInterface(of: machine.subject, change.name)
    }

    static func lostPodInterface(of machine: HotplugSubject, _ name: String) -> String {
        "the template of \(machine) listed no interfaces; from its next start it has \(name.quoted) only and not the "
            + "pod network, which KubeVirt attaches only to a template without interfaces"
    }
}
