import CLinux
import Glibc

/// The owner of a file descriptor, which closes it once.
package struct Descriptor: ~Copyable {
    package let rawValue: Int32

    package init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        // On Linux the descriptor is gone even when close(2) is interrupted: never repeat it.
        _ = Glibc.close(rawValue)
    }

    /// A listening stream socket that shares its port with those of other loops (`SO_REUSEPORT`, socket(7)).
    ///
    /// A port of 0 takes a free one; `localAddress` tells which.
    package static func listening(on address: SocketAddress, backlog: Int32) throws(SystemError) -> Descriptor {
        let raw = clinux_stream_socket(address.family)
        guard raw >= 0 else { throw SystemError("socket", errno: -raw) }
        let socket = Descriptor(raw)
        try socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        try socket.setOption(SOL_SOCKET, SO_REUSEPORT, 1)
        try socket.bind(to: address)
        guard listen(raw, backlog) == 0 else { throw SystemError("listen", errno: errno) }
        return socket
    }

    private func bind(to address: SocketAddress) throws(SystemError) {
        if address.family == AF_INET6 { try setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        var storage = address.storage
        let size = socklen_t(
            address.family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
        let failure = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(rawValue, $0, size) < 0 ? errno : 0
            }
        }
        guard failure == 0 else { throw SystemError("bind \(address)", errno: failure) }
    }

    /// The address that a socket is bound to.
    ///
    /// Wraps `getsockname(2)`.
    package func localAddress() throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let failure = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(rawValue, $0, &length) < 0 ? errno : 0
            }
        }
        guard failure == 0 else { throw SystemError("getsockname", errno: failure) }
        return SocketAddress(storage)
    }

    /// Sets an integer option.
    ///
    /// Wraps `setsockopt(2)`.
    func setOption(_ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
        var value = value
        guard setsockopt(rawValue, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemError("setsockopt", errno: errno)
        }
    }

    /// No delay for small writes, and keep-alive probes that find a dead peer within two minutes (tcp(7)).
    ///
    /// - Parameter deliveryTimeout: milliseconds after which the kernel ends a connection whose peer takes nothing of
    ///   what the kernel holds for it (TCP_USER_TIMEOUT): what the socket has taken, the program does not see waiting.
    package func prepareConnection(deliveryTimeout: Int64) {
        try? setOption(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: deliveryTimeout))
        try? setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        try? setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
        try? setOption(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
        try? setOption(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
        try? setOption(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
    }

    /// Sends a pending acknowledgement now: a client that waits for it with its next bytes (Nagle's algorithm) would
    /// wait out this side's delay.
    ///
    /// Sets `TCP_QUICKACK`, which is not permanent (tcp(7)).
    package func acknowledgeNow() {
        try? setOption(Int32(IPPROTO_TCP), TCP_QUICKACK, 1)
    }

    /// Throws when some other socket listens on `address`, though it would share the port (`SO_REUSEPORT`).
    package static func checkFree(_ address: SocketAddress) throws(SystemError) {
        let raw = clinux_stream_socket(address.family)
        guard raw >= 0 else { throw SystemError("socket", errno: -raw) }
        let socket = Descriptor(raw)
        try socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        try socket.bind(to: address)
    }

    /// Sends FIN and keeps reading.
    ///
    /// Wraps `shutdown(2)`.
    package func shutdownWriting() {
        _ = shutdown(rawValue, Int32(SHUT_WR))
    }
}
