/// Counts what a peer makes this side do beyond serving requests, and says when it is too much.
struct AbuseGuard {
    private var glitches: TokenBucket
    private var resetsSent: TokenBucket
    /// Each DATA frame that leaves may bring two WINDOW_UPDATE back.
    private var windowUpdateCredit = 0

    init(_ limits: HTTP2Limits) {
        glitches = TokenBucket(burst: limits.glitchesBurst, perSecond: limits.glitchesPerSecond)
        resetsSent = TokenBucket(burst: limits.resetsSentBurst, perSecond: limits.resetsSentPerSecond)
    }

    /// A frame that asks for work and is no request; false when there were too many.
    mutating func allowGlitch(at now: Int64) -> Bool {
        glitches.take(at: now)
    }

    mutating func allowWindowUpdate(at now: Int64) -> Bool {
        if windowUpdateCredit > 0 {
            windowUpdateCredit -= 1
            return true
        }
        return glitches.take(at: now)
    }

    mutating func dataSent() {
        windowUpdateCredit = min(windowUpdateCredit + 2, 10_000)
    }

    /// A reset that the peer made this side send; false when there were too many.
    mutating func allowReset(at now: Int64) -> Bool {
        resetsSent.take(at: now)
    }
}
