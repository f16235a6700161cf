/// How fast a peer must take or send bytes while this side waits for them.
package struct TransferPace: Sendable, Equatable {
    /// Without a byte: milliseconds.
    package var idleTimeout: Int64
    /// The whole may take this long, and longer only at the least rate: milliseconds.
    package var grace: Int64
    /// The least rate: bytes a second, at least 1.
    package var rateMin: Int64

    package init(idleTimeout: Int64, grace: Int64, rateMin: Int64) {
        self.idleTimeout = idleTimeout
        self.grace = grace
        self.rateMin = max(rateMin, 1)
    }

    /// When the peer is too slow, if nothing moves until then.
    package func deadline(of wait: TransferWait) -> Int64 {
        min(wait.lastByte + idleTimeout, wait.began + grace + Int64(wait.bytes) * 1000 / rateMin)
    }
}

/// A wait for a peer that is to take or send bytes.
package struct TransferWait: Sendable, Equatable {
    /// Milliseconds of a clock that never goes back.
    package let began: Int64
    package private(set) var lastByte: Int64
    /// Bytes that have moved since.
    package private(set) var bytes = 0

    package init(began: Int64) {
        self.began = began
        lastByte = began
    }

    package mutating func moved(_ count: Int, at now: Int64) {
        guard count > 0 else { return }
        bytes += count
        lastByte = now
    }
}
