/// What a user may do, as far as it can be listed: the answer to `kubectl auth can-i --list`.
package struct AuthorizationRules: Sendable, Equatable {
    package struct ResourceRule: Sendable, Equatable {
        package var verbs: [String]
        package var groups: [String]
        package var resources: [String]

        package init(verbs: [String], groups: [String], resources: [String]) {
            self.verbs = verbs
            self.groups = groups
            self.resources = resources
        }
    }

    package struct PathRule: Sendable, Equatable {
        package var verbs: [String]
        package var paths: [String]

        package init(verbs: [String], paths: [String]) {
            self.verbs = verbs
            self.paths = paths
        }
    }

    package var resources: [ResourceRule]
    package var paths: [PathRule]
    /// There may be more that cannot be listed.
    package var isIncomplete: Bool

    package init(resources: [ResourceRule] = [], paths: [PathRule] = [], isIncomplete: Bool = false) {
        self.resources = resources
        self.paths = paths
        self.isIncomplete = isIncomplete
    }

    static func + (left: AuthorizationRules, right: AuthorizationRules) -> AuthorizationRules {
        AuthorizationRules(
            resources: left.resources + right.resources, paths: left.paths + right.paths,
            isIncomplete: left.isIncomplete || right.isIncomplete)
    }
}
