import HotplugAPI
package import KubeModel
import Reactor

/// Answers what virt-api answers to virtctl about the life of VMs and VMIs; the controllers do the rest.
package struct LifecycleHandler: Sendable {
    /// How often a write that lost a race is tried again, from a fresh read.
    private static let retriesMax = 5

    private let cluster: any Cluster
    /// RFC 3339.
    private let now: @Sendable () -> String

    package init(
        cluster: any Cluster, now: @escaping @Sendable () -> String = { Timestamp.rfc3339(WallClock.seconds) }
    ) {
        self.cluster = cluster
        self.now = now
    }

    /// Carries out a request; returning means 202 Accepted.
    ///
    /// A dry run, asked for in the URL or in the body, checks and writes nothing. Throws the `Status` to answer with.
    package func handle(
        _ verb: LifecycleVerb, namespace: String, name: String, body: [UInt8], dryRun: [String]
    ) async throws(Status) {
        let options = try LifecycleOptions(body, for: verb)
        let isDryRun = try HotplugRequest.isDryRun(dryRun + options.dryRun)
        let write = WriteOptions(dryRun: isDryRun, fieldManager: "virt-api")
        for _ in 0...Self.retriesMax where try await attempt(verb, options, namespace, name, write) { return }
        throw HotplugSubject(verb.target, namespace: namespace, name: name).conflict(Status.objectModified)
    }

    /// Answers `false` when a write lost a race.
    private func attempt(
        _ verb: LifecycleVerb, _ options: LifecycleOptions, _ namespace: String, _ name: String, _ write: WriteOptions
    ) async throws(Status) -> Bool {
        let machine =
            verb.target == .virtualMachine
            ? try await cluster.find(.virtualMachine, namespace: namespace, name: name) : nil
        let instance = try await cluster.find(.virtualMachineInstance, namespace: namespace, name: name)
            .map(Instance.init)
        guard (verb.target == .virtualMachine ? machine : instance?.object) != nil else {
            throw HotplugSubject(verb.target, namespace: namespace, name: name).notFound
        }
        let decision = LifecycleDecision(verb: verb, options: options, machine: machine, instance: instance)
        for change in try decision.changes() {
            if case .pause(let isPaused) = change {
                guard try await pause(isPaused, decision.instance, write) else { return false }
            } else {
                try await carryOut(change, on: decision.machine ?? [:], namespace, name, write)
            }
        }
        return true
    }

    private func carryOut(
        _ change: LifecycleDecision.Change, on machine: JSONValue, _ namespace: String, _ name: String,
        _ options: WriteOptions
    ) async throws(Status) {
        switch change {
        case .migrate(let instance): try await migrate(instance, namespace, options)
        case .pause: break
        case .run(let isRunning):
            let spec: JSONValue =
                machine["spec"]?.present("runStrategy") != nil
                ? ["runStrategy": .string((isRunning ? RunStrategy.always : .halted).rawValue)]
                : ["running": .bool(isRunning)]
            _ = try await cluster.patch(
                .virtualMachine, namespace: namespace, name: name, patch: .merge(["spec": spec]), options: options)
        case .request(let requests):
            var options = options
            options.subresource = "status"
            try await request(requests, on: machine, namespace, name, options)
        case .gracePeriod(let seconds):
            let patch: JSONValue = ["spec": ["terminationGracePeriodSeconds": .number(JSONNumber(seconds))]]
            _ = try await cluster.patch(
                .virtualMachineInstance, namespace: namespace, name: name, patch: .merge(patch), options: options)
        case .deletePod(let pod):
            do throws(Status) {
                _ = try await cluster.delete(
                    .pod, namespace: namespace, name: pod, options: DeleteOptions(dryRun: options.dryRun))
            } catch {
                guard error.code == 404 else { throw error }
            }
        }
    }

    /// Passes on what refuses the migration, which virt-api wraps in an internal error.
    private func migrate(_ instance: String, _ namespace: String, _ options: WriteOptions) async throws(Status) {
        let migration: JSONValue = [
            "apiVersion": .string(Resource.virtualMachineInstanceMigration.apiVersion),
            "kind": .string(Resource.virtualMachineInstanceMigration.kind),
            "metadata": ["generateName": "kubevirt-migrate-vm-"], "spec": ["vmiName": .string(instance)],
        ]
        try await MigrationRules.checkPlace(of: migration, namespace: namespace, in: cluster)
        _ = try await cluster.create(
            .virtualMachineInstanceMigration, namespace: namespace, object: migration, options: options)
    }

    /// What virt-handler tells of a guest that was paused (`pkg/virt-handler/vm.go`); answers `false` when the VMI is
    /// no longer as it was read.
    private func pause(
        _ isPaused: Bool, _ instance: Instance?, _ options: WriteOptions
    ) async throws(Status) -> Bool {
        guard var object = instance?.object else { return true }
        if isPaused {
            object.setCondition(
                "Paused", true, reason: "PausedByUser", message: "VMI was paused by user", now: now())
        } else {
            object.removeCondition("Paused")
        }
        do throws(Status) {
            _ = try await cluster.update(
                .virtualMachineInstance, namespace: object.metadataNamespace, name: object.metadataName ?? "",
                object: object, options: options)
            return true
        } catch {
            guard error.reason == "Conflict" else { throw error }
            return false
        }
    }

    /// Throws Conflict when the requests are no longer as they were read.
    private func request(
        _ requests: [JSONValue], on machine: JSONValue, _ namespace: String, _ name: String, _ options: WriteOptions
    ) async throws(Status) {
        let path = JSONPointer(tokens: ["status", "stateChangeRequests"])
        let patch = JSONPatch([
            .test(path, machine[path: "status", "stateChangeRequests"] ?? .null), .add(path, .array(requests)),
        ])
        do throws(Status) {
            _ = try await cluster.patch(
                .virtualMachine, namespace: namespace, name: name, patch: .json(patch), options: options)
        } catch {
            guard error.code == 422 else { throw error }
            throw HotplugSubject(.virtualMachine, namespace: namespace, name: name).conflict(Status.objectModified)
        }
    }
}
