import HTTPWire

/// The content of one request as it arrives.
///
/// Bytes in from the connection, out to whoever asks.
final class RequestBody {
    private enum Mode {
        /// Nobody has asked: a little is held, then reading pauses.
        case holding
        case collecting
        /// Nobody will ask: the framing is followed and the content dropped.
        case discarding
    }

    private let framing: BodyFraming
    private let configuration: ServerConfiguration
    private var decoder: ChunkedDecoder
    private var remaining: Int
    private var mode = Mode.holding
    private var content: [UInt8] = []
    private var waiter: CheckedContinuation<Void, Never>?
    private(set) var isComplete: Bool
    private(set) var failure: HTTPWireError?
    /// Bytes that came, framing included.
    private(set) var received = 0
    /// Called when reading must go on.
    var onDemand: (() -> Void)?
    /// Called before content is awaited, to send 100.
    var onAwait: (() -> Void)?

    init(framing: BodyFraming, configuration: ServerConfiguration) {
        self.framing = framing
        self.configuration = configuration
        decoder = ChunkedDecoder(limits: configuration.http)
        if case .length(let length) = framing { remaining = length } else { remaining = 0 }
        isComplete = framing == .none
    }

    var isAwaited: Bool { waiter != nil }

    /// Whether more bytes should be read from the peer for this content now.
    var wantsBytes: Bool {
        !isComplete && failure == nil && (mode != .holding || content.count < configuration.inboundBytesMax)
    }

    /// Takes `buffer[range]` as far as it is this content's, and answers where that ends.
    func take(_ buffer: [UInt8], _ range: Range<Int>) -> Int {
        guard wantsBytes, !range.isEmpty else { return range.lowerBound }
        var end = range.lowerBound
        switch framing {
        case .none: break
        case .length:
            end += min(remaining, range.count)
            content.append(contentsOf: buffer[range.lowerBound..<end])
            remaining -= end - range.lowerBound
            isComplete = remaining == 0
        case .chunked:
            do throws(HTTPWireError) {
                end = try decoder.decode(buffer, range, into: &content)
                isComplete = decoder.isDone
            } catch {
                failure = error
            }
        }
        received += end - range.lowerBound
        if mode == .discarding { content = [] }
        if isComplete || failure != nil || mode == .discarding { wake() }
        return end
    }

    /// Ends the content early: the peer has gone, or was too slow.
    func fail(_ error: HTTPWireError) {
        guard !isComplete, failure == nil else { return }
        failure = error
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    func collect() async throws(HTTPWireError) -> [UInt8] {
        mode = .collecting
        if !isComplete, failure == nil { onAwait?() }
        onDemand?()
        while !isComplete, failure == nil { await withCheckedContinuation { waiter = $0 } }
        if let failure { throw failure }
        defer { content = [] }
        return content
    }

    /// Reads to the end of the content within the limit, so that the connection can serve another request.
    ///
    /// Answers whether the end was reached.
    func discard() async -> Bool {
        guard !isComplete, failure == nil else { return failure == nil }
        mode = .discarding
        content = []
        guard remaining <= configuration.discardBytesMax else { return false }
        onDemand?()
        while !isComplete, failure == nil, received <= configuration.discardBytesMax {
            await withCheckedContinuation { waiter = $0 }
        }
        return isComplete
    }
}
