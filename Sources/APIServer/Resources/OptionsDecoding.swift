import KubeModel

/// The options of a write, in its query or its body, whose kinds are named after the verb
/// (apimachinery `pkg/apis/meta/v1/validation`).
struct OptionsDecoding {
    private static let policies = ["Foreground", "Background", "Orphan"]

    /// `CreateOptions`, `UpdateOptions`, `PatchOptions` or `DeleteOptions`.
    let kind: String

    init(verb: String) {
        kind =
            switch verb {
            case "create": "CreateOptions"
            case "patch": "PatchOptions"
            case "delete", "deletecollection": "DeleteOptions"
            default: "UpdateOptions"
            }
    }

    private func invalid(_ field: String, _ message: String, reason: String = "FieldValueNotSupported") -> Status {
        .invalid(
            group: "meta.k8s.io", kind: kind, name: "",
            causes: [Status.Cause(reason: reason, message: message, field: field)])
    }

    private static func unsupported(_ value: String, _ supported: [String]) -> String {
        let values = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return "Unsupported value: \"\(value)\": supported values: \(values)"
    }

    /// Throws 422 Invalid for anything but `All`.
    func dryRun(_ values: [String]) throws(Status) -> Bool {
        for value in values where value != "All" {
            throw invalid("dryRun", Self.unsupported(value, ["All"]))
        }
        return !values.isEmpty
    }

    /// Throws 422 Invalid for one that is longer than others can be told.
    func fieldManager(of request: APIRequest) throws(Status) -> String {
        if let given = request.query.first("fieldManager"),
            given.unicodeScalars.count > APIRequest.fieldManagerCharactersMax
        {
            throw invalid(
                "fieldManager", "Too long: may not be more than \(APIRequest.fieldManagerCharactersMax) characters",
                reason: "FieldValueTooLong")
        }
        return request.fieldManager
    }

    func fieldValidation(_ query: QueryParameters) throws(Status) -> FieldValidation {
        let text = query.first("fieldValidation") ?? ""
        guard !text.isEmpty else { return .warn }
        guard let validation = FieldValidation(rawValue: text) else {
            throw invalid("fieldValidation", Self.unsupported(text, ["", "Ignore", "Strict", "Warn"]))
        }
        return validation
    }

    // MARK: Deletion

    /// Throws 400 BadRequest for a body that is no DeleteOptions, since what it asks for may be a guard.
    func deleteOptions(_ request: APIRequest) throws(Status) -> DeleteOptions {
        var body = JSONValue.object(JSONObject())
        if !request.body.isEmpty { (body, _) = try RequestBodyDecoding.object(request) }
        guard body.object != nil else { throw Self.malformed("it is no object") }
        if let kind = try Self.text(body, "kind"), kind != "DeleteOptions" {
            throw Self.malformed("its kind is \(kind)")
        }
        let preconditions = body.present("preconditions") ?? [:]
        guard preconditions.object != nil else { throw Self.malformed("preconditions must be an object") }
        if let seconds = body.present("gracePeriodSeconds"), seconds.int == nil {
            throw Self.malformed("gracePeriodSeconds must be an integer")
        }
        // kube-apiserver reads the query where there is no body, by strconv.ParseInt.
        if request.body.isEmpty, let seconds = request.query.first("gracePeriodSeconds"), Int64(seconds) == nil {
            throw .badRequest("gracePeriodSeconds of the query must be an integer")
        }
        var dryRuns = request.query.all("dryRun")
        if let values = body.present("dryRun") {
            guard let texts = values.array?.map(\.string), !texts.contains(nil) else {
                throw Self.malformed("dryRun must be a list of strings")
            }
            dryRuns += texts.compactMap(\.self)
        }
        return DeleteOptions(
            dryRun: try dryRun(dryRuns), uid: try Self.text(preconditions, "uid", in: "preconditions."),
            resourceVersion: try Self.text(preconditions, "resourceVersion", in: "preconditions."),
            orphansDependents: try orphansDependents(body, request.query))
    }

    private func orphansDependents(_ body: JSONValue, _ query: QueryParameters) throws(Status) -> Bool {
        let orphans = body.present("orphanDependents")
        guard orphans == nil || orphans?.bool != nil else { throw Self.malformed("orphanDependents must be a boolean") }
        guard let policy = try Self.text(body, "propagationPolicy") ?? query.first("propagationPolicy") else {
            return orphans?.bool ?? (query.first("orphanDependents") == "true")
        }
        guard orphans == nil else {
            throw invalid(
                "propagationPolicy",
                "Invalid value: \"\(policy)\": orphanDependents and deletionPropagation cannot be both set",
                reason: "FieldValueInvalid")
        }
        guard Self.policies.contains(policy) else {
            throw invalid("propagationPolicy", Self.unsupported(policy, Self.policies))
        }
        return policy == "Orphan"
    }

    private static func text(_ value: JSONValue, _ name: String, in path: String = "") throws(Status) -> String? {
        guard let member = value.present(name) else { return nil }
        guard let text = member.string else { throw malformed("\(path)\(name) must be a string") }
        return text
    }

    private static func malformed(_ why: String) -> Status {
        .badRequest("the body of the request is not DeleteOptions: \(why)")
    }
}
