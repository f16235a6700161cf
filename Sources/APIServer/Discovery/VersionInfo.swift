package import KubeModel

/// `version.Info` of apimachinery `pkg/version`.
package struct VersionInfo: Sendable, Equatable {
    /// Semantic, with a `v`.
    package var gitVersion: String

    package init(gitVersion: String) {
        self.gitVersion = gitVersion
    }

    package var json: JSONValue {
        let numbers = gitVersion.drop { !$0.isNumber }.split(separator: ".", maxSplits: 2)
        return [
            "major": .string(numbers.first.map(String.init) ?? ""),
            "minor": .string(numbers.count > 1 ? String(numbers[1]) : ""), "gitVersion": .string(gitVersion),
            "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "swiftc",
            "platform": .string(GoPlatform.name),
        ]
    }
}
