/// A time at which something is done, on the loop of its selector.
package final class Alarm: ReadinessHandler {
    private let selector: Selector
    private let body: () -> Void
    private var token: Selector.Token?

    /// - Parameter time: milliseconds of the selector's clock.
    package init(_ selector: Selector, at time: Int64, _ body: @escaping () -> Void) {
        self.selector = selector
        self.body = body
        token = selector.registerTimer(at: time, handler: self)
    }

    /// It must be called, or the time be waited for: until then the loop keeps the alarm.
    package func cancel() {
        if let token { selector.deregister(token) }
        token = nil
    }

    package func ready(_ readiness: Readiness, on loop: isolated EventLoop) {}

    package func deadlinePassed(on loop: isolated EventLoop) {
        // Another one of the same sweep may have cancelled it.
        guard token != nil else { return }
        cancel()
        body()
    }
}
