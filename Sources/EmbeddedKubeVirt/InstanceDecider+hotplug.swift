import HotplugAPI
import KubeModel

/// Interfaces that come and go while the guest runs (KubeVirt v1.0.1 `pkg/virt-controller/watch/network.go`,
/// `pkg/virt-launcher/virtwrap/nichotplug.go`).
extension InstanceDecider {
    func running() -> [Step] {
        guard let pod else {
            return [
                replace(ended(as: .succeeded)),
                note(.normal, "Stopped", "The VirtualMachineInstance was shut down.", from: .handler),
            ]
        }
        if let leftPod { return deletion(of: leftPod) }
        return unplugged() ?? asked(of: pod) ?? attached(by: pod) ?? listed(from: pod) ?? plugged() ?? told(of: pod)
    }

    // MARK: One step each

    /// The guest gives up interfaces that shall be absent, or that the spec has no more.
    private func unplugged() -> [Step]? {
        let attachments = instance.attachments
        var statuses = instance.interfaceStatuses
        for index in statuses.indices where statuses[index].isInGuest {
            let attachment = attachments.first { $0.name == statuses[index].name }
            if attachment?.isAbsent ?? true { statuses[index].unplug() }
        }
        return replacement(statuses)
    }

    /// virt-controller asks Multus for what the spec has.
    private func asked(of pod: LauncherPod) -> [Step]? {
        let inGuest = Set(instance.interfaceStatuses.filter(\.isInGuest).map(\.name))
        let wanted = instance.attachments.filter { !$0.isAbsent || inGuest.contains($0.name) }
        let names = Set(wanted.filter(\.isSecondary).map(\.podInterfaceName))
        guard names != pod.askedInterfaces else { return nil }
        var next = pod
        next.object.setAnnotation(Annotation.networks, LauncherPod.networks(wanted, of: instance))
        return [.replace(.pod, next.object)]
    }

    /// Multus attaches and detaches, if it does that to pods that run.
    private func attached(by pod: LauncherPod) -> [Step]? {
        guard configuration.multus == .dynamic else { return nil }
        let asked = pod.askedInterfaces
        let attached = pod.attachedInterfaces
        let wanted = instance.attachments.filter { attachment in
            guard let definition = attachment.definition, asked.contains(attachment.podInterfaceName) else {
                return false
            }
            return attached.contains(attachment.podInterfaceName) || !missingDefinitions.contains(definition)
        }
        guard Set(wanted.map(\.podInterfaceName)) != attached else { return nil }
        var next = pod
        next.object.setAnnotation(
            Annotation.networkStatus, LauncherPod.networkStatus(wanted, of: instance, seed: pod.name))
        return [.replace(.pod, next.object)]
    }

    /// virt-controller lists what the pod has, and clears from the spec what has gone for good.
    private func listed(from pod: LauncherPod) -> [Step]? {
        let attached = pod.attachedInterfaces
        let attachments = instance.attachments
        var statuses = instance.interfaceStatuses
        for attachment in attachments where attachment.isSecondary {
            let isAttached = attached.contains(attachment.podInterfaceName)
            if let index = statuses.firstIndex(where: { $0.name == attachment.name }) {
                statuses[index].setInfoSource(.multusStatus, isAttached)
            } else if isAttached, !attachment.isAbsent {
                var status = InterfaceStatus(of: attachment)
                status.setInfoSource(.multusStatus, true)
                statuses.append(status)
            }
        }
        statuses.removeAll { $0.infoSources.isEmpty || !attachments.map(\.name).contains($0.name) }
        let known = Set(statuses.map(\.name))
        let gone = attachments.filter { $0.isAbsent && !known.contains($0.name) }.map(\.name)
        var next = instance
        next.setInterfaceStatuses(statuses)
        next.object.removeInterfaces(gone, under: [])
        return gone.isEmpty && !isChange(statuses) ? nil : [replace(next)]
    }

    /// virt-handler plugs what the pod has into the guest, as long as there are PCI slots.
    private func plugged() -> [Step]? {
        let slotted = placed().slotted
        var statuses = instance.interfaceStatuses
        for index in statuses.indices where !statuses[index].isInGuest {
            guard let attachment = slotted[statuses[index].name] else { continue }
            statuses[index].plug(attachment, into: instance)
        }
        return replacement(statuses)
    }

    /// Nothing is left to do: says what waits, and for what.
    private func told(of pod: LauncherPod) -> [Step] {
        let known = instance.interfaceStatuses
        let names = Set(known.map(\.name))
        let waiting = instance.attachments.filter { $0.isSecondary && !$0.isAbsent && !names.contains($0.name) }
        let leaving = instance.attachments.filter { $0.isSecondary && $0.isAbsent && names.contains($0.name) }
        var next = instance
        var notes: [Step] = []
        if configuration.multus == .none, let message = migrationNeeded(coming: waiting, leaving: leaving) {
            next.object.setCondition(
                "MigrationRequired", true, reason: "InterfaceNotAttached", message: message, now: now)
            notes.append(note(.normal, "MigrationRequired", message))
        } else {
            next.object.removeCondition("MigrationRequired")
        }
        let obstacles = missing(among: waiting) + unslotted(among: known)
        // The condition stays when the events have gone.
        if let first = obstacles.first {
            next.object.setCondition(
                "Synchronized", false, reason: first.condition,
                message: Self.summary(obstacles.map(\.message)), now: now)
        } else {
            next.object.removeCondition("Synchronized")
        }
        notes += obstacles.map { note(.warning, $0.event, $0.message, from: $0.source) }
        return next.object == instance.object ? notes : [replace(next)] + notes
    }

