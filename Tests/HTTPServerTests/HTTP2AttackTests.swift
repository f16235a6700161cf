import Foundation
import HTTPServer
import Testing

/// The reference's HTTP/2 abuse probes, by their own tool, while another client is served.
@Suite(.enabled(if: VectorTool.url != nil && VectorTool.python != nil), .timeLimit(.minutes(2)))
struct HTTP2AttackTests {
    /// Probes whose connection must end, and at most how many units may get through before.
    private static let bounds: [(name: String, unitsMax: Int)] = [
        ("rapid_reset", 1_100), ("madeyoureset_wu", 1_100), ("madeyoureset_wu0", 1_100), ("madeyoureset_cl", 1_100),
        ("madeyoureset_hdr", 1_100), ("madeyoureset_prio", 1_100), ("continuation", 1_100),
        ("continuation_empty", 1_100), ("settings_fl_read", 1_100), ("ping_flood_read", 1_100), ("empty_data", 1_100),
        ("priority_flood", 1_100), ("wu_flood", 1_100), ("unknown_flood", 1_100), ("rst_closed", 1_100),
        ("hpack_bomb", 16_000), ("hpack_bomb_cont", 144_000), ("many_fields", 3_900), ("over_concurrency", 600),
        ("id_gap", 2),
    ]

    @Test func `each attack ends within its bound, and others are served meanwhile`() async throws {
        let tool = try #require(VectorTool.url).deletingLastPathComponent().appending(path: "h2_attacks.py")
        let python = try #require(VectorTool.python)
        let tls = try #require(TestTLS.shared)
        try await withServer(.reference, tls: tls) { server in
            let other = try await server.connect()
            // Two probes print a shorter name than they are called by.
            let names =
                Self.bounds.map(\.name) + ["madeyoureset_badhdr", "settings_flood_read", "continuation_dribble"]
            async let attacks = VectorTool.run(
                python,
                [tool.path(), "\(server.port)", "--path", "/x", "--only", names.joined(separator: ",")])
            for _ in 0..<50 { #expect(try await other.get("/").status == 200) }
            let (status, output) = try await attacks
            #expect(status == 0, "\(output)")
            let lines = output.split(separator: "\n")
            for bound in Self.bounds {
                let line = try #require(lines.first { $0.hasPrefix(bound.name + " ") }, "\(output)")
                #expect(line.contains(" CLOSED "), "\(line)")
                let words = line.split(separator: " ")
                let units = try #require(words.firstIndex(of: "sent").flatMap { Int(words[$0 + 1]) })
                #expect(units <= bound.unitsMax, "\(line)")
            }
            let legal = try #require(lines.first { $0.hasPrefix("continuation_dribble ") })
            #expect(legal.contains("'HEADERS': 1") && legal.contains(" open "), "\(legal)")
            #expect(try await other.get("/").status == 200)
        }
    }
}
