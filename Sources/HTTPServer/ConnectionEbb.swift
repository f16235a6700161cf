/// Tells when so many connections have gone that their memory is worth giving back.
///
/// The allocator keeps it otherwise: 2,000 TLS connections leave 29 MB behind. A quarter of the highest count counts, so
/// that giving back happens once for many connections that end, however they come and go.
struct ConnectionEbb {
    /// Connections; fewer leave too little behind.
    static let peakMin = 256
    private static let share = 4

    private var peak = 0

    mutating func rose(to count: Int) { peak = max(peak, count) }

    /// Answers true once for each ebb.
    mutating func hasFallen(to count: Int) -> Bool {
        guard peak >= Self.peakMin, count <= peak / Self.share else { return false }
        peak = count
        return true
    }
}
