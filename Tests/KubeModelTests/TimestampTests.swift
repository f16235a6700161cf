import KubeModel
import Testing

struct TimestampTests {
    // date -u -d @N +%FT%TZ
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"), (1_700_000_000, "2023-11-14T22:13:20Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (253_402_300_800, "9999-12-31T23:59:59Z"),
            (-1, "1970-01-01T00:00:00Z"), (.max, "9999-12-31T23:59:59Z"), (.min, "1970-01-01T00:00:00Z"),
        ] as [(Int64, String)]) func `is RFC 3339 in UTC`(seconds: Int64, text: String)
    {
        #expect(Timestamp.rfc3339(seconds) == text)
    }

    @Test func `is read as it was written`() {
        for seconds in stride(from: Int64(0), to: 253_402_300_799, by: 86_399 * 1009) {
            #expect(RFC3339.seconds(Timestamp.rfc3339(seconds)) == seconds)
        }
    }
}
