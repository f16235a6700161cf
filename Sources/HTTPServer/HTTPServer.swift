package import Logging
package import Reactor
import TLS

/// An HTTPS server: one loop a thread, each with its own listener on the same port.
package struct HTTPServer: Sendable {
    /// Where it listens; the port is the real one when 0 was asked for.
    package let address: SocketAddress
    private let loops: [EventLoop]

    /// Listens on `address` with every loop.
    ///
    /// - Parameters:
    ///   - tls: `nil` serves plain HTTP, for tests on loopback.
    ///   - calls: the kernel, which tests may play.
    package init(
        on address: SocketAddress, loops: [EventLoop], handler: any HTTPHandler, tls: TLSContextReference?,
        configuration: ServerConfiguration = ServerConfiguration(), calls: SystemCalls = .linux, logger: Logger
    ) async throws {
        self.loops = loops
        // Another server on the port would share its connections.
        if address.port != 0 { try Descriptor.checkFree(address) }
        var bound = address
        for loop in loops {
            // The first loop settles the port for the others.
            bound = try await loop.serve(
                on: bound, handler: handler, tls: tls, configuration: configuration, calls: calls, logger: logger)
        }
        self.address = bound
    }

    /// Stops accepting, ends idle connections, lets requests finish, and after `grace` milliseconds ends the rest.
    package func shutdown(grace: Int64) async {
        await withTaskGroup(of: Void.self) { group in
            for loop in loops {
                group.addTask { await loop.drain(grace: grace) }
            }
        }
    }
}

/// The server's part of one loop; kept as the loop's attachment.
private final class Site {
    let context: LoopContext
    let listener: Listener

    init(context: LoopContext, listener: Listener) {
        self.context = context
        self.listener = listener
    }
}

extension EventLoop {
    fileprivate func serve(
        on address: SocketAddress, handler: any HTTPHandler, tls: TLSContextReference?,
        configuration: ServerConfiguration, calls: SystemCalls, logger: Logger
    ) throws -> SocketAddress {
        let socket = try Descriptor.listening(on: address, backlog: configuration.backlog)
        let bound = try socket.localAddress()
        let context = try LoopContext(
            selector: selector, configuration: configuration, handler: handler, tls: tls, calls: calls, logger: logger)
        let listener = Listener(socket: socket, context: context)
        try listener.start()
        attachment = Site(context: context, listener: listener)
        return bound
    }

    fileprivate func drain(grace: Int64) async {
        guard let site = attachment as? Site else { return }
        site.listener.stop()
        await withCheckedContinuation { continuation in
            let drain = Drain(context: site.context, continuation: continuation)
            drain.token = selector.registerTimer(at: selector.now + grace, handler: drain)
            site.context.onDrained = { drain.finish() }
            site.context.drain()
        }
        attachment = nil
    }
}

/// Waits for the last connection, or for the deadline.
private final class Drain: ReadinessHandler {
    private let context: LoopContext
    private var continuation: CheckedContinuation<Void, Never>?
    var token: Selector.Token?

    init(context: LoopContext, continuation: CheckedContinuation<Void, Never>) {
        self.context = context
        self.continuation = continuation
    }

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) {}

    func deadlinePassed(on loop: isolated EventLoop) {
        context.closeAll()
        finish()
    }

    func finish() {
        context.onDrained = nil
        if let token { context.selector.deregister(token) }
        token = nil
        continuation?.resume()
        continuation = nil
    }
}
