/// Who asks: `user.Info` of apiserver `pkg/authentication/user`.
package struct UserInfo: Sendable, Hashable {
    package var name: String
    package var uid: String
    package var groups: [String]
    /// Sorted by key, so that equal users are equal.
    package var extra: [Extra]

    package struct Extra: Sendable, Hashable {
        package var key: String
        package var values: [String]

        package init(key: String, values: [String]) {
            self.key = key
            self.values = values
        }
    }

    package init(name: String, uid: String = "", groups: [String] = [], extra: [Extra] = []) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    package static let privilegedGroup = "system:masters"
    package static let authenticatedGroup = "system:authenticated"
    package static let unauthenticatedGroup = "system:unauthenticated"
    package static let anonymous = UserInfo(name: "system:anonymous", groups: [unauthenticatedGroup])

    package var isAnonymous: Bool { name == Self.anonymous.name }

    /// With the group that every authenticated user has.
    var authenticated: UserInfo {
        var user = self
        if !groups.contains(Self.authenticatedGroup), !groups.contains(Self.unauthenticatedGroup) {
            user.groups.append(Self.authenticatedGroup)
        }
        return user
    }
}
