package import Fuzzing
import KubeModel

/// A `Warning` field of the cluster's.
extension FuzzTarget {
    package static let warning = FuzzTarget(
        "warning",
        tokens: [
            "299", "199", " - ", "\"", "\\", "\\\"", ",", ", ", " ", "299 - \"", "\"Sat, 28 Nov 2026 12:00:00 GMT\"",
        ],
        rounds: 20_000
    ) { octets in
        let texts = WarningHeader.texts(in: String(decoding: octets, as: UTF8.self))
        try promise(!texts.contains(""), "an empty warning was read")
        let written = texts.map(WarningHeader.value)
        // Control characters are not written.
        let again = written.flatMap(WarningHeader.texts)
        try promise(again.map(WarningHeader.value) == written.filter { $0 != WarningHeader.value("") }, "\(written)")
        let together = WarningHeader.texts(in: written.joined(separator: ", "))
        try promise(together == again, "one field has other warnings: \(written)")
        return !texts.isEmpty
    }
}
