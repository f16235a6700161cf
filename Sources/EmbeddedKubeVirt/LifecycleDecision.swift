import HotplugAPI
import KubeModel

/// What a verb makes of a VM or its VMI: KubeVirt v1.0.1 `pkg/virt-api/rest/subresource.go`, in its words.
struct LifecycleDecision {
    enum Change: Equatable {
        /// Whether the VM shall run, in its spec.
        case run(Bool)
        /// What virt-controller is asked to do, in its status.
        case request([JSONValue])
        /// The VMI's `terminationGracePeriodSeconds`.
        case gracePeriod(Int)
        /// The launcher pod goes, whatever the guest does.
        case deletePod(String)
        /// The VMI of that name migrates.
        case migrate(String)
        /// Whether the VMI is paused.
        case pause(Bool)
    }

    let verb: LifecycleVerb
    let options: LifecycleOptions
    /// `nil` when the verb is the VMI's.
    let machine: JSONValue?
    /// The VMI that the verb is about, or of the VM's name.
    let instance: Instance?

    /// Throws the `Status` to answer with.
    func changes() throws(Status) -> [Change] {
        switch verb {
        case .start: try start(strategy())
        case .stop: try stop(strategy())
        case .restart: try restart(strategy())
        case .migrate: try migrate()
        case .pause: try pause()
        case .unpause: try unpause()
        }
    }

    private func strategy() throws(Status) -> RunStrategy {
        guard let strategy = machine.flatMap(RunStrategy.init(of:)) else {
            throw .internalError("running and runstrategy are mutually exclusive")
        }
        return strategy
    }

    private func start(_ strategy: RunStrategy) throws(Status) -> [Change] {
        if let phase = instance?.phase, !phase.isFinal, phase != .unknown, phase != .unset {
            throw conflict("VM is already running")
        }
        var start: JSONValue = ["action": "Start"]
        if options.isPaused { start["data"] = ["paused": "true"] }
        switch strategy {
        case .halted: return [options.isPaused ? try request(start) : .run(true)]
        case .rerunOnFailure where instance?.phase == .failed:
            throw conflict("\(strategy.rawValue) does not support starting VM from failed state")
        case .rerunOnFailure, .manual:
            // An ended VMI must go first.
            guard let instance, instance.phase.isFinal else { return [try request(start)] }
            return [try request(stopRequest(for: instance), start)]
        case .always, .once: throw conflict("\(strategy.rawValue) does not support manual start requests")
        }
    }

    private func stop(_ strategy: RunStrategy) throws(Status) -> [Change] {
        let alive = instance.flatMap { $0.phase.isFinal ? nil : $0 }
        switch strategy {
        case .halted, .manual:
            guard let alive else { throw conflict("VM is not running") }
            if strategy == .halted {
                let old = alive.object[path: "spec", "terminationGracePeriodSeconds"]?.int
                guard let new = options.gracePeriod, old.map({ new < $0 }) ?? true else {
                    throw conflict(
                        "\(strategy.rawValue) only supports manual stop requests with a shorter graceperiod")
                }
            }
            return gracePeriod(of: alive) + [.request([stopRequest(for: alive)])]
        case .rerunOnFailure, .always, .once: return gracePeriod(of: alive) + [.run(false)]
        }
    }

    private func gracePeriod(of alive: Instance?) -> [Change] {
        guard alive != nil, let seconds = options.gracePeriod else { return [] }
        return [.gracePeriod(seconds)]
    }

    private func restart(_ strategy: RunStrategy) throws(Status) -> [Change] {
        if let seconds = options.gracePeriod, seconds != 0 {
            throw .badRequest(
                seconds > 0
                    ? "For force restart, only gracePeriod=0 is supported for now"
                    : "gracePeriod has to be greater or equal to 0")
        }
        guard strategy != .halted, strategy != .once else {
            throw conflict("RunStategy \(strategy.rawValue) does not support manual restart requests")
        }
        guard let instance else { throw conflict("VM is not running: \(RunStrategy.halted.rawValue)") }
        let asked = try request(stopRequest(for: instance), ["action": "Start"])
        return options.gracePeriod == 0 ? [asked, .deletePod(instance.podName)] : [asked]
    }

    // MARK: Of a VMI that runs

    private func migrate() throws(Status) -> [Change] {
        guard let instance else {
            throw HotplugSubject(
                .virtualMachineInstance, namespace: machine?.metadataNamespace ?? "",
                name: machine?.metadataName ?? ""
            ).notFound
        }
        guard instance.isRunning else { throw conflict("VM is not running") }
        return [.migrate(instance.name)]
    }

    private func pause() throws(Status) -> [Change] {
        guard let instance, instance.isRunning else { throw conflict("VM is not running") }
        guard instance.object["spec"]?.present("livenessProbe") == nil else {
            let why = "Pausing VMIs with LivenessProbe is currently not supported"
            throw .forbidden(
                "virtualmachineinstance.kubevirt.io \"\(instance.name)\" is forbidden: \(why)",
                details: Status.Details(name: instance.name, group: "kubevirt.io", kind: "virtualmachineinstance"))
        }
        guard instance.object.condition("Paused") == nil else { throw conflict("VMI is already paused") }
        return [.pause(true)]
    }

    private func unpause() throws(Status) -> [Change] {
        guard let instance, instance.isRunning, instance.object.condition("Paused") != nil else {
            throw conflict("VMI is not paused")
        }
        return [.pause(false)]
    }

    // MARK: Pieces

    private func stopRequest(for instance: Instance) -> JSONValue {
        ["action": "Stop", "uid": .string(instance.uid)]
    }

    /// Requests that wait are not overtaken; a stop alone replaces them, and so is made elsewhere.
    private func request(_ requests: JSONValue...) throws(Status) -> Change {
        guard (machine?[path: "status", "stateChangeRequests"]?.array ?? []).isEmpty else {
            throw conflict("unable to complete request: stop/start already underway")
        }
        return .request(requests)
    }

    private func conflict(_ why: String) -> Status {
        let object = machine ?? instance?.object
        return HotplugSubject(
            verb.target, namespace: object?.metadataNamespace ?? "", name: object?.metadataName ?? ""
        ).conflict(why)
    }
}