    /// What only a migration does where Multus lets pods that run alone; `nil` when that is nothing.
    private func migrationNeeded(coming: [Attachment], leaving: [Attachment]) -> String? {
        func names(_ attachments: [Attachment]) -> String {
            attachments.map { "\"\($0.name)\"" }.joined(separator: ", ")
        }
        var clauses: [String] = []
        if !coming.isEmpty {
            clauses.append(
                "interface \(names(coming)) waits for a migration: Multus attaches nothing to a pod that runs")
        }
        if !leaving.isEmpty {
            clauses.append(
                "interface \(names(leaving)) stays in the pod until a migration: Multus detaches nothing from a pod that "
                    + "runs")
        }
        guard !clauses.isEmpty else { return nil }
        clauses.append(
            instance.object.hasTrueCondition("LiveMigratable")
                ? "create a VirtualMachineInstanceMigration with vmiName \(instance.name)"
                : "this VirtualMachineInstance cannot migrate, so that only a restart helps")
        return clauses.joined(separator: "; ")
    }

    /// Why an interface is not as the spec says.
    private struct Obstacle {
        let event: String
        let condition: String
        let message: String
        let source: EventNote.Source
    }

    private func missing(among waiting: [Attachment]) -> [Obstacle] {
        waiting.compactMap { attachment in
            guard let definition = attachment.definition, missingDefinitions.contains(definition) else { return nil }
            return Obstacle(
                event: "FailedAttachInterface", condition: "FailedAttachInterface",
                message: "interface \"\(attachment.name)\" waits for network-attachment-definition "
                    + "\"\(definition)\", which does not exist: create it", source: .controller)
        }
    }

    /// Interfaces of the pod for which the guest has no slot: libvirt's text (`src/conf/domain_addr.c`), and the
    /// condition of KubeVirt v1.0.1 `pkg/virt-handler/vm.go`.
    private func unslotted(among known: [InterfaceStatus]) -> [Obstacle] {
        let unslotted = placed().unslotted
        guard !unslotted.isEmpty else { return [] }
        let remedy =
            instance.object.controller?["kind"]?.string == Resource.virtualMachine.kind
            ? "remove another one, or restart the VirtualMachine with it in its template"
            : "remove another one, or create the VirtualMachineInstance anew with it in its spec"
        return known.compactMap { status in
            guard unslotted.contains(status.name), !status.isInGuest else { return nil }
            return Obstacle(
                event: "NicHotplug", condition: "Synchronizing with the Domain failed.",
                message: "failed to hotplug interface \"\(status.name)\": internal error: No more available PCI slots; "
                    + remedy, source: .handler)
        }
    }

    /// Obstacles that a condition tells of; events tell of each.
    static let obstaclesToldMax = 8

    static func summary(_ messages: [String]) -> String {
        let more = messages.count - obstaclesToldMax
        return (messages.prefix(obstaclesToldMax) + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "; ")
    }

    // MARK: Pieces

    /// What the guest should have: what there is a slot for, by name, and the names of the rest.
    ///
    /// Slots go by the place in the spec, so that `addinterface` can tell beforehand whether there is one.
    private func placed() -> (slotted: [String: Attachment], unslotted: Set<String>) {
        let present = instance.attachments.filter { !$0.isAbsent }
        let slots = min(PCISlots(of: instance.object).countedSlots ?? present.count, present.count)
        let slotted = Dictionary(present.prefix(slots).map { ($0.name, $0) }) { first, _ in first }
        return (slotted, Set(present.dropFirst(slots).map(\.name)))
    }

    private func isChange(_ statuses: [InterfaceStatus]) -> Bool {
        statuses.map(\.value) != instance.interfaceStatuses.map(\.value)
    }

    private func replacement(_ statuses: [InterfaceStatus]) -> [Step]? {
        guard isChange(statuses) else { return nil }
        var next = instance
        next.setInterfaceStatuses(statuses)
        return [replace(next)]
    }
}

extension JSONValue {
    /// Takes the interfaces of the names, and their networks, out of the VMI's spec at `path`.
    mutating func removeInterfaces(_ names: [String], under path: [String]) {
        guard let name = path.first else {
            guard !names.isEmpty else { return }
            for list in [["spec", "networks"], ["spec", "domain", "devices", "interfaces"]] {
                filterList(list) { !names.contains($0["name"]?.string ?? "") }
            }
            return
        }
        guard var member = self[name] else { return }
        member.removeInterfaces(names, under: Array(path.dropFirst()))
        self[name] = member
    }

    private mutating func filterList(_ path: [String], _ isKept: (JSONValue) -> Bool) {
        guard let name = path.first, var member = self[name] else { return }
        if path.count == 1 {
            guard let elements = member.array else { return }
            member = .array(elements.filter(isKept))
        } else {
            member.filterList(Array(path.dropFirst()), isKept)
        }
        self[name] = member
    }
}
