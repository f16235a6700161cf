import Foundation
import Testing

/// `Sources/Limits.md` and the sources say the same.
@Suite struct LimitsTests {
    private struct Row {
        let type: String
        let name: String
        let value: String
        let flag: String
        let tests: String

        var title: String { "\(type).\(name)" }
    }

    private static let rows: [Row] = SourceTree.text("Sources/Limits.md").split(separator: "\n").compactMap { line in
        let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard cells.count == 7, let match = cells[1].wholeMatch(of: /`([\w.]+)\.(\w+)`/) else { return nil }
        return Row(
            type: String(match.1), name: String(match.2), value: cells[2], flag: cells[4], tests: cells[5])
    }

    /// The types whose members all are limits.
    private static let types = [
        "HTTPLimits", "HTTP2Limits", "ServerConfiguration", "TLSLimits", "JSONLimits", "YAMLLimits", "HotplugLimits",
        "StoreLimits", "KubeClientLimits", "TokenReviewLimits",
    ]

    /// The lines of a type's declaration.
    private static func declaration(of type: String) -> [Substring] {
        for file in SourceTree.sources {
            let isDeclaration = { (line: Substring) in
                ["struct \(type):", "struct \(type) {", "enum \(type) {"].contains { line.contains($0) }
            }
            guard let start = file.lines.firstIndex(where: isDeclaration) else { continue }
            let end = file.lines[start...].firstIndex(of: "}") ?? file.lines.endIndex
            return Array(file.lines[start..<end])
        }
        return []
    }

    /// The limits of a type, with the expressions of their values as the source has them.
    private static func limits(of type: String) -> [String: String] {
        var limits: [String: String] = [:]
        for line in declaration(of: type) {
            if let match = line.firstMatch(of: /^    package (?:static let|var) (\w+)(?:: \w+)? = (.+)$/) {
                limits[String(match.1)] = String(match.2)
            }
            // Defaults of an initializer.
            for match in line.matches(of: /(\w+): Int = ([^,)]+)/) { limits[String(match.1)] = String(match.2) }
        }
        for part in ["http", "http2", "request"] { limits[part] = nil }
        return limits
    }

    /// `16 * 1024`, `256 << 10`, `10_000`.
    private static func number(_ expression: String) -> Int? {
        let text = expression.replacing("_", with: "")
        if let match = text.wholeMatch(of: /(\d+) << (\d+)/), let left = Int(match.1), let right = Int(match.2) {
            return left << right
        }
        if let seconds = text.wholeMatch(of: /Duration\.seconds\((\d+)\)/) { return Int(seconds.1).map { $0 * 1000 } }
        let factors = text.split(separator: "*").map { Int($0.trimmingCharacters(in: .whitespaces)) }
        return factors.contains(nil) ? nil : factors.compactMap(\.self).reduce(1, *)
    }

    /// `16 KiB`, `10 s`, `400`; in the unit of the limit, which its name may tell, and of times is the millisecond.
    private static func number(_ row: Row) -> Int? {
        guard let match = row.value.wholeMatch(of: /(\d+)(?: (.+))?/), let number = Int(match.1) else { return nil }
        let isOwnUnit = ["Seconds", "KiB"].contains { row.name.contains($0) }
        switch match.2 {
        case "KiB" where !isOwnUnit: return number << 10
        case "MiB": return number << 20
        case "s" where !isOwnUnit: return number * 1000
        default: return number
        }
    }

    @Test(arguments: types) func `each limit of a type is in the table, with its value`(type: String) throws {
        let limits = Self.limits(of: type)
        #expect(!limits.isEmpty)
        let rows = Self.rows.filter { $0.type == type }
        #expect(rows.map(\.name).sorted() == limits.keys.sorted())
        for row in rows where row.name != "stallPace" {
            let value = limits[row.name].flatMap(Self.number)
            #expect(value != nil && Self.number(row) == value, "\(row.title) is \(limits[row.name] ?? "not there")")
        }
    }

    /// Types that read a format, whose limits are not for us to set.
    private static let formats: Set = [
        "DNS1123", "GeneratedName", "GoDuration", "InterfaceServices", "QualifiedName", "Timestamp",
    ]

    /// The limits of all other types, by their titles: constants in a type of `Limits`, and numbers that are called so.
    private static let others: [String: Int] = {
        var limits: [String: Int] = [:]
        for constant in SourceTree.sources.flatMap(\.constants) {
            let type = constant.types.joined(separator: ".")
            guard let value = number(constant.value), !types.contains(type), formats.isDisjoint(with: constant.types),
                constant.types.last == "Limits" || constant.name.contains(/(?:Max|[lL]imit|[tT]imeout)$/)
            else { continue }
            limits["\(type).\(constant.name)"] = value
        }
        return limits
    }()

    @Test func `each limit that has a name anywhere is in the table, with its value`() {
        let rows = Self.rows.filter { !Self.types.contains($0.type) && $0.flag.isEmpty }
        #expect(Self.others.count > 30)
        #expect(rows.map(\.title).sorted() == Self.others.keys.sorted())
        for row in rows { #expect(Self.number(row) == Self.others[row.title], "\(row.title)") }
    }

    @Test func `a pace is in the table as its parts are`() throws {
        let expression = try #require(Self.limits(of: "HTTP2Limits")["stallPace"])
        #expect(expression == "TransferPace(idleTimeout: 30_000, grace: 30_000, rateMin: 1_000)")
        let row = try #require(Self.rows.first { $0.name == "stallPace" })
        #expect(row.value == "30 s idle, 1000 bytes a second after 30 s")
    }

    @Test func `each flag of the table is one, and has the default that the table has`() throws {
        let flags = SourceTree.text("Sources/hotplug-apiserver/ServingFlags.swift")
        for row in Self.rows where !row.flag.isEmpty {
            let words = row.flag.filter { $0 != "`" }.dropFirst(2).split(separator: "-")
            let property = words.first.map { first in
                first + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
            }
            let name = try #require(property)
            let match = try #require(
                flags.firstMatch(of: try Regex(#"var \#(name)(?: = |: \w+ = )(?:GoDuration\(seconds: )?(\d+)"#)),
                "\(row.flag)")
            let value = match[1].substring.flatMap { Int($0) } ?? -1
            #expect([value, value * 1000].contains(Self.number(row)), "\(row.flag)")
        }
        #expect(Self.rows.filter { !$0.flag.isEmpty }.count >= 4)
    }

    @Test func `each suite of the table is there`() {
        for row in Self.rows where row.tests != "-" {
            let suites = row.tests.matches(of: /`([^`]+)`/).map { String($0.1) }
            #expect(!suites.isEmpty, "\(row.title)")
            for suite in suites { #expect(!SourceTree.text("Tests/\(suite).swift").isEmpty, "\(suite)") }
        }
    }
}
