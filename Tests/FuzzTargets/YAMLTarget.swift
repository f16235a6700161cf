package import Fuzzing
import KubeModel

@testable import KubeClient

/// YAML as Kubernetes' clients send it.
extension FuzzTarget {
    package static let yaml = FuzzTarget(
        "yaml",
        tokens: [
            "---\n", "...\n", "- ", ": ", "? ", "\n  ", "|\n", ">-\n", "'", "\"", "&a ", "*a", "!!str ", "<<: ", "~",
            "yes", "0x1f",
            "0o7", "1_000", ".inf", "[", "]", "{", "}", ", ", "#", "\t", "%YAML 1.1\n", "a: 1\na: 2\n", "\u{FEFF}",
            "\u{85}",
        ],
        rounds: 1_500
    ) { octets in
        guard let value = try? JSONValue(yaml: octets) else {
            try checkJSON(octets)
            return false
        }
        try promise(
            (try? JSONValue(parsing: value.serialized())) == value, "the value is another after writing and reading")
        try promise((try? JSONValue.parseYAML(octets))?.value == value, "the same text is read differently")
        try checkJSON(octets)
        return true
    }

    /// JSON is YAML: what libyaml makes of a JSON text is what the JSON reader does, or nothing.
    private static func checkJSON(_ octets: [UInt8]) throws {
        guard let value = try? JSONValue(parsing: octets) else { return }
        guard let read = try? JSONValue(yaml: Array("---\n".utf8) + value.serialized()) else { return }
        try promise(read == value, "as YAML it is another value")
    }
}

/// A kubeconfig.
extension FuzzTarget {
    package static let kubeconfig = FuzzTarget(
        "kubeconfig",
        tokens: [
            "current-context: ", "clusters:\n", "contexts:\n", "users:\n", "- name: a\n", "server: https://a:1/b\n",
            "token: x\n",
            "exec:\n", "certificate-authority-data: ", "client-key-data: ", "as-user-extra: ", "null", "[]", "{}",
            "proxy-url: ",
        ],
        rounds: 1_000
    ) { octets in
        guard let root = try? JSONValue(yaml: octets) else { return false }
        let configuration = configuration(octets)
        // A kubeconfig may be JSON, too.
        try promise(Self.configuration(root.serialized()) == configuration, "the same file says another thing as JSON")
        return configuration != nil
    }

    private static func configuration(_ octets: [UInt8]) -> ClientConfiguration? {
        try? Kubeconfig(octets, path: "kubeconfig").configuration(context: nil, server: nil)
    }
}
