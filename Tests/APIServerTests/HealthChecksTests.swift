import Logging
import Synchronization
import Testing

@testable import APIServer

@Suite struct HealthChecksTests {
    struct Broken: Error, CustomStringConvertible {
        let description = "disk on fire"
    }

    /// Keeps what is logged.
    private final class Log: Sendable {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }

        func logger() -> Logger {
            Logger(label: "test") { [self] _ in Handler(log: self) }
        }

        private struct Handler: LogHandler {
            let log: Log
            var logLevel = Logger.Level.trace
            var metadata: Logger.Metadata = [:]
            subscript(metadataKey key: String) -> Logger.MetadataValue? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }
            func log(event: LogEvent) {
                let pairs = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
                log.kept.withLock { $0.append(([event.message.description] + pairs).joined(separator: " ")) }
            }
        }
    }

    private let log = Log()

    private func checks(live: [HealthCheck] = [], ready: [HealthCheck] = []) -> HealthChecks {
        HealthChecks(live: live, ready: ready, logger: log.logger())
    }

    private func text(_ checks: HealthChecks, _ path: String, _ query: String? = nil) -> String? {
        checks.answer(path.split(separator: "/").map(String.init), query: QueryParameters(query))
            .map { "\($0.status) \($0.text)" }
    }

    private let store = HealthCheck("store") {}
    private let broken = HealthCheck("store") { throw Broken() }

    @Test(arguments: ["healthz", "livez", "readyz"]) func `answers ok`(endpoint: String) {
        #expect(text(checks(live: [store]), endpoint) == "200 ok")
        #expect(text(checks(live: [store]), "\(endpoint)/ping") == "200 ok")
        #expect(text(checks(live: [store]), "\(endpoint)/store") == "200 ok")
        #expect(text(checks(live: [store]), endpoint, "verbose=false") == "200 ok")
        #expect(log.lines.isEmpty)
    }

    @Test func `lists the checks when asked`() {
        let checks = checks(live: [store], ready: [HealthCheck("certificate") {}])
        #expect(text(checks, "livez", "verbose") == "200 [+]ping ok\n[+]store ok\nlivez check passed\n")
        #expect(
            text(checks, "readyz", "verbose=1")
                == "200 [+]ping ok\n[+]store ok\n[+]certificate ok\n[+]shutdown ok\nreadyz check passed\n")
    }

    @Test func `leaves out what is excluded, and warns of names that are no checks`() {
        let checks = checks(live: [broken])
        #expect(text(checks, "livez", "exclude=store") == "200 ok")
        #expect(
            text(checks, "livez", "verbose&exclude=store&exclude=nope&exclude=no")
                == "200 [+]ping ok\n[+]store excluded: ok\n"
                + "warn: some health checks cannot be excluded: no matches for \"nope\",\"no\"\nlivez check passed\n")
    }

    @Test func `names a failing check and withholds the reason`() {
        let checks = checks(live: [broken])
        #expect(
            text(checks, "healthz")
                == "500 [+]ping ok\n[-]store failed: reason withheld\nhealthz check failed\n")
        #expect(text(checks, "healthz/store") == "500 internal server error: store")
        #expect(text(checks, "healthz/ping") == "200 ok")
    }

    /// Withheld from the client, the reason went nowhere.
    @Test func `logs the reason of a failing check`() {
        _ = text(checks(live: [broken]), "livez")
        _ = text(checks(live: [broken]), "livez/store")
        let line = "health check failed check=store: disk on fire"
        #expect(log.lines == [line, line])
    }

    @Test func `is alive but not ready once it shuts down`() {
        let checks = checks(live: [store])
        checks.shutDown()
        #expect(text(checks, "livez") == "200 ok")
        #expect(text(checks, "healthz") == "200 ok")
        #expect(
            text(checks, "readyz")
                == "500 [+]ping ok\n[+]store ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n")
        #expect(text(checks, "livez/shutdown") == nil)
    }

    @Test(arguments: ["livez/nope", "readyz/ping/x", ""]) func `knows no other check`(path: String) {
        #expect(text(checks(live: [store]), path) == nil)
    }
}
