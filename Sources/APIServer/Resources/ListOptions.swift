import KubeModel

/// The query of a list or a watch, `metav1.ListOptions`, checked
/// (apimachinery `pkg/apis/meta/internalversion/validation/validation.go`).
struct ListOptions: Sendable {
    enum Match: String {
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }

    let selector: ObjectSelector
    /// Objects a page; 0 means all.
    let limit: Int
    let continueToken: ContinueToken?
    /// `nil` when there was none; 0 means any.
    let resourceVersion: UInt64?
    let match: Match?
    /// Seconds; 0 means the server's choice.
    let timeoutSeconds: Int
    let allowsBookmarks: Bool
    let sendsInitialEvents: Bool?

    init(_ query: QueryParameters, resource: Resource, isWatch: Bool) throws(Status) {
        selector = ObjectSelector(
            fields: try FieldSelector(query.first("fieldSelector"), resource: resource),
            labels: try LabelSelector(query.first("labelSelector")))
        limit = max(0, try Self.integer("limit", query))
        timeoutSeconds = try Self.integer("timeoutSeconds", query)
        guard timeoutSeconds >= 0 else {
            throw .badRequest("timeoutSeconds: \(timeoutSeconds) is negative: give seconds, or 0 for the default")
        }
        allowsBookmarks = query.flag("allowWatchBookmarks")
        sendsInitialEvents = query.first("sendInitialEvents").flatMap { text in
            text.isEmpty ? nil : query.flag("sendInitialEvents")
        }
        let version = query.first("resourceVersion") ?? ""
        resourceVersion = UInt64(version)
        guard version.isEmpty || resourceVersion != nil else {
            throw .badRequest("resourceVersion: Invalid value: \"\(version)\": it must be one that a list has shown")
        }
        let token = query.first("continue") ?? ""
        let matchText = query.first("resourceVersionMatch") ?? ""
        match = Match(rawValue: matchText)
        let checked = Checked(
            match: matchText, version: version, hasToken: !token.isEmpty, sendsInitialEvents: sendsInitialEvents)
        let causes = isWatch ? checked.watchCauses : checked.listCauses
        guard causes.isEmpty else {
            throw .invalid(group: "meta.k8s.io", kind: "ListOptions", name: "", causes: causes)
        }
        guard token.isEmpty || isWatch else {
            guard version.isEmpty || resourceVersion == 0 else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            continueToken = try ContinueToken(token)
            return
        }
        continueToken = nil
    }

    private static func integer(_ name: String, _ query: QueryParameters) throws(Status) -> Int {
        guard let text = query.first(name), !text.isEmpty else { return 0 }
        guard let number = Int(text) else { throw .badRequest("\(name): \"\(text)\" is no integer") }
        return number
    }
}

/// What must go together.
private struct Checked {
    let match: String
    let version: String
    let hasToken: Bool
    let sendsInitialEvents: Bool?

    var listCauses: [Status.Cause] {
        var causes: [Status.Cause] = []
        if !match.isEmpty {
            if version.isEmpty {
                causes.append(forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"))
            }
            if hasToken { causes.append(forbidden("resourceVersionMatch is forbidden when continue is provided")) }
            switch ListOptions.Match(rawValue: match) {
            case nil: causes.append(unsupported("\"Exact\", \"NotOlderThan\""))
            case .exact where version == "0":
                causes.append(
                    forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
            default: break
            }
        }
        if sendsInitialEvents != nil {
            causes.append(forbidden("sendInitialEvents is forbidden for list", field: "sendInitialEvents"))
        }
        return causes
    }

    var watchCauses: [Status.Cause] {
        var causes: [Status.Cause] = []
        let isNotOlderThan = match == ListOptions.Match.notOlderThan.rawValue
        if sendsInitialEvents != nil, !isNotOlderThan {
            causes.append(forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
        }
        guard !match.isEmpty else { return causes }
        if sendsInitialEvents == nil {
            causes.append(
                forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
        }
        if !isNotOlderThan { causes.append(unsupported("\"NotOlderThan\"")) }
        if hasToken { causes.append(forbidden("resourceVersionMatch is forbidden when continue is provided")) }
        return causes
    }

    private func forbidden(_ why: String, field: String = "resourceVersionMatch") -> Status.Cause {
        Status.Cause(reason: "FieldValueForbidden", message: "Forbidden: \(why)", field: field)
    }

    private func unsupported(_ supported: String) -> Status.Cause {
        Status.Cause(
            reason: "FieldValueNotSupported",
            message: "Unsupported value: \"\(match)\": supported values: \(supported)", field: "resourceVersionMatch")
    }
}

/// Which objects of a list or a watch a client wants.
struct ObjectSelector: Sendable {
    let fields: FieldSelector
    let labels: LabelSelector

    var isEverything: Bool { fields.isEverything && labels.isEverything }

    /// Parses the object only if names do not decide.
    func matches(_ name: ObjectName, _ object: StoredObject) throws(Status) -> Bool {
        guard fields.matches(name) else { return false }
        guard !labels.isEverything || fields.readsObjects else { return true }
        let value = try object.json()
        return fields.matches(value) && labels.matches(value[path: "metadata", "labels"])
    }
}
