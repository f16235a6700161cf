import HotplugAPI
package import KubeModel
package import Logging
package import Reactor

/// Plays KubeVirt on a cluster: follows its objects, and brings each of them forward until nothing is left to do.
///
/// Lives on one loop. Everything that it knows it can read again, so that one that starts anew converges wherever the
/// last one was stopped.
package final class KubeVirtControllers {
    package enum Limits {
        /// Objects that are looked at at once: their writes share the store's transactions.
        package static let workersMax = 32
        /// Steps of one object before others have their turn.
        package static let roundsMax = 32
        /// Milliseconds before a failed object is looked at again; doubled each time.
        package static let firstRetryMilliseconds: Int64 = 50
        package static let lastRetryMilliseconds: Int64 = 30_000
        /// Milliseconds between the end of a VMI and the next one of its name: where guests run it takes seconds, and a
        /// client that asks, lists and then watches (`kubectl delete`) must not miss the end.
        package static let recreationPauseMilliseconds: Int64 = 1000
        /// Milliseconds before a list or watch that failed is tried again.
        package static let watchRetryMilliseconds: Int64 = 1000
        /// Milliseconds between looks for events that are too old.
        package static let eventSweepMilliseconds: Int64 = 60_000
    }

    private static let followed: [Resource] = [
        .virtualMachine, .virtualMachineInstance, .virtualMachineInstanceMigration, .pod, .networkAttachmentDefinition,
    ]

    private let cluster: any WatchableCluster
    private let reconciler: Reconciler
    private let recorder: EventRecorder
    private let logger: Logger
    private var queue = WorkQueue()
    private var failures: [WorkItem: Int] = [:]
    /// Those that are looked at again by the clock.
    private var clocked: Set<WorkItem> = []
    /// Who waits for a NetworkAttachmentDefinition, by `namespace/name`, and for which each one waits.
    private var waiting: [String: Set<WorkItem>] = [:]
    private var awaited: [WorkItem: Set<String>] = [:]
    /// The migrations that there are, by their VMI.
    private var migrations: [WorkItem: Set<WorkItem>] = [:]
    /// The VMs that there are: few VMIs of a cluster without VMs are worth a look for one.
    private var machines: Set<WorkItem> = []
    /// When the VMIs of VMs have ended.
    private var ended: [WorkItem: ContinuousClock.Instant] = [:]
    /// Changes made here that no watch has told of yet: what they mean is known.
    private var ownChanges: Set<UInt64> = []
    /// How far the watch of each resource has told.
    private var told: [Resource: UInt64] = [:]
    private var idleWorkers: [CheckedContinuation<Void, Never>] = []
    private var settling: [CheckedContinuation<Void, Never>] = []
    private var subscriptions: [any WatchSubscription] = []
    /// Of `followed`, how many have not been listed yet.
    private var unlisted = KubeVirtControllers.followed.count
    private var areEventsLoaded = false
    private var isStopped = false

    /// `now` counts seconds since 1970.
    package init(
        cluster: any WatchableCluster, configuration: EmbeddedKubeVirtConfiguration, logger: Logger,
        now: @escaping @Sendable () -> Int64 = { WallClock.seconds }
    ) {
        self.cluster = cluster
        self.logger = logger
        reconciler = Reconciler(cluster: cluster, configuration: configuration) { Timestamp.rfc3339(now()) }
        recorder = EventRecorder(cluster: cluster, now: now)
    }

    /// Runs until `stop`.
    package func start(on loop: isolated EventLoop) {
        for resource in Self.followed {
            Task.immediate { await loop.staying { await self.follow(resource, on: loop) } }
        }
        for _ in 0..<Limits.workersMax { Task.immediate { await loop.staying { await self.work(on: loop) } } }
        Task.immediate { await loop.staying { await self.sweepEvents(on: loop) } }
    }

    package func stop(on loop: isolated EventLoop) {
        isStopped = true
        for subscription in subscriptions { subscription.cancel() }
        wake()
        settled()
    }

    /// Waits until everything that is there now has been brought as far as it goes, or `stop`.
    package func settle(on loop: isolated EventLoop) async {
        while !isSettled {
            await withCheckedContinuation { continuation in
                if isSettled { continuation.resume() } else { settling.append(continuation) }
            }
        }
    }

    private var isSettled: Bool { isStopped || unlisted == 0 && queue.isIdle }

    // MARK: What has changed

    private func follow(_ resource: Resource, on loop: isolated EventLoop) async {
        var isListed = false
        while !isStopped {
            do throws(Status) {
                let list = try await cluster.list(resource, namespace: nil)
                told[resource] = list.resourceVersion
                for item in list.items { noticed(resource, item) }
                if !isListed {
                    isListed = true
                    unlisted -= 1
                    settled()
                }
                let subscription = try await cluster.watch(resource, namespace: nil, from: list.resourceVersion)
                guard !isStopped else { return subscription.cancel() }
                subscriptions.append(subscription)
                defer { subscriptions.removeAll { $0 === subscription } }
                while true {
                    let events = try await subscription.next()
                    if events.isEmpty { break }
                    for event in events {
                        told[resource] = event.resourceVersion
                        if ownChanges.remove(event.resourceVersion) != nil { continue }
                        noticed(resource, event.object, isDeleted: event.kind == .deleted)
                    }
                }
            } catch {
                // A watch that fell behind begins again with a list.
                guard !isStopped, error.code != 410 else { continue }
                logger.error(
                    "cannot follow", metadata: ["resource": "\(resource.plural)", "error": "\(error.message)"])
                await loop.sleep(milliseconds: Limits.watchRetryMilliseconds)
            }
        }
    }

    private func noticed(_ resource: Resource, _ stored: StoredObject, isDeleted: Bool = false) {
        guard let object = try? stored.json() else { return }
        noticed(resource, object, isDeleted: isDeleted, by: nil)
    }

    /// Puts into the queue whom a change concerns, but for the one who made it: they look again anyway.
    private func noticed(_ resource: Resource, _ object: JSONValue, isDeleted: Bool, by author: WorkItem?) {
        func enqueue(_ item: WorkItem) {
            if item != author { self.enqueue(item) }
        }
        let namespace = object.metadataNamespace ?? ""
        let name = object.metadataName ?? ""
        switch resource {
        case .virtualMachine:
            let machine = WorkItem(.machine, namespace: namespace, name: name)
            if isDeleted {
                machines.remove(machine)
                ended[machine] = nil
            } else {
                machines.insert(machine)
            }
            enqueue(machine)
        case .virtualMachineInstance:
            let instance = WorkItem(.instance, namespace: namespace, name: name)
            enqueue(instance)
            let machine = WorkItem(.machine, namespace: namespace, name: name)
            if machines.contains(machine) {
                if isDeleted || object.isBeingDeleted && object.finalizers.isEmpty { ended[machine] = .now }
                enqueue(machine)
            }
            for migration in migrations[instance] ?? [] { enqueue(migration) }
        case .virtualMachineInstanceMigration:
            let item = WorkItem(.migration, namespace: namespace, name: name)
            let instance = WorkItem(
                .instance, namespace: namespace, name: object[path: "spec", "vmiName"]?.string ?? "")
            if isDeleted {
                migrations[instance]?.remove(item)
                if migrations[instance]?.isEmpty == true { migrations[instance] = nil }
            } else {
                migrations[instance, default: []].insert(item)
                enqueue(item)
            }
        case .pod:
            guard object[path: "metadata", "labels", Label.app]?.string == "virt-launcher",
                let owner = object.controller?["name"]?.string
            else { return }
            enqueue(WorkItem(.instance, namespace: namespace, name: owner))
            if let migration = object.annotation(Annotation.migrationJobName) {
                enqueue(WorkItem(.migration, namespace: namespace, name: migration))
            }
        case .networkAttachmentDefinition:
            for item in waiting["\(namespace)/\(name)"] ?? [] { enqueue(item) }
        default: break
        }
    }

    private func enqueue(_ item: WorkItem) {
        queue.add(item)
        wake()
    }

    private func wake() {
        guard isStopped || !queue.isEmpty else { return }
        if isStopped {
            for worker in idleWorkers { worker.resume() }
            idleWorkers = []
        } else if let worker = idleWorkers.popLast() {
            worker.resume()
        }
    }

    private func settled() {
        guard isSettled else { return }
        for continuation in settling { continuation.resume() }
        settling = []
    }

    // MARK: Work

    private func work(on loop: isolated EventLoop) async {
        while !isStopped {
            guard let item = queue.take() else {
                await withCheckedContinuation { continuation in
                    if isStopped || !queue.isEmpty { continuation.resume() } else { idleWorkers.append(continuation) }
                }
                continue
            }
            do throws(Status) {
                try await bringForward(item, on: loop)
                failures[item] = nil
            } catch {
                retryLater(item, error, on: loop)
            }
            queue.finish(item)
            wake()
            settled()
        }
    }

    /// One decision after the other, until nothing is left to do.
    private func bringForward(_ item: WorkItem, on loop: isolated EventLoop) async throws(Status) {
        for _ in 0..<Limits.roundsMax {
            guard !isStopped else { return }
            let decision = try await reconciler.decide(item)
            wait(item, for: Set(decision.missingDefinitions.map { "\($0)" }))
            if decision.steps.contains(where: \.startsMachine), let pause = recreationPause(of: item) {
                return after(pause, on: loop) { self.enqueue(item) }
            }
            do throws(Status) {
                for step in decision.steps { try await perform(step, for: item) }
            } catch {
                // Somebody else was faster: what they wrote is the next thing to look at.
                guard error.reason == "Conflict" else { throw error }
                continue
            }
            guard decision.steps.contains(where: \.changesObjects) else {
                return lookAgain(item, seconds: decision.secondsToWait, on: loop)
            }
        }
        enqueue(item)
    }

    private func lookAgain(_ item: WorkItem, seconds: Int64, on loop: isolated EventLoop) {
        guard seconds > 0, clocked.insert(item).inserted else { return }
        after(seconds * 1000, on: loop) {
            self.clocked.remove(item)
            self.enqueue(item)
        }
    }

    /// Not by a task, which would wait for good for a loop that has ended.
    private func after(_ milliseconds: Int64, on loop: isolated EventLoop, _ body: @escaping () -> Void) {
        _ = Alarm(loop.selector, at: loop.selector.now + milliseconds) {
            if !self.isStopped { body() }
        }
    }

    /// Milliseconds that a VM's next VMI must wait; `nil` when it need not.
    private func recreationPause(of machine: WorkItem) -> Int64? {
        guard let end = ended[machine] else { return nil }
        let left = Int64(Limits.recreationPauseMilliseconds) - (ContinuousClock.now - end).milliseconds
        if left <= 0 { ended[machine] = nil }
        return left > 0 ? left : nil
    }

    private func wait(_ item: WorkItem, for definitions: Set<String>) {
        let old = awaited[item] ?? []
        guard definitions != old else { return }
        for definition in old.subtracting(definitions) {
            waiting[definition]?.remove(item)
            if waiting[definition]?.isEmpty == true { waiting[definition] = nil }
        }
        for definition in definitions { waiting[definition, default: []].insert(item) }
        awaited[item] = definitions.isEmpty ? nil : definitions
    }

    private func perform(_ step: Step, for item: WorkItem) async throws(Status) {
        switch step {
        case .record(let note): await record(note)
        case .create(let resource, let object, let owner):
            do throws(Status) {
                changed(resource, object, try await reconciler.perform(step), by: item)
            } catch {
                // The words of KubeVirt v1.0.1 `watch/vm.go` and `watch/vmi.go`.
                let kind = resource == .pod ? "pod" : "virtual machine instance"
                let message = "Error creating \(kind): \(error.message)"
                await record(EventNote(.warning, "FailedCreate", message, from: .controller, about: owner))
                if item.kind == .machine { await tell(.start(error.message), of: item) }
                throw error
            }
        case .replace(let resource, let object), .replaceStatus(let resource, let object):
            changed(resource, object, try await reconciler.perform(step), by: item)
        case .delete(let resource, let object):
            // It may still be there, held by finalizers; its end is the watch's to tell.
            do throws(Status) {
                try await reconciler.perform(step)
            } catch {
                if item.kind == .machine, error.reason != "Conflict" { await tell(.stop(error.message), of: item) }
                throw error
            }
            noticed(resource, object, isDeleted: false, by: item)
        }
    }

    /// A VM tells what it has failed with as well as it can; its next try decides.
    private func tell(_ failure: MachineFailure, of item: WorkItem) async {
        do throws(Status) {
            try await reconciler.tell(failure, of: item)
        } catch {
            logger.info("cannot tell of a failure", metadata: ["name": "\(item.name)", "error": "\(error.message)"])
        }
    }

    /// Takes note of a change made here, before its watch tells of it; not of one that may have taken away the last
    /// finalizer of an object, and so ended it.
    private func changed(_ resource: Resource, _ object: JSONValue, _ resourceVersion: UInt64?, by item: WorkItem) {
        if !object.isBeingDeleted, let resourceVersion, resourceVersion > told[resource] ?? 0 {
            ownChanges.insert(resourceVersion)
        }
        noticed(resource, object, isDeleted: false, by: item)
    }

    /// Events are told as well as can be; nothing depends on them.
    private func record(_ note: EventNote) async {
        do throws(Status) {
            try await recorder.record(note)
        } catch {
            logger.info("cannot record an event", metadata: ["reason": "\(note.reason)", "error": "\(error.message)"])
        }
    }

    private func retryLater(_ item: WorkItem, _ error: Status, on loop: isolated EventLoop) {
        let count = failures[item, default: 0]
        failures[item] = min(count + 1, 30)
        let pause = min(Limits.firstRetryMilliseconds << Int64(min(count, 20)), Limits.lastRetryMilliseconds)
        logger.log(
            level: count == 0 ? .info : .warning, "will look again",
            metadata: [
                "kind": "\(item.kind)", "namespace": "\(item.namespace)", "name": "\(item.name)",
                "error": "\(error.message)", "after": "\(pause)ms",
            ])
        after(pause, on: loop) { self.enqueue(item) }
    }

    // MARK: Events

    private func sweepEvents(on loop: isolated EventLoop) async {
        do throws(Status) {
            if !areEventsLoaded {
                try await recorder.load()
                areEventsLoaded = true
            }
            try await recorder.removeOld()
        } catch {
            logger.warning("cannot remove old events", metadata: ["error": "\(error.message)"])
        }
        after(Limits.eventSweepMilliseconds, on: loop) {
            Task.immediate { await loop.staying { await self.sweepEvents(on: loop) } }
        }
    }
}
