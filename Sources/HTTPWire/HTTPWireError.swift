// HTTPWire: HTTP/1.1 as bytes in, bytes out (RFC 9110, RFC 9112). Imports nothing; knows no socket, clock or thread.

/// A message that breaks the protocol or a limit.
///
/// After one the connection can't be trusted: answer and close.
package struct HTTPWireError: Error, Sendable, Equatable {
    /// What to answer: 400, 413, 414, 417, 431, 501 or 505; 405 for methods that this server never serves.
    package let status: Int
    /// What was wrong, for the client; holds no bytes of the peer's.
    package let message: String

    package init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
}
