import CLinux
import Glibc

/// Turns SIGINT, SIGTERM and SIGHUP into calls on a loop.
///
/// Wraps `signalfd(2)`.
package final class SignalWatcher: ReadinessHandler {
    private let descriptor: Descriptor
    private let received: @Sendable (Int32) -> Void

    /// Blocks the signals and ignores SIGPIPE.
    ///
    /// To be called first in `main`, before a thread is made: each thread inherits the mask.
    package static func blockSignals() {
        clinux_block_signals()
    }

    /// Watches on `loop` for the life of the loop.
    package static func start(
        on loop: isolated EventLoop, _ received: @escaping @Sendable (Int32) -> Void
    ) throws(SystemError) {
        let raw = clinux_signal_descriptor()
        guard raw >= 0 else { throw SystemError("signalfd", errno: -raw) }
        let watcher = SignalWatcher(descriptor: Descriptor(raw), received: received)
        _ = try loop.selector.register(raw, interest: .readable, handler: watcher)
    }

    private init(descriptor: consuming Descriptor, received: @escaping @Sendable (Int32) -> Void) {
        self.descriptor = descriptor
        self.received = received
    }

    package func ready(_ readiness: Readiness, on loop: isolated EventLoop) {
        while case let signal = clinux_next_signal(descriptor.rawValue), signal > 0 {
            received(signal)
        }
    }

    package func deadlinePassed(on loop: isolated EventLoop) {}
}
