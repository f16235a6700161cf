import Foundation
import HTTPServer
import Testing

/// Probes of what HTTP/2 is abused for (`h2_attacks.py`, where it is at hand), while another client is served.
@Suite(.enabled(if: VectorTool.url != nil && VectorTool.python != nil), .timeLimit(.minutes(2)))
struct HTTP2AttackTests {
    /// Probes whose connection must end.
    ///
    /// How many units each gets through is counted in HTTP2WireTests: what a client
    /// has sent before it learns of the end depends on how busy the machine is.
    private static let probes = [
        "rapid_reset", "madeyoureset_wu", "madeyoureset_wu0", "madeyoureset_cl", "madeyoureset_hdr",
        "madeyoureset_prio", "continuation", "continuation_empty", "settings_fl_read", "ping_flood_read", "empty_data",
        "priority_flood", "wu_flood", "unknown_flood", "rst_closed", "hpack_bomb", "hpack_bomb_cont", "many_fields",
        "over_concurrency", "id_gap",
    ]

    @Test func `each attack is ended, and others are served meanwhile`() async throws {
        let tool = try #require(VectorTool.url).deletingLastPathComponent().appending(path: "h2_attacks.py")
        let python = try #require(VectorTool.python)
        let tls = try #require(TestTLS.shared)
        try await withServer(.mirror, tls: tls) { server in
            let other = try await server.connect()
            // Two probes print a shorter name than they are called by.
            let names =
                Self.probes + ["madeyoureset_badhdr", "settings_flood_read", "continuation_dribble"]
            async let attacks = VectorTool.run(
                python,
                [tool.path(), "\(server.port)", "--path", "/x", "--only", names.joined(separator: ",")])
            for _ in 0..<50 { #expect(try await other.get("/").status == 200) }
            let (status, output) = try await attacks
            #expect(status == 0, "\(output)")
            let lines = output.split(separator: "\n")
            for probe in Self.probes {
                let line = try #require(lines.first { $0.hasPrefix(probe + " ") }, "\(output)")
                #expect(line.contains(" CLOSED "), "\(line)")
            }
            let legal = try #require(lines.first { $0.hasPrefix("continuation_dribble ") })
            #expect(legal.contains("'HEADERS': 1") && legal.contains(" open "), "\(legal)")
            #expect(try await other.get("/").status == 200)
        }
    }
}
