package import HotplugAPI
package import KubeModel

/// An object that a controller looks after.
package struct WorkItem: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case machine
        case instance
        case migration
    }

    package let kind: Kind
    package let namespace: String
    package let name: String

    package init(_ kind: Kind, namespace: String, name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }
}

/// What is to be done about an object, and what it waits for.
package struct Reconciliation: Sendable {
    package var steps: [Step] = []
    /// NetworkAttachmentDefinitions that do not exist: when one appears, it is time to look again.
    package var missingDefinitions: [NADReference] = []
    /// Seconds after which it is time to look again whatever happens; 0 for never.
    package var secondsToWait: Int64 = 0
}

/// Reads what a decider must see, and does what it says.
///
/// It keeps nothing, so that a new one goes on where another was stopped, between any two steps.
package struct Reconciler: Sendable {
    private let cluster: any Cluster
    private let configuration: EmbeddedKubeVirtConfiguration
    /// RFC 3339.
    private let now: @Sendable () -> String

    package init(
        cluster: any Cluster, configuration: EmbeddedKubeVirtConfiguration, now: @escaping @Sendable () -> String
    ) {
        self.cluster = cluster
        self.configuration = configuration
        self.now = now
    }

    /// Throws what the cluster answers, but for what is not there.
    package func decide(_ item: WorkItem) async throws(Status) -> Reconciliation {
        switch item.kind {
        case .machine: return try await decideMachine(item)
        case .instance: return try await decideInstance(item)
        case .migration: return try await decideMigration(item)
        }
    }

    private func decideMachine(_ item: WorkItem) async throws(Status) -> Reconciliation {
        guard let decider = try await machineDecider(item) else { return Reconciliation() }
        return Reconciliation(
            steps: decider.steps(), secondsToWait: decider.isWaiting ? decider.secondsToWait : 0)
    }

    private func machineDecider(_ item: WorkItem) async throws(Status) -> MachineDecider? {
        guard let machine = try await cluster.find(.virtualMachine, namespace: item.namespace, name: item.name) else {
            return nil
        }
        let instance = try await cluster.find(.virtualMachineInstance, namespace: item.namespace, name: item.name)
        return MachineDecider(
            machine: machine, instance: instance.map(Instance.init), configuration: configuration, now: now())
    }

    /// Tells in a VM's status what a step for it has failed with.
    ///
    /// Throws what the cluster answers.
    func tell(_ failure: MachineFailure, of item: WorkItem) async throws(Status) {
        guard let decider = try await machineDecider(item) else { return }
        for step in decider.status(failure: failure) { try await perform(step) }
    }

    private func decideInstance(_ item: WorkItem) async throws(Status) -> Reconciliation {
        guard let object = try await cluster.find(.virtualMachineInstance, namespace: item.namespace, name: item.name)
        else { return Reconciliation() }
        let instance = Instance(object: object)
        let pod = try await pod(item.namespace, instance.podName)
        let missing = try await missingDefinitions(of: instance, beside: pod?.attachedInterfaces ?? [])
        let decider = InstanceDecider(
            instance: instance, pod: pod, leftPod: try await self.pod(item.namespace, instance.leftPodName),
            targetPod: try await self.pod(item.namespace, instance.targetPodName), missingDefinitions: missing,
            configuration: configuration, now: now())
        return Reconciliation(steps: decider.steps(), missingDefinitions: missing)
    }

    private func decideMigration(_ item: WorkItem) async throws(Status) -> Reconciliation {
        guard
            let migration = try await cluster.find(
                .virtualMachineInstanceMigration, namespace: item.namespace, name: item.name)
        else {
            return Reconciliation()
        }
        let name = migration[path: "spec", "vmiName"]?.string ?? ""
        let instance = try await find(.virtualMachineInstance, item.namespace, name).map(Instance.init)
        var targetPod: LauncherPod?
        var missing: [NADReference] = []
        if let instance {
            let podName = LauncherPod.name(of: instance, seed: migration.metadataUID ?? "")
            targetPod = try await pod(item.namespace, podName)
            missing = try await missingDefinitions(of: instance, beside: [])
        }
        let decider = MigrationDecider(
            migration: migration, instance: instance, targetPod: targetPod, missingDefinitions: missing, now: now())
        return Reconciliation(steps: decider.steps(), missingDefinitions: missing)
    }

    // MARK: Reading

    /// An object that another one names; what has no name is not there.
    private func find(_ resource: Resource, _ namespace: String, _ name: String) async throws(Status) -> JSONValue? {
        name.isEmpty ? nil : try await cluster.find(resource, namespace: namespace, name: name)
    }

    private func pod(_ namespace: String, _ name: String?) async throws(Status) -> LauncherPod? {
        guard let name else { return nil }
        return try await find(.pod, namespace, name).map(LauncherPod.init)
    }

    /// Those that the spec names, but for interfaces that the pod has.
    private func missingDefinitions(
        of instance: Instance, beside attached: Set<String>
    ) async throws(Status) -> [NADReference] {
        var missing: [NADReference] = []
        for attachment in instance.attachments where !attachment.isAbsent {
            guard let definition = attachment.definition, !attached.contains(attachment.podInterfaceName),
                !missing.contains(definition)
            else { continue }
            if try await find(.networkAttachmentDefinition, definition.namespace, definition.name) == nil {
                missing.append(definition)
            }
        }
        return missing
    }

    // MARK: Writing

    /// Does a step, but for records; one that somebody has done already is done.
    ///
    /// Answers the resourceVersion of the change that it made, if it made one. Throws Conflict when the object is no
    /// longer as it was read.
    @discardableResult
    package func perform(_ step: Step) async throws(Status) -> UInt64? {
        switch step {
        case .create(let resource, let object, _):
            return try await unless("AlreadyExists") { () async throws(Status) in
                try await cluster.create(
                    resource, namespace: object.metadataNamespace, object: object, options: options()
                ).resourceVersion
            }
        case .replace(let resource, let object): return try await update(resource, object, options())
        case .replaceStatus(let resource, let object):
            return try await update(resource, object, options(resource.hasStatusSubresource ? "status" : nil))
        case .delete(let resource, let object):
            return try await unless("NotFound") { () async throws(Status) in
                let deletion = try await cluster.delete(
                    resource, namespace: object.metadataNamespace, name: object.metadataName ?? "",
                    options: DeleteOptions(uid: object.metadataUID))
                return switch deletion {
                case .deleted(let object), .pending(let object): object.resourceVersion
                }
            }
        case .record: return nil
        }
    }

    private func update(
        _ resource: Resource, _ object: JSONValue, _ options: WriteOptions
    ) async throws(Status) -> UInt64 {
        try await cluster.update(
            resource, namespace: object.metadataNamespace, name: object.metadataName ?? "", object: object,
            options: options
        ).resourceVersion
    }

    private func options(_ subresource: String? = nil) -> WriteOptions {
        WriteOptions(fieldManager: "virt-controller", subresource: subresource)
    }

    private func unless(_ reason: String, _ body: () async throws(Status) -> UInt64) async throws(Status) -> UInt64? {
        do throws(Status) {
            return try await body()
        } catch {
            guard error.reason == reason else { throw error }
            return nil
        }
    }
}
