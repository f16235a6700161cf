import ArgumentParser
import KubeModel
import Logging
import Reactor

enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text
    case json

    /// klog's verbosity as a level: lines below it are not made.
    static func level(verbosity: Int) -> Logger.Level {
        switch verbosity {
        case ..<2: .notice
        case 2..<4: .info
        case 4..<6: .debug
        default: .trace
        }
    }
}

/// One line an event on standard error: klog's structured text, or JSON with the keys of Kubernetes
/// (component-base `logs/json`).
struct LineLogHandler: LogHandler {
    let format: LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(format: LogFormat, level: Logger.Level) {
        self.format = format
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let pairs = (metadata.merging(event.metadata ?? [:]) { $1 }).sorted { Self.rank($0.key) < Self.rank($1.key) }
        let time = WallClock.timestamp
        switch format {
        case .text:
            var line = "\(Self.letter(event.level)) \(time) \(Self.quoted("\(event.message)"))"
            for (key, value) in pairs { line += " \(key)=\(Self.quoted("\(value)"))" }
            StandardError.write(line + "\n")
        case .json:
            var object: JSONValue = [
                "ts": .string(time), "level": .string("\(event.level)"), "msg": .string("\(event.message)"),
            ]
            for (key, value) in pairs { object[key] = .string("\(value)") }
            StandardError.write(String(decoding: object.serialized(), as: UTF8.self) + "\n")
        }
    }

    /// What one looks for first comes first.
    private static func rank(_ key: String) -> String {
        let order = ["verb", "URI", "resp", "latency", "user", "audit-ID", "srcIP", "userAgent"]
        return (order.firstIndex(of: key).map { "\($0)" } ?? "9") + key
    }

    private static func letter(_ level: Logger.Level) -> Character {
        switch level {
        case .trace, .debug: "D"
        case .info, .notice: "I"
        case .warning: "W"
        case .error: "E"
        case .critical: "F"
        }
    }

    /// In quotes, control characters escaped: nothing that a client sends can make a second line.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
