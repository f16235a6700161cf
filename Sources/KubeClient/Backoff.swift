/// The pauses of a loop that fails: doubling, with jitter, starting over after a calm time
/// (client-go `tools/cache/reflector.go`).
package struct Backoff: Sendable {
    /// Time without a failure after which the first pause comes again.
    private static let calm = Duration.seconds(120)

    private let first: Int64
    private let max: Int64
    private var next: Int64?
    private var last: ContinuousClock.Instant?

    /// Takes milliseconds.
    package init(first: Int64 = 800, max: Int64 = 30_000) {
        self.first = first
        self.max = max
    }

    /// Milliseconds to wait now: between the base and twice it, at most `max`.
    package mutating func pause(now: ContinuousClock.Instant = .now) -> Int64 {
        if let last, now - last > Self.calm { next = nil }
        last = now
        let base = next ?? first
        next = Swift.min(base * 2, max)
        return Swift.min(Int64.random(in: base...base * 2), max)
    }
}
