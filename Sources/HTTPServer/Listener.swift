import Logging
import Reactor
import TLS

/// One loop's listening socket (socket(7), `SO_REUSEPORT`).
final class Listener: ReadinessHandler {
    /// Milliseconds without accepting after the process ran out of descriptors.
    private static let exhaustionPause: Int64 = 100
    /// Milliseconds between two lines that tell of it.
    private static let exhaustionLogInterval: Int64 = 10_000

    private var socket: Descriptor?
    private let context: LoopContext
    private var token: Selector.Token?
    /// When the log may tell of an exhaustion again.
    private var quietUntil = Int64.min

    init(socket: consuming Descriptor, context: LoopContext) {
        self.socket = consume socket
        self.context = context
    }

    func start() throws(SystemError) {
        guard let descriptor = socket?.rawValue else { return }
        token = try context.selector.register(descriptor, interest: .readable, handler: self)
        context.onRoom = { [unowned self] in acceptIfRoom() }
    }

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) {
        for _ in 0..<context.configuration.acceptsPerTurn {
            guard context.connections.count < context.configuration.connectionsPerLoopMax else {
                return pause(until: nil)
            }
            guard let listening = socket?.rawValue else { return }
            let (descriptor, peer) = context.calls.accept(listening)
            if descriptor >= 0 {
                open(Descriptor(descriptor), peer)
            } else if SystemError("accept", errno: -descriptor).isExhaustion {
                tellOfExhaustion(SystemError("accept", errno: -descriptor))
                return pause(until: context.selector.now + Self.exhaustionPause)
            } else if SystemError("accept", errno: -descriptor).isWouldBlock {
                return
            }
            // Anything else is about one connection that has already gone (accept(2)).
        }
    }

    /// Every pause would be a line, for as long as the exhaustion lasts.
    private func tellOfExhaustion(_ error: SystemError) {
        guard context.selector.now >= quietUntil else { return }
        quietUntil = context.selector.now + Self.exhaustionLogInterval
        context.logger.warning(
            "out of file descriptors or memory: accepting pauses again and again",
            metadata: ["error": "\(error)", "connections": "\(context.connections.count)"])
    }

    private func open(_ descriptor: consuming Descriptor, _ peer: SocketAddress?) {
        do {
            try Connection(socket: descriptor, peer: peer, context: context).start()
        } catch {
            context.logger.error("a connection could not be opened", metadata: ["error": "\(error)"])
        }
    }

    private func pause(until deadline: Int64?) {
        guard let token else { return }
        context.selector.setInterest([], for: token)
        context.selector.setDeadline(deadline, for: token)
    }

    func deadlinePassed(on loop: isolated EventLoop) {
        acceptIfRoom()
    }

    private func acceptIfRoom() {
        guard let token, context.connections.count < context.configuration.connectionsPerLoopMax else { return }
        context.selector.setInterest(.readable, for: token)
    }

    /// Takes no more connections: the kernel refuses them, so that their clients need not wait to learn it.
    func stop() {
        context.onRoom = nil
        if let token { context.selector.deregister(token) }
        token = nil
        socket = nil
    }
}
