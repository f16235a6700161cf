import HTTPWire

/// The content of one request: what has come of it, and who waits for it.
///
/// Belongs to one loop.
final class RequestBody {
    private enum Mode {
        /// Nobody has asked: a little is held, then reading pauses.
        case holding
        case collecting
        /// Nobody will ask: the framing is followed and the content dropped.
        case discarding
    }

    private let configuration: ServerConfiguration
    /// Content-Length, if there is one: bytes.
    private let expectedBytes: Int?
    private var mode = Mode.holding
    private var content: [UInt8] = []
    private var contentBytes = 0
    private var waiter: CheckedContinuation<Void, Never>?
    private(set) var isComplete: Bool
    private(set) var failure: HTTPWireError?
    /// Bytes that came, framing included.
    private(set) var receivedBytes = 0
    /// Called with the bytes that will not be held any longer: more may come.
    var onDemand: ((Int) -> Void)?
    /// Called once, before content is awaited, to send 100.
    var onAwait: (() -> Void)?

    init(isComplete: Bool, expectedBytes: Int?, configuration: ServerConfiguration) {
        self.isComplete = isComplete
        self.expectedBytes = expectedBytes
        self.configuration = configuration
    }

    /// Whether the handler cannot go on without more: from when it asks, which is before it waits.
    var isAwaited: Bool {
        switch mode {
        case .holding: false
        case .collecting: isOpen
        case .discarding: wantsMoreToDiscard
        }
    }

    private var isOpen: Bool { !isComplete && failure == nil }

    /// Whether more should be read from the peer for this content now.
    var wantsContent: Bool {
        isOpen && (mode != .holding || content.count < configuration.inboundBytesMax)
    }

    /// Takes content that cost `bytes` on the wire, and answers how much of it is not held.
    @discardableResult
    func receive(_ piece: [UInt8], bytes: Int) -> Int {
        receivedBytes += bytes
        contentBytes += piece.count
        guard isOpen else { return piece.count }
        guard contentBytes <= configuration.http.bodyBytesMax else {
            fail(.bodyTooLarge(configuration.http))
            return piece.count
        }
        switch mode {
        case .holding:
            content.append(contentsOf: piece)
            return 0
        case .collecting:
            content.append(contentsOf: piece)
            return piece.count
        case .discarding:
            // Whoever waits on stays awaited, and its time limits hold.
            if !wantsMoreToDiscard { wake() }
            return piece.count
        }
    }

    /// The peer has sent all of it.
    func complete() {
        guard isOpen else { return }
        isComplete = true
        wake()
    }

    /// Ends the content early: the framing is broken, the peer has gone, or was too slow.
    func fail(_ error: HTTPWireError) {
        guard isOpen else { return }
        failure = error
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    func collect() async throws(HTTPWireError) -> [UInt8] {
        if isOpen {
            onAwait?()
            onAwait = nil
        }
        mode = .collecting
        onDemand?(content.count)
        while isOpen { await waitForMore { self.isOpen } }
        if let failure { throw failure }
        defer { content = [] }
        return content
    }

    /// Reads to the end of the content within the limit, so that the connection can serve another request.
    ///
    /// Answers whether the end was reached.
    func discard() async -> Bool {
        guard isOpen else { return isComplete }
        guard (expectedBytes ?? 0) - receivedBytes <= configuration.discardBytesMax else { return false }
        mode = .discarding
        let held = content.count
        content = []
        onDemand?(held)
        while wantsMoreToDiscard { await waitForMore { self.wantsMoreToDiscard } }
        return isComplete
    }

    private var wantsMoreToDiscard: Bool { isOpen && receivedBytes <= configuration.discardBytesMax }

    /// Waits until `wake`, if `isStillWanted`.
    ///
    /// It is asked once more, because the loop may take a turn between the caller's look and the wait.
    private func waitForMore(_ isStillWanted: () -> Bool) async {
        await withCheckedContinuation { continuation in
            if isStillWanted() { waiter = continuation } else { continuation.resume() }
        }
    }
}
