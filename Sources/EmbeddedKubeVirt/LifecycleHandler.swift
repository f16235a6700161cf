import HotplugAPI
package import KubeModel

/// Answers `start`, `stop` and `restart` of virtualmachines, as virt-api does; the controllers do the rest.
package struct LifecycleHandler: Sendable {
    private let cluster: any Cluster

    package init(cluster: any Cluster) {
        self.cluster = cluster
    }

    /// Carries out a request; returning means 202 Accepted.
    ///
    /// A dry run, asked for in the URL or in the body, checks and writes nothing. Throws the `Status` to answer with.
    package func handle(
        _ verb: LifecycleVerb, namespace: String, name: String, body: [UInt8], dryRun: [String]
    ) async throws(Status) {
        let options = try LifecycleOptions(body, for: verb)
        let isDryRun = try HotplugRequest.isDryRun(dryRun + options.dryRun)
        guard let machine = try await cluster.find(.virtualMachine, namespace: namespace, name: name) else {
            throw HotplugSubject(.virtualMachine, namespace: namespace, name: name).notFound
        }
        let instance = try await cluster.find(.virtualMachineInstance, namespace: namespace, name: name)
            .map(Instance.init)
        let decision = LifecycleDecision(verb: verb, options: options, machine: machine, instance: instance)
        let write = WriteOptions(dryRun: isDryRun, fieldManager: "virt-api")
        for change in try decision.changes() {
            try await carryOut(change, on: machine, namespace, name, write)
        }
    }

    private func carryOut(
        _ change: LifecycleDecision.Change, on machine: JSONValue, _ namespace: String, _ name: String,
        _ options: WriteOptions
    ) async throws(Status) {
        switch change {
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
            throw HotplugSubject(.virtualMachine, namespace: namespace, name: name).conflict(
                "the object has been modified; please apply your changes to the latest version and try again")
        }
    }
}
