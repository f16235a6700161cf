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

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T00:00:00Z", 951_782_400),
            ("2023-11-14T22:13:20.5Z", 1_700_000_000),
            ("2023-11-14T23:13:20+01:00", 1_700_000_000), ("2023-11-14T21:43:20-00:30", 1_700_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799), ("1969-12-31T23:59:59Z", nil), ("2023-13-01T00:00:00Z", nil),
            ("2023-11-14T24:00:00Z", nil), ("2023-11-14", nil), ("", nil), ("2023-11-14T22:13:20", nil),
            ("2023-11-14T22:13:20+24:00", nil),
        ] as [(String, Int64?)]) func `reads RFC 3339`(text: String, seconds: Int64?)
    {
        #expect(Timestamp.seconds(text) == seconds)
    }

    @Test func `reads what it writes`() {
        for seconds in stride(from: Int64(0), to: 253_402_300_799, by: 86_399 * 1009) {
            #expect(Timestamp.seconds(Timestamp.rfc3339(seconds)) == seconds)
        }
    }
}
