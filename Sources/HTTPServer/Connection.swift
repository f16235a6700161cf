import HTTPWire
import Logging
import Reactor
import TLS

/// One accepted socket: moves bytes between it, its TLS session and its HTTP/1.1 session.
///
/// Never leaves its loop.
final class Connection: ReadinessHandler {
    private enum State {
        case handshaking
        case open
        /// The response is on its way and nothing more will be served: reads, so that no reset overtakes it.
        case lingering
        case closed
    }

    let context: LoopContext
    let peerAddress: SocketAddress?
    private var socket: Descriptor?
    private var token: Selector.Token?
    private let tls: TLSSession?
    private var state: State
    /// Made once it is known which protocol is spoken.
    private lazy var session: any HTTPSession = makeSession()
    // Ciphertext (or plain bytes) that the socket has not taken yet.
    private var outbound = ByteQueue()
    private var writeWaiters: [CheckedContinuation<Void, Never>] = []
    /// Set while something waits for the socket.
    private var writeWait: TransferWait?
    private var stateDeadline: Int64
    private var lingered = 0
    private var peerClosed = false
    private var verified: (pool: CertificatePool, result: PeerVerification)?

    /// Takes the socket; `start` begins.
    init(socket: consuming Descriptor, peer: SocketAddress?, context: LoopContext) throws(TLSError) {
        self.context = context
        peerAddress = peer
        if let tls = context.tls {
            self.tls = try TLSSession(serverOf: tls.context, scratch: context.scratch)
            state = .handshaking
            stateDeadline = context.selector.now + context.configuration.handshakeTimeout
        } else {
            tls = nil
            state = .open
            stateDeadline = context.selector.now + context.configuration.idleTimeout
        }
        socket.prepareConnection(deliveryTimeout: context.configuration.writeStallTimeout)
        self.socket = consume socket
    }

    func start() throws(SystemError) {
        guard let descriptor = socket?.rawValue else { return }
        token = try context.selector.register(descriptor, interest: .readable, handler: self)
        context.add(self)
        updateDeadline()
    }

