import HTTPWire
import KubeModel

/// The user that a request asks to be served as, by its `Impersonate-*` fields
/// (apiserver `pkg/endpoints/filters/impersonation.go`).
///
/// Whoever asks must be allowed to `impersonate` each part of that user.
struct Impersonation {
    private static let prefix = "impersonate-"
    private static let user = "impersonate-user"
    private static let uid = "impersonate-uid"
    private static let group = "impersonate-group"
    private static let extraPrefix = "impersonate-extra-"
    private static let accountPrefix = "system:serviceaccount:"

    /// Who is asked for, with the groups that such a user always has.
    let user: UserInfo
    /// What the one who asks must be allowed to do.
    let requirements: [RequestInfo]

    /// Whether there are such fields.
    static func isAsked(_ fields: HTTPFields) -> Bool { fields.containsName(prefix: prefix) }

    /// `nil` without such fields.
    ///
    /// Throws 400 for other parts without a user, and for text that is no UTF-8, which would make different names equal.
    init?(_ fields: HTTPFields) throws(Status) {
        guard Self.isAsked(fields) else { return nil }
        let parts = fields.all.filter { $0.name.hasPrefix(Self.prefix) && !$0.value.isEmpty }
        guard !parts.isEmpty else { return nil }
        guard !parts.contains(where: { $0.value.unicodeScalars.contains("\u{FFFD}") }) else {
            throw .badRequest("an Impersonate field is not UTF-8")
        }
        let names = parts.filter { $0.name == Self.user }.map(\.value)
        guard let name = names.first else {
            throw .badRequest("requested \(parts.map(\.name).joined(separator: ", ")) without impersonating a user")
        }
        guard names.count == 1, parts.count(where: { $0.name == Self.uid }) <= 1 else {
            throw .badRequest("two Impersonate-User or Impersonate-Uid fields: one user can be impersonated")
        }
        var user = UserInfo(name: name)
        var requirements: [RequestInfo] = []
        let account = Self.serviceAccount(name)
        if let account {
            requirements.append(Self.requirement("serviceaccounts", account.name, namespace: account.namespace))
        } else {
            requirements.append(Self.requirement("users", name))
        }
        for (name, value) in parts {
            switch name {
            case Self.group:
                user.groups.append(value)
                requirements.append(Self.requirement("groups", value))
            case Self.uid:
                user.uid = value
                requirements.append(Self.requirement("uids", value, group: "authentication.k8s.io"))
            case _ where name.hasPrefix(Self.extraPrefix):
                let text = name.dropFirst(Self.extraPrefix.count)
                let key = PercentEncoding.decode(text.utf8) ?? String(text)
                user.addExtra(value, to: key)
                requirements.append(
                    Self.requirement("userextras", value, subresource: key, group: "authentication.k8s.io"))
            default: break
            }
        }
        if let account, user.groups.isEmpty {
            user.groups = ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)"]
        }
        if user.isAnonymous {
            if !user.groups.contains(UserInfo.unauthenticatedGroup) {
                user.groups.append(UserInfo.unauthenticatedGroup)
            }
        } else {
            user = user.authenticated
        }
        self.user = user
        self.requirements = requirements
    }

    private static func requirement(
        _ resource: String, _ name: String, namespace: String = "", subresource: String = "", group: String = ""
    ) -> RequestInfo {
        var info = RequestInfo()
        info.isResourceRequest = true
        info.verb = "impersonate"
        info.group = group
        info.version = "v1"
        info.namespace = namespace
        info.resource = resource
        info.subresource = subresource
        info.name = name
        return info
    }

    /// `system:serviceaccount:NAMESPACE:NAME`.
    private static func serviceAccount(_ user: String) -> (namespace: String, name: String)? {
        guard user.hasPrefix(accountPrefix) else { return nil }
        let parts = user.dropFirst(accountPrefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, DNS1123.isLabel(String(parts[0])), DNS1123.isSubdomain(String(parts[1])) else {
            return nil
        }
        return (String(parts[0]), String(parts[1]))
    }
}
