import KubeModel

extension HotplugOperation {
    /// Looks whether the NetworkAttachmentDefinition exists; once, however many attempts there are.
    ///
    /// Throws 422 Invalid when it does not and the check is enforced, and 500 when the check is enforced and cannot
    /// be made.
    mutating func adviseOnDefinition() async throws(Status) {
        guard case .add(let options) = change, configuration.nadCheck != .off else { return }
        let known: String?
        if let nadAdvice {
            known = nadAdvice
        } else {
            known = try await missingDefinition(options)
            nadAdvice = .some(known)
        }
        if let known { advice.append(known) }
    }

    private func missingDefinition(_ options: AddInterfaceOptions) async throws(Status) -> String? {
        let reference = NADReference(options.networkAttachmentDefinitionName, in: subject.namespace)
        do throws(Status) {
            _ = try await cluster.get(
                .networkAttachmentDefinition, namespace: reference.namespace, name: reference.name)
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
            case .enforce: throw .internalError(finding)
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
            advice.append(slots)
        }
        let conditions = instance.object[path: "status", "conditions"]?.array ?? []
        let isMigrationPending = conditions.contains {
            $0["type"]?.string == "MigrationRequired" && $0["status"]?.string == "True"
        }
        let waitsForMigration =
            switch change {
            // Where pods get nothing while they run, what the guest has can still be taken from it.
            case .remove where configuration.attachmentNeedsMigration: false
            default: configuration.attachmentNeedsMigration || isMigrationPending
            }
        if waitsForMigration {
            advice.append(
                "the change of interface \(change.name.quoted) reaches the guest once \(instance.subject) has migrated")
        }
    }

    /// KubeVirt attaches the pod network only to a VMI whose template lists no interface.
    mutating func adviseOnLostPodInterface(of machine: Reading) throws(Status) {
        guard case .add = change, try PodInterface.isImplicit(in: machine.object, of: machine.subject) else { return }
        advice.append(Self.lostPodInterface(of: machine.subject, change.name))
    }

    static func lostPodInterface(of machine: HotplugSubject, _ name: String) -> String {
        "the template of \(machine) listed no interfaces; from its next start it has \(name.quoted) only and not the "
            + "pod network, which KubeVirt attaches only to a template without interfaces"
    }
}