    // MARK: Readiness

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) {
        if readiness.isAny(.writable) { flush(on: loop) }
        if readiness.isAny(.failed), !wantsToRead {
            // Nothing will be read that could tell more, and epoll would tell it again at once.
            close()
        } else if readiness.isAny(.readable) || readiness.isAny(.failed) {
            read(on: loop)
        }
        settle()
    }

    func deadlinePassed(on loop: isolated EventLoop) {
        let now = context.selector.now
        if let writeDeadline, writeDeadline <= now { return close() }
        switch state {
        case .handshaking, .lingering: if stateDeadline <= now { close() }
        case .open: session.deadlinePassed(now: now)
        case .closed: break
        }
        settle()
    }

    private func read(on loop: isolated EventLoop) {
        for _ in 0..<context.configuration.readsPerTurn {
            guard let descriptor = socket?.rawValue, wantsToRead else { return }
            switch context.calls.read(descriptor, into: &context.readBuffer) {
            case .wouldBlock: return
            case .failed: return close()
            case .endOfStream: return endOfStream(on: loop)
            case .bytes(let count):
                guard receive(count, on: loop) else { return }
                // A short read has emptied the socket; epoll tells when there is more.
                if count < context.readBuffer.count { return }
            }
        }
    }

    /// The peer has sent its FIN; what it asked for before is still on its way to it.
    private func endOfStream(on loop: isolated EventLoop) {
        peerClosed = true
        switch state {
        case .open: session.peerClosed(on: loop)
        case .lingering: if backlog == 0 { close() }
        case .handshaking, .closed: close()
        }
    }

    /// Takes `readBuffer[..<count]`; answers whether to go on reading.
    private func receive(_ count: Int, on loop: isolated EventLoop) -> Bool {
        if state == .lingering {
            lingered += count
            if lingered > context.configuration.discardBytesMax { close() }
            return state == .lingering
        }
        guard let tls else {
            session.receive(Array(context.readBuffer[..<count]), on: loop)
            return state == .open
        }
        if state == .handshaking, !tls.hasBegun, PlainHTTP.isRequest(context.readBuffer[..<count]) {
            write(PlainHTTP.answer)
            close()
            return false
        }
        var output: [UInt8] = []
        var plaintext: [UInt8] = []
        do throws(TLSError) {
            let outcome = try tls.receive(
                context.readBuffer, count: count, plaintext: &plaintext, output: &output)
            write(output)
            if state == .handshaking, tls.isEstablished {
                state = .open
                // In TLS 1.3 nothing is sent after the client's Finished that could carry the acknowledgement.
                socket?.acknowledgeNow()
            }
            if state == .open, !plaintext.isEmpty { session.receive(plaintext, on: loop) }
            if outcome == .closedByPeer, state == .open { session.peerClosed(on: loop) }
            return state == .open || state == .handshaking
        } catch {
            context.logger.debug("TLS failed", metadata: ["peer": "\(peerName)", "error": "\(error)"])
            write(output)
            close()
            return false
        }
    }

    private func makeSession() -> any HTTPSession {
        if let tls, tls.isHTTP2, let session = HTTP2Connection(connection: self) { return session }
        return HTTP1Session(connection: self)
    }

    var peerName: String { peerAddress.map { "\($0)" } ?? "unknown" }

    private var wantsToRead: Bool {
        switch state {
        case .handshaking: true
        case .lingering: !peerClosed
        case .open: !peerClosed && session.wantsToRead
        case .closed: false
        }
    }

    // MARK: Sending

    var canSend: Bool { state == .open }

    /// Encrypts and sends, or keeps what the socket does not take.
    func send(_ plaintext: [UInt8]) {
        guard state == .open, !plaintext.isEmpty else { return }
        guard let tls else { return write(plaintext) }
        context.records.removeAll(keepingCapacity: true)
        do throws(TLSError) {
            try tls.send(plaintext, output: &context.records)
            write(context.records)
        } catch {
            close()
        }
        context.shrinkRecords()
    }

    private func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, state != .closed, let descriptor = socket?.rawValue else { return }
        guard outbound.isEmpty else {
            outbound.append(bytes)
            return
        }
        var offset = 0
        while offset < bytes.count {
            switch context.calls.write(descriptor, from: bytes, at: offset) {
            case .bytes(let count): offset += count
            case .wouldBlock, .endOfStream:
                outbound = ByteQueue(bytes, sent: offset)
                writeWait = TransferWait(began: context.selector.now)
                return updateInterest()
            case .failed: return close()
            }
        }
    }

    private func flush(on loop: isolated EventLoop) {
        while !outbound.isEmpty {
            guard let descriptor = socket?.rawValue else { return }
            switch context.calls.write(descriptor, from: outbound.bytes, at: outbound.start) {
            case .bytes(let count):
                outbound.removeFirst(count)
                writeWait?.moved(count, at: context.selector.now)
            case .wouldBlock, .endOfStream: return wakeWritersIfDrained()
            case .failed: return close()
            }
        }
        writeWait = nil
        wakeWritersIfDrained()
        switch state {
        case .open: session.outputDrained(on: loop)
        case .lingering: finishSending()
        case .handshaking, .closed: break
        }
    }

    /// Bytes that wait for the peer.
    var backlog: Int { outbound.count }

    private func wakeWritersIfDrained() {
        guard backlog <= context.configuration.outboundBytesMax / 4 || state == .closed else { return }
        let waiters = writeWaiters
        writeWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    /// Waits while the peer is slow; answers whether it is still there.
    func waitUntilWritable() async -> Bool {
        while isCongested {
            await withCheckedContinuation { continuation in
                // The loop may have taken a turn since.
                if isCongested { writeWaiters.append(continuation) } else { continuation.resume() }
            }
        }
        return canSend
    }

    private var isCongested: Bool { canSend && backlog > context.configuration.outboundBytesMax }

    // MARK: Ending

    /// Ends the connection once what was sent is out: close_notify, FIN, and a short wait for the peer's.
    func linger() {
        guard state == .open else { return }
        var output: [UInt8] = []
        tls?.close(output: &output)
        write(output)
        guard state != .closed else { return }
        state = .lingering
        // Until all is sent, only a stall of the peer's ends it.
        stateDeadline = Int64.max
        session.cancel()
        wakeWritersIfDrained()
        if backlog == 0 { finishSending() }
        settle()
    }

    /// All has been sent: FIN, and a short wait for the peer's.
    private func finishSending() {
        if peerClosed { return close() }
        socket?.shutdownWriting()
        stateDeadline = context.selector.now + context.configuration.lingerTimeout
    }

    /// Ends the connection now.
    func close() {
        guard state != .closed else { return }
        let wasOpen = state == .open
        state = .closed
        if let token { context.selector.deregister(token) }
        token = nil
        socket = nil
        outbound = ByteQueue()
        if wasOpen { session.cancel() }
        wakeWritersIfDrained()
        context.remove(self)
    }

    /// Ends an idle connection; one with a request ends after its response.
    func drain() {
        switch state {
        case .open: session.drain()
        case .handshaking: close()
        case .lingering, .closed: break
        }
    }

    // MARK: Interest and deadline

    /// Brings epoll's interest and the deadline in step with the state.
    ///
    /// Called whenever it may have changed.
    func settle() {
        updateInterest()
        updateDeadline()
    }

    private func updateInterest() {
        guard let token else { return }
        context.selector.setInterest(Readiness(reading: wantsToRead, writing: backlog > 0), for: token)
    }

    private func updateDeadline() {
        guard let token else { return }
        let deadline: Int64? = state == .open ? session.deadline : stateDeadline
        context.selector.setDeadline(
            writeDeadline.map { min($0, deadline ?? Int64.max) } ?? deadline, for: token)
    }

    /// When a peer that does not take what was sent has done so for too long.
    private var writeDeadline: Int64? { writeWait.map(context.configuration.writePace.deadline) }

    // MARK: Identity

    func verifyPeer(against pool: CertificatePool) -> PeerVerification {
        guard let tls else { return .none }
        if let verified, verified.pool === pool {
            guard case .verified(let certificate) = verified.result, certificate.notAfter <= WallClock.seconds else {
                return verified.result
            }
        }
        let result = tls.verifyPeer(against: pool)
        verified = (pool, result)
        return result
    }
}
