package import KubeModel

/// `version.Info` of apimachinery `pkg/version`.
package struct VersionInfo: Sendable, Equatable {
    /// Semantic, with a `v`.
    package var gitVersion: String
    package var gitCommit: String
    package var buildDate: String

    package init(gitVersion: String, gitCommit: String = "", buildDate: String = "") {
        self.gitVersion = gitVersion
        self.gitCommit = gitCommit
        self.buildDate = buildDate
    }

    package var json: JSONValue {
        let numbers = gitVersion.drop { !$0.isNumber }.split(separator: ".", maxSplits: 2)
        return [
            "major": .string(numbers.first.map(String.init) ?? ""),
            "minor": .string(numbers.count > 1 ? String(numbers[1]) : ""), "gitVersion": .string(gitVersion),
            "gitCommit": .string(gitCommit), "gitTreeState": "clean", "buildDate": .string(buildDate),
            "goVersion": "", "compiler": "swiftc", "platform": "linux/amd64",
        ]
    }
}
