import KubeModel

/// One request on its way: attempts, each from fresh reads, until the writes are in or something refuses.
struct HotplugOperation {
    let change: InterfaceChange
    let subject: HotplugSubject
    let options: WriteOptions
    let facts: ClusterFacts
    let configuration: HotplugConfiguration
    let cluster: any Cluster
    let caller: (any Caller)?

    /// Of the latest attempt; those of an attempt that lost a race go with it.
    private(set) var advice: [String] = []
    /// About a write that is in for good, whatever comes after it.
    private var settledAdvice: [String] = []
    /// The answer about the NetworkAttachmentDefinition, which one look gives for all attempts.
    var nadAdvice: [String]?
    /// The VM whose template this request has changed for good.
    var changedMachine: HotplugSubject?

    init(
        change: InterfaceChange, subject: HotplugSubject, options: WriteOptions, facts: ClusterFacts,
        configuration: HotplugConfiguration, cluster: any Cluster, caller: (any Caller)? = nil
    ) {
        self.change = change
        self.subject = subject
        self.options = options
        self.facts = facts
        self.configuration = configuration
        self.cluster = cluster
        self.caller = caller
    }

    /// Answers the advice.
    ///
    /// Throws 409 Conflict after `HotplugLimits.conflictRetries` further attempts.
    mutating func run(pause: @Sendable (Int) async -> Void) async throws(Status) -> [String] {
        do throws(Status) {
            if try await changeInstanceByCache() { return advice }
            var retry = 0
            while try await !attempt() {
                guard retry < HotplugLimits.conflictRetries else {
                    throw subject.conflict("\(Status.objectModified) (gave up after \(retry + 1) attempts)")
                }
                await pause(Self.pauseMilliseconds(before: retry))
                retry += 1
            }
        } catch {
            throw halfDone(error)
        }
        return advice
    }

    /// Full jitter over a doubling range, so that those who collided once do not collide again.
    private static func pauseMilliseconds(before retry: Int) -> Int {
        Int.random(in: 1...(HotplugLimits.firstPauseMilliseconds << retry))
    }

    /// Answers `false` when a write lost a race.
    private mutating func attempt() async throws(Status) -> Bool {
        advice = settledAdvice
        switch subject.target {
        case .virtualMachine: return try await changeMachine(subject, instance: nil)
        case .virtualMachineInstance: return try await changeInstance()
        }
    }

    /// An error after the VM was written must not look as if nothing had happened.
    private func halfDone(_ error: Status) -> Status {
        guard let changedMachine else { return error }
        var error = error
        error.message =
            "\(changedMachine) was changed (interface \(change.name.quoted) in its template), but its running "
            + "VirtualMachineInstance was not: \(error.message); repeat the request to complete it"
        return error
    }

    /// Tells it to the client once: a trial warns of what its write warns of again.
    mutating func advise(_ text: String) {
        if !advice.contains(text) { advice.append(text) }
    }

    // MARK: Reading

    /// An object as it was read.
    struct Reading {
        let subject: HotplugSubject
        let object: JSONValue

        /// The VMI's `status.phase`.
        var phase: String { object[path: "status", "phase"]?.string ?? "" }
        var isRunning: Bool { phase == "Running" && !object.isBeingDeleted }
    }

    /// Throws in virt-api's words: 404 NotFound, and 500 for what else goes wrong; but of a cluster that is away or
    /// refuses this server 429, 503 or 504.
    func read(_ subject: HotplugSubject) async throws(Status) -> Reading {
        let stored: StoredObject
        do throws(Status) {
            stored = try await cluster.get(subject.target.resource, namespace: subject.namespace, name: subject.name)
        } catch {
            throw error.code == 404 ? subject.notFound : unreadable(subject, error)
        }
        return Reading(subject: subject, object: try parse(stored, subject))
    }

    func readIfPresent(_ subject: HotplugSubject) async throws(Status) -> Reading? {
        do throws(Status) {
            return try await read(subject)
        } catch {
            guard error.code == 404 else { throw error }
            return nil
        }
    }

    private func parse(_ stored: StoredObject, _ subject: HotplugSubject) throws(Status) -> JSONValue {
        do throws(Status) {
            return try stored.json()
        } catch {
            throw unreadable(subject, error)
        }
    }

    private func unreadable(_ subject: HotplugSubject, _ cause: Status) -> Status {
        Self.failure(
            "unable to retrieve \(subject.target.abbreviation) [\(subject.name)]: \(cause.message)", because: cause)
    }

    /// What it comes to for the client that this server could not ask the cluster something.
    static func failure(_ message: String, because cause: Status) -> Status {
        switch cause.code {
        case 429, 503, 504:
            var status = cause
            status.message = message
            return status
        // It is this server that may not, as it is with 401.
        case 403: return .serviceUnavailable(message)
        default: return .internalError(message)
        }
    }

    // MARK: Writing

    struct Write {
        let subject: HotplugSubject
        let patch: JSONPatch
        /// What this write takes or brings beside the change.
        var advice: [String] = []
    }

    /// Answers `false` when the object is no longer as it was read.
    ///
    /// Throws what the cluster refuses for another reason.
    mutating func write(_ write: Write, dryRun: Bool) async throws(Status) -> Bool {
        var options = options
        options.dryRun = dryRun
        options.isRepeatable = true
        let stored: StoredObject
        do throws(Status) {
            stored = try await cluster.patch(
                write.subject.target.resource, namespace: write.subject.namespace, name: write.subject.name,
                patch: .json(write.patch), options: options)
        } catch {
            if Self.isLostRace(error) { return false }
            throw error
        }
        for warning in stored.warnings { advise(warning) }
        if !dryRun, write.subject.target == .virtualMachine {
            changedMachine = write.subject
            settledAdvice = write.advice + stored.warnings
        }
        if case .remove(let removal) = change { try requireAbsent(removal.name, in: stored, of: write.subject) }
        return true
    }

    /// A failed `test` is a 422 that says nothing of its reason; schemas, webhooks and policies say why they refuse.
    private static func isLostRace(_ status: Status) -> Bool {
        switch status.code {
        case 409: status.reason == "Conflict"
        case 422: status.details?.causes.isEmpty != false && status.message == Status.patchRefused.message
        default: false
        }
    }

    /// KubeVirt before v1.0.0-rc.0 has no `state`, and its schema drops the field without a word.
    private func requireAbsent(_ name: String, in stored: StoredObject, of subject: HotplugSubject) throws(Status) {
        let spec = try NetworkSpec(of: try parse(stored, subject), subject: subject)
        guard let index = spec.interfaces.firstIndex(where: { $0.name == name && !$0.isAbsent }) else { return }
        throw subject.invalid([
            .invalidValue(
                at: "\(spec.interfacesPath)[\(index)].state",
                "the cluster did not store state \"absent\": its KubeVirt cannot remove interfaces, which takes "
                    + "v1.0.0-rc.0 or later")
        ])
    }
}
