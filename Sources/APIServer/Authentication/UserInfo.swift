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

    /// Adds a value to those of a key; keys are the same when their octets are, as in Go.
    package mutating func addExtra(_ value: String, to key: String) {
        if let index = extra.firstIndex(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
            extra[index].values.append(value)
        } else {
            extra.append(Extra(key: key, values: [value]))
            extra.sort { $0.key < $1.key }
        }
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
