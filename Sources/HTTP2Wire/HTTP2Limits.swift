package import HTTPWire

/// What one HTTP/2 connection may cost.
///
/// Numbers and their reasons: RFC 9113 §10.5 and the CVEs named.
package struct HTTP2Limits: Sendable {
    /// SETTINGS_MAX_CONCURRENT_STREAMS; also the handlers that may run, cancelled ones included (CVE-2023-44487).
    package var concurrentStreamsMax = 100
    /// SETTINGS_INITIAL_WINDOW_SIZE: bytes of content of one stream that may come unasked.
    package var streamWindowBytes = 256 * 1024
    /// Bytes of content of all streams together.
    package var connectionWindowBytes = 1024 * 1024
    /// Response bytes of one stream that wait for the peer's window; above, its producer waits.
    package var streamOutputBytesMax = 256 * 1024
    /// CONTINUATION frames behind one HEADERS (CVE-2024-28182).
    package var continuationsMax = 32
    /// Answers to PING and SETTINGS that wait for a peer that does not read (CVE-2019-9512, -9515).
    package var outboundAcksMax = 100
    /// PING, SETTINGS, PRIORITY, unknown and empty DATA frames, and WINDOW_UPDATE beyond what the responses explain: so
    /// many at once, then so many a second.
    ///
    /// Go's clients send a PING each 30 s.
    package var glitchesBurst = 200
    package var glitchesPerSecond = 10
    /// RST_STREAM from the peer: nghttp2's own numbers.
    ///
    /// A front proxy passes on each request that one of its users gives up.
    package var resetsReceivedBurst = 1_000
    package var resetsReceivedPerSecond = 33
    /// Streams that the peer makes this side reset (CVE-2025-8671).
    package var resetsSentBurst = 50
    package var resetsSentPerSecond = 5
    /// Content that still comes when its response is out: bytes that are read and dropped before the stream is reset.
    ///
    /// A client that has not read the response yet takes the reset for a failure.
    package var unwantedBytesMax = 8 * 1024 * 1024
    /// Milliseconds that such content may take.
    package var unwantedTimeout: Int64 = 5_000
    /// Milliseconds for a header block from its first frame to its last, and for the answer to our SETTINGS.
    package var handshakeTimeout: Int64 = 10_000
    /// How a response must leave that waits for the peer's windows (CVE-2019-9517); then its stream is reset.
    ///
    /// A stream alone, because the others on the connection may be other users'.
    package var stallPace = TransferPace(idleTimeout: 30_000, grace: 30_000, rateMin: 1_000)

    package init() {}
}

/// So many at once, then so many a second.
struct TokenBucket {
    private let capacity: Double
    private let perMillisecond: Double
    private var tokens: Double
    private var filledAt: Int64?

    init(burst: Int, perSecond: Int) {
        capacity = Double(burst)
        perMillisecond = Double(perSecond) / 1000
        tokens = capacity
    }

    /// Takes one; false when there is none left.
    ///
    /// `now` is in milliseconds and never goes back.
    mutating func take(at now: Int64) -> Bool {
        if let filledAt { tokens = min(capacity, tokens + Double(now - filledAt) * perMillisecond) }
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
