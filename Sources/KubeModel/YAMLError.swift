/// Why a text is no YAML document that the API takes, in the form of sigs.k8s.io/yaml: `yaml: line 3: …`.
package struct YAMLError: Error, Equatable, CustomStringConvertible {
    /// From 1; `nil` when the whole text is meant.
    package let line: Int?
    package let problem: String

    package init(line: Int?, _ problem: String) {
        self.line = line
        self.problem = problem
    }

    package var description: String {
        if let line { "yaml: line \(line): \(problem)" } else { "yaml: \(problem)" }
    }
}
