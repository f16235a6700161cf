/// Ages as kubectl shows them: `94s`, `5m30s`, `3d4h` (apimachinery `pkg/util/duration`).
enum HumanDuration {
    static func text(seconds: Int64) -> String {
        // A clock that is a little behind is no error.
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        let minutes = seconds / 60
        let hours = minutes / 60
        let days = hours / 24
        switch (minutes, hours) {
        case (..<2, _): return "\(seconds)s"
        case (..<10, _): return pair(minutes, "m", seconds % 60, "s")
        case (..<180, _): return "\(minutes)m"
        case (_, ..<8): return pair(hours, "h", minutes % 60, "m")
        case (_, ..<48): return "\(hours)h"
        case (_, ..<192): return pair(days, "d", hours % 24, "h")
        case (_, ..<17_520): return "\(days)d"
        case (_, ..<70_080): return pair(days / 365, "y", days % 365, "d")
        default: return "\(days / 365)y"
        }
    }

    private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
}
