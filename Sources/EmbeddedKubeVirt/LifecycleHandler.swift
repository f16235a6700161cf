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
        let isDryRun = try Self.isDryRun(dryRun + options.dryRun)
        guard let machine = try await get(.virtualMachine, namespace, name) else {
            throw .notFound(group: Self.group, kind: Self.singular, name: name)
        }
        let instance = try await get(.virtualMachineInstance, namespace, name).map(Instance.init)
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
            let strategy = machine[path: "spec", "runStrategy"]
            let spec: JSONValue =
                strategy.map { !$0.isNull } == true
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
            throw Self.conflict(
                name, "the object has been modified; please apply your changes to the latest version and try again")
        }
    }

    private func get(_ resource: Resource, _ namespace: String, _ name: String) async throws(Status) -> JSONValue? {
        let stored: StoredObject
        do throws(Status) {
            stored = try await cluster.get(resource, namespace: namespace, name: name)
        } catch {
            guard error.code == 404 else { throw error }
            return nil
        }
        do throws(JSONError) {
            return try JSONValue(parsing: stored.bytes)
        } catch {
            throw .internalError("unable to retrieve \(resource.singular) [\(name)]: \(error)")
        }
    }

    // KubeVirt writes the singular where Kubernetes has the plural.
    private static let group = Resource.virtualMachine.group
    private static let singular = Resource.virtualMachine.singular

    static func conflict(_ name: String, _ why: String) -> Status {
        .conflict(group: group, kind: singular, name: name, why)
    }

    private static func isDryRun(_ words: [String]) throws(Status) -> Bool {
        if let word = words.first(where: { $0 != "All" }) {
            throw .badRequest("dryRun: Unsupported value: \"\(word)\": supported values: \"All\"")
        }
        return !words.isEmpty
    }
}
