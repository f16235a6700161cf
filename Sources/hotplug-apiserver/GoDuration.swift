import ArgumentParser

/// A duration as Go writes it: `10s`, `1m30s`, `500ms` (Go's time.ParseDuration), or a whole number of seconds.
struct GoDuration: ExpressibleByArgument, Equatable {
    private static let nanosecondsOf: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]
    /// Some thirty years: nothing is longer.
    private static let nanosecondsMax = 1e18

    let nanoseconds: Int64
    private let text: String

    init?(argument text: String) {
        let isDigit: (Character) -> Bool = { ("0"..."9").contains($0) || $0 == "." }
        var rest = text.allSatisfy { ("0"..."9").contains($0) } ? text + "s" : text
        var total = 0.0
        repeat {
            let number = rest.prefix(while: isDigit)
            let unit = rest.dropFirst(number.count).prefix { !isDigit($0) }
            guard let value = Double(number), let scale = Self.nanosecondsOf[String(unit)] else { return nil }
            total += value * scale
            guard total <= Self.nanosecondsMax else { return nil }
            rest = String(rest.dropFirst(number.count + unit.count))
        } while !rest.isEmpty
        nanoseconds = Int64(total)
        self.text = text
    }

    init(seconds: Int64) {
        nanoseconds = seconds * 1_000_000_000
        text = "\(seconds)s"
    }

    var duration: Duration { .nanoseconds(nanoseconds) }
    var milliseconds: Int64 { nanoseconds / 1_000_000 }
    var defaultValueDescription: String { text }
}
