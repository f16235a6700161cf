// The failures of the Kubernetes API with the codes, reasons and texts of apimachinery `pkg/api/errors/errors.go`.
// Where a reason takes `kind`, it is the resource's plural or singular name as the caller wants it shown.
extension Status {
    /// 400.
    package static func badRequest(_ message: String) -> Status {
        Status(code: 400, reason: "BadRequest", message: message)
    }

    /// 401.
    package static func unauthorized(_ message: String = "Unauthorized") -> Status {
        Status(code: 401, reason: "Unauthorized", message: message)
    }

    /// 403.
    package static func forbidden(_ message: String, details: Details? = nil) -> Status {
        Status(code: 403, reason: "Forbidden", message: message, details: details)
    }

    /// 404 for an object.
    package static func notFound(group: String, kind: String, name: String) -> Status {
        Status(
            code: 404, reason: "NotFound", message: "\(qualified(kind, group)) \"\(name)\" not found",
            details: Details(name: name, group: group, kind: kind))
    }

    /// 404 for a URL that leads nowhere.
    package static let pathNotFound = Status(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource",
        details: Details())

    /// 405.
    package static let methodNotAllowed = Status(
        code: 405, reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource", details: Details())

    /// 406; `accepted` are the media types that the server can answer with.
    package static func notAcceptable(accepted: [String] = ["application/json", "application/yaml"]) -> Status {
        Status(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: \(accepted.joined(separator: ", "))")
    }

    /// 409: the name is taken.
    package static func alreadyExists(group: String, kind: String, name: String) -> Status {
        Status(
            code: 409, reason: "AlreadyExists", message: "\(qualified(kind, group)) \"\(name)\" already exists",
            details: Details(name: name, group: group, kind: kind))
    }

    /// 409: the state of the object does not allow it.
    package static func conflict(group: String, kind: String, name: String, _ why: String) -> Status {
        Status(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(qualified(kind, group)) \"\(name)\": \(why)",
            details: Details(name: name, group: group, kind: kind))
    }

    /// 413; the limit in octets.
    package static func requestEntityTooLarge(limitBytes: Int) -> Status {
        Status(
            code: 413, reason: "RequestEntityTooLarge",
            message: "Request entity too large: limit is \(limitBytes)")
    }

    /// 415; `accepted` are the media types that a body may have.
    package static func unsupportedMediaType(accepted: [String]) -> Status {
        Status(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "))
    }

    /// Why a write lost a race (apiserver `pkg/registry/generic/registry/store.go`, `OptimisticLockErrorMsg`).
    package static let objectModified =
        "the object has been modified; please apply your changes to the latest version and try again"

    /// 422: fields of the object are wrong; here `kind` is the Kind, and each cause has its field.
    package static func invalid(group: String, kind: String, name: String, causes: [Cause]) -> Status {
        let errors = causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }
        let list = errors.count == 1 ? errors[0] : "[\(errors.joined(separator: ", "))]"
        return Status(
            code: 422, reason: "Invalid", message: "\(qualified(kind, group)) \"\(name)\" is invalid: \(list)",
            details: Details(name: name, group: group, kind: kind, causes: causes))
    }

    /// 422 without a cause: what a JSON Patch whose `test` fails gets (apiserver `pkg/endpoints/handlers/patch.go`).
    package static let patchRefused = Status(
        code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
        details: Details())

    /// 429.
    package static func tooManyRequests(retryAfterSeconds: Int) -> Status {
        var details = Details()
        details.retryAfterSeconds = retryAfterSeconds
        return Status(
            code: 429, reason: "TooManyRequests", message: "Too many requests, please try again later.",
            details: details)
    }

    /// 500; `error` tells what went wrong.
    package static func internalError(_ error: String) -> Status {
        Status(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(error)",
            details: Details(causes: [Cause(reason: "", message: error, field: "")]))
    }

    /// 503; `retryAfterSeconds` for what a client may ask again, since nothing has been done.
    package static func serviceUnavailable(_ message: String, retryAfterSeconds: Int? = nil) -> Status {
        var status = Status(code: 503, reason: "ServiceUnavailable", message: message)
        if let retryAfterSeconds {
            status.details = Details()
            status.details?.retryAfterSeconds = retryAfterSeconds
        }
        return status
    }

    /// 504.
    package static func timeout(_ message: String) -> Status {
        Status(code: 504, reason: "Timeout", message: "Timeout: \(message)", details: Details())
    }

    /// Go's `GroupResource.String`: the core group is not written.
    private static func qualified(_ kind: String, _ group: String) -> String {
        group.isEmpty ? kind : "\(kind).\(group)"
    }
}
