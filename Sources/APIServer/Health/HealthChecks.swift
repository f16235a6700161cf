package import Logging
import Synchronization

/// One thing that must be well: a name for `/readyz/NAME`, and what finds out.
package struct HealthCheck: Sendable {
    package let name: String
    /// Throws the reason, which goes to the log and not to the client.
    package let check: @Sendable () throws -> Void

    package init(_ name: String, _ check: @escaping @Sendable () throws -> Void) {
        self.name = name
        self.check = check
    }
}

/// `/healthz`, `/livez` and `/readyz` (apiserver `pkg/server/healthz/healthz.go`).
package final class HealthChecks: Sendable {
    package struct Answer: Sendable, Equatable {
        package let status: Int
        package let text: String
        /// `name: reason` of each failure.
        package let failures: [String]
    }

    private struct ShuttingDown: Error, CustomStringConvertible {
        let description = "process is shutting down"
    }

    private let live: [HealthCheck]
    private let ready: [HealthCheck]
    private let logger: Logger
    private let isShuttingDown = Atomic(false)

    /// - Parameters:
    ///   - live: without these the process should be restarted.
    ///   - ready: without these it should get no requests.
    ///   - logger: gets the reasons, which no client is told.
    package init(live: [HealthCheck], ready: [HealthCheck], logger: Logger) {
        self.live = [HealthCheck("ping") {}] + live
        self.ready = ready
        self.logger = logger
    }

    /// From now on `/readyz` fails.
    package func shutDown() {
        isShuttingDown.store(true, ordering: .relaxed)
    }

    /// Answers `segments` of a path that starts with `healthz`, `livez` or `readyz`; `nil` for a check that is not
    /// there.
    package func answer(_ segments: [String], query: QueryParameters) -> Answer? {
        guard let answer = checked(segments, query) else { return nil }
        for failure in answer.failures { logger.warning("health check failed", metadata: ["check": "\(failure)"]) }
        return answer
    }

    private func checked(_ segments: [String], _ query: QueryParameters) -> Answer? {
        guard let endpoint = segments.first, segments.count <= 2 else { return nil }
        var checks = live
        if endpoint == "readyz" {
            checks += ready
            checks.append(
                HealthCheck("shutdown") { [self] in
                    if isShuttingDown.load(ordering: .relaxed) { throw ShuttingDown() }
                })
        }
        if segments.count == 2 {
            return checks.first { $0.name == segments[1] }.map(Self.answer)
        }
        return Self.answer(checks, endpoint: endpoint, query: query)
    }

    private static func answer(_ check: HealthCheck) -> Answer {
        do {
            try check.check()
            return Answer(status: 200, text: "ok", failures: [])
        } catch {
            return Answer(
                status: 500, text: "internal server error: \(check.name)", failures: ["\(check.name): \(error)"])
        }
    }

    private static func answer(_ checks: [HealthCheck], endpoint: String, query: QueryParameters) -> Answer {
        let excluded = query.all("exclude")
        var lines: [String] = []
        var failures: [String] = []
        for check in checks {
            if excluded.contains(check.name) {
                lines.append("[+]\(check.name) excluded: ok")
                continue
            }
            do {
                try check.check()
                lines.append("[+]\(check.name) ok")
            } catch {
                lines.append("[-]\(check.name) failed: reason withheld")
                failures.append("\(check.name): \(error)")
            }
        }
        let unknown = excluded.filter { name in !checks.contains { $0.name == name } }
        if !unknown.isEmpty {
            let names = unknown.map { "\"\($0)\"" }.joined(separator: ",")
            lines.append("warn: some health checks cannot be excluded: no matches for \(names)")
        }
        guard failures.isEmpty else {
            return Answer(
                status: 500, text: (lines + ["\(endpoint) check failed", ""]).joined(separator: "\n"),
                failures: failures)
        }
        let isVerbose = query.first("verbose").map { $0 != "false" && $0 != "0" } ?? false
        return Answer(
            status: 200,
            text: isVerbose ? (lines + ["\(endpoint) check passed", ""]).joined(separator: "\n") : "ok", failures: [])
    }
}
