// HTTPServer: listeners, connections, time limits, drain. Joins Reactor, TLS and HTTPWire; knows nothing of Kubernetes.

package import HTTP2Wire
package import HTTPWire

/// The limits of a server in time and number.
///
/// Times are in milliseconds.
package struct ServerConfiguration: Sendable {
    package var http = HTTPLimits()
    package var http2 = HTTP2Limits()

    /// From accept to the end of the TLS handshake; then the connection is closed.
    package var handshakeTimeout: Int64 = 10_000
    /// From the first byte of a request to the end of its header fields: 408.
    package var headTimeout: Int64 = 10_000
    /// Without a byte of content that is awaited: 408.
    package var bodyIdleTimeout: Int64 = 30_000
    /// Content may take this long, and then must have come at `bodyRateMin`: 408.
    package var bodyGrace: Int64 = 10_000
    /// Bytes a second.
    package var bodyRateMin: Int64 = 1_000
    /// From the end of the header fields to the response; long-running responses are exempt: 504.
    package var requestTimeout: Int64 = 60_000
    /// Without a byte of response that the peer takes; then the connection is closed.
    package var writeStallTimeout: Int64 = 30_000
    /// The peer may take this long for what waits for it, and then must have taken it at `writeRateMin`; then the
    /// connection is closed.
    package var writeGrace: Int64 = 30_000
    /// Bytes a second.
    package var writeRateMin: Int64 = 1_000
    /// Between two requests.
    ///
    /// Go's clients drop idle connections at 90 s; being later spares them the race.
    package var idleTimeout: Int64 = 120_000
    /// Between the two GOAWAY of a graceful end (RFC 9113 §6.8): longer than a round trip.
    package var goAwayDelay: Int64 = 1_000
    /// How long a closed connection is read from, so that the peer gets the response before a reset.
    package var lingerTimeout: Int64 = 1_000

    /// Content that no handler asked for and that is still read, so that the connection can be kept: bytes.
    package var discardBytesMax = 256 * 1024
    /// Content and pipelined requests that are held before they are asked for: bytes.
    package var inboundBytesMax = 64 * 1024
    /// Response bytes that wait for the peer: above, producers wait; they go on at a quarter.
    package var outboundBytesMax = 256 * 1024
    /// Connections of one loop; then accepting pauses.
    package var connectionsPerLoopMax = 10_000
    /// Connections taken in one turn, so that those that are open get theirs.
    package var acceptsPerTurn = 64
    /// Reads of one connection in one turn: bytes a turn = 4 × the read buffer of 32 KiB.
    package var readsPerTurn = 4
    /// listen(2).
    package var backlog: Int32 = 4096

    package init() {}
}

extension ServerConfiguration {
    /// How content that is awaited must come.
    var bodyPace: TransferPace { TransferPace(idleTimeout: bodyIdleTimeout, grace: bodyGrace, rateMin: bodyRateMin) }

    /// How what was sent must be taken.
    var writePace: TransferPace {
        TransferPace(idleTimeout: writeStallTimeout, grace: writeGrace, rateMin: writeRateMin)
    }
}

extension HTTPWireError {
    static let requestTimeout = HTTPWireError(504, "Timeout: request did not complete within the allotted timeout")
}
