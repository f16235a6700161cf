package import Reactor

/// A time at which something is done, on its connection's loop.
package final class Alarm: ReadinessHandler {
    private let selector: Selector
    private let body: () -> Void
    private var token: Selector.Token?

    init(selector: Selector, milliseconds: Int64, _ body: @escaping () -> Void) {
        self.selector = selector
        self.body = body
        token = selector.registerTimer(at: selector.now + milliseconds, handler: self)
    }

    /// It must be called, or the time be waited for: until then the loop keeps the alarm.
    package func cancel() {
        if let token { selector.deregister(token) }
        token = nil
    }

    package func ready(_ readiness: Readiness, on loop: isolated EventLoop) {}

    package func deadlinePassed(on loop: isolated EventLoop) {
        cancel()
        body()
    }
}
