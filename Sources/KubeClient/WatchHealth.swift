import Synchronization

/// Whether a watch keeps its copy, for `/readyz`.
package final class WatchHealth: Sendable {
    /// Why it is not well; empty while there is no reason yet.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    private struct State {
        var hasBeenCurrent = false
        var failure: (reason: String, since: ContinuousClock.Instant)?
        var waiters: [CheckedContinuation<Void, Never>] = []

        var isSettled: Bool { hasBeenCurrent || failure != nil }
    }

    /// A copy may be as old before it counts: a kube-apiserver that restarts is back by then.
    private static let patience = Duration.seconds(15)

    private let state = Mutex(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
    }

    package func record(_ change: Watch.State) {
        let now = now()
        let waiters = state.withLock { state in
            switch change {
            case .current:
                state.hasBeenCurrent = true
                state.failure = nil
            case .failing(let reason, _): state.failure = (reason, state.failure?.since ?? now)
            }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits for the first copy.
    ///
    /// Throws the failure that came before it.
    package func settle() async throws(Failure) {
        await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state in
                if !state.isSettled { state.waiters.append(continuation) }
                return state.isSettled
            }
            if isSettled { continuation.resume() }
        }
        let problem = state.withLock { $0.hasBeenCurrent ? nil : $0.failure?.reason }
        if let problem { throw Failure(description: problem) }
    }

    /// The reason of a failure that still lasts.
    package var reason: String? { state.withLock { $0.failure?.reason } }

    /// Throws when there has been no copy yet, or none that is fresh for a while.
    package func check() throws(Failure) {
        let now = now()
        let problem: String? = state.withLock { state in
            if let failure = state.failure, !state.hasBeenCurrent || now - failure.since > Self.patience {
                return failure.reason
            }
            return state.hasBeenCurrent ? nil : "not read yet"
        }
        if let problem { throw Failure(description: problem) }
    }
}
