import Reactor

/// The protocol that a connection speaks inside TLS: HTTP/1.1 or HTTP/2.
protocol HTTPSession: AnyObject {
    /// Takes plaintext and serves what it brings, until that is used up or a handler must wait.
    func receive(_ plaintext: [UInt8], on loop: isolated EventLoop)

    /// The socket has taken what was sent: there is room for more.
    func outputDrained(on loop: isolated EventLoop)

    /// The peer has sent its last byte.
    func peerClosed(on loop: isolated EventLoop)

    /// Whether the peer should be read from.
    var wantsToRead: Bool { get }

    /// When to be told that time is up: milliseconds; `nil` means never.
    var deadline: Int64? { get }
    func deadlinePassed(now: Int64)

    /// Ends after what is being served, or now if that is nothing; streamed responses are asked to end.
    func drain()

    /// Tells the running handlers that nobody waits for them any more. The connection is at its end.
    func cancel()
}

/// Where a streamed response goes.
protocol ResponseSink: AnyObject {
    var canSend: Bool { get }
    func sendContent(_ content: [UInt8])
    /// Waits while the peer is slow; answers whether it is still there.
    func waitUntilWritable() async -> Bool
    /// Breaks the response off.
    func abort()
    var context: LoopContext { get }
}
