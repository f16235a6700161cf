import Foundation
import Reactor
import Synchronization

/// The signals that ask the process to end.
///
/// The second one ends it at once.
final class SignalQueue: Sendable {
    private struct State {
        var received: Int32?
        var waiter: CheckedContinuation<Int32, Never>?
    }

    private let state = Mutex(State())

    init(on loop: EventLoop) async throws {
        try await start(on: loop)
    }

    private func start(on loop: isolated EventLoop) throws {
        try SignalWatcher.start(on: loop) { [self] signal in receive(signal) }
    }

    private func receive(_ signal: Int32) {
        let (waiter, isSecond) = state.withLock { state in
            defer {
                state.received = state.received ?? signal
                state.waiter = nil
            }
            return (state.waiter, state.received != nil)
        }
        if isSecond { exit(128 + signal) }
        waiter?.resume(returning: signal)
    }

    func next() async -> Int32 {
        await withCheckedContinuation { continuation in
            let received = state.withLock { state in
                if state.received == nil { state.waiter = continuation }
                return state.received
            }
            if let received { continuation.resume(returning: received) }
        }
    }
}
