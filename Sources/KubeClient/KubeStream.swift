import Reactor

/// An answer that is read as it comes, and ends when nothing comes for a while.
///
/// Belongs to one loop.
package final class KubeStream {
    private let transfer: Transfer
    private let transfers: TransferLoop
    private let silence: Silence

    init(_ transfer: Transfer, _ transfers: TransferLoop, _ limits: KubeClientLimits, on loop: isolated EventLoop) {
        self.transfer = transfer
        self.transfers = transfers
        silence = Silence(transfer, transfers, limits, on: loop)
    }

    package var status: Int { transfer.status }
    package var retryAfterSeconds: Int? {
        KubeResponse(status: status, fields: transfer.fields, body: []).retryAfterSeconds
    }

    /// What has come; `nil` at the end.
    ///
    /// Throws a timeout when nothing has come for `watchIdleTimeout`.
    package func next() async throws(KubeClientError) -> [UInt8]? { try await transfer.nextContent() }

    /// To be called, at the end too: until then the loop keeps it.
    package func cancel() {
        silence.end()
        transfers.cancel(transfer)
    }
}

/// Ends a transfer that says nothing.
private final class Silence: ReadinessHandler {
    private let transfer: Transfer
    private let transfers: TransferLoop
    private let limits: KubeClientLimits
    private let selector: Selector
    private var token: Selector.Token?

    init(_ transfer: Transfer, _ transfers: TransferLoop, _ limits: KubeClientLimits, on loop: isolated EventLoop) {
        self.transfer = transfer
        self.transfers = transfers
        self.limits = limits
        selector = loop.selector
        token = selector.registerTimer(at: deadline, handler: self)
        transfer.received = { [unowned self] in
            if let token { selector.setDeadline(deadline, for: token) }
        }
    }

    /// On a connection that was open the head may have come already when this begins.
    private var deadline: Int64 {
        selector.now + (transfer.hasHead ? limits.watchIdleTimeout : limits.watchHeadTimeout)
    }

    func end() {
        transfer.received = nil
        if let token { selector.deregister(token) }
        token = nil
    }

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) {}

    func deadlinePassed(on loop: isolated EventLoop) {
        transfer.fail(
            .timeout,
            transfer.hasHead
                ? "no byte for \(limits.watchIdleTimeout) ms" : "no answer in \(limits.watchHeadTimeout) ms")
        end()
        transfers.cancel(transfer)
        transfers.retire()
    }
}
