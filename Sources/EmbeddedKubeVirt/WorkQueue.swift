/// Which objects wait to be looked at, each once, and which are being looked at: one is never in two hands
/// (client-go `util/workqueue`).
struct WorkQueue {
    private var waiting = FIFO<WorkItem>()
    private var queued: Set<WorkItem> = []
    private var taken: Set<WorkItem> = []
    /// Taken ones that were added again meanwhile.
    private var again: Set<WorkItem> = []

    var isEmpty: Bool { queued.isEmpty }
    /// Nothing waits, and nothing is being looked at.
    var isIdle: Bool { queued.isEmpty && taken.isEmpty }

    mutating func add(_ item: WorkItem) {
        if taken.contains(item) {
            again.insert(item)
        } else if queued.insert(item).inserted {
            waiting.append(item)
        }
    }

    mutating func take() -> WorkItem? {
        guard let item = waiting.popFirst() else { return nil }
        queued.remove(item)
        taken.insert(item)
        return item
    }

    mutating func finish(_ item: WorkItem) {
        taken.remove(item)
        if again.remove(item) != nil { add(item) }
    }
}
