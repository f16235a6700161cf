import KubeModel
import Testing

@Suite struct StatusTests {
    /// As kube-apiserver writes them; the order of members is Go's.
    @Test(arguments: [
        (
            Status.notFound(group: "kubevirt.io", kind: "virtualmachines", name: "vm1"),
            #""virtualmachines.kubevirt.io \"vm1\" not found","#
                + #""reason":"NotFound","#
                + #""details":{"name":"vm1","group":"kubevirt.io","kind":"virtualmachines"},"code":404}"#
        ),
        (
            Status.pathNotFound,
            #""the server could not find the requested resource","#
                + #""reason":"NotFound","details":{},"code":404}"#
        ),
        (
            Status.badRequest("no"),
            #""no","#
                + #""reason":"BadRequest","code":400}"#
        ),
        (
            Status.tooManyRequests(retryAfterSeconds: 1),
            #""Too many requests, please try again later.","#
                + #""reason":"TooManyRequests","details":{"retryAfterSeconds":1},"code":429}"#
        ),
        (
            Status.internalError("boom"),
            #""Internal error occurred: boom","#
                + #""reason":"InternalError","details":{"causes":[{"message":"boom"}]},"code":500}"#
        ),
        (
            Status.invalid(
                group: "kubevirt.io", kind: "VirtualMachine", name: "vm",
                causes: [.init(reason: "FieldValueRequired", message: "Required value", field: "spec.a")]),
            #""VirtualMachine.kubevirt.io \"vm\" is invalid: spec.a: Required value","#
                + #""reason":"Invalid","#
                + #""details":{"name":"vm","group":"kubevirt.io","kind":"VirtualMachine""#
                + #","causes":[{"reason":"FieldValueRequired","message":"Required value","field":"spec.a"}]},"code":422}"#
        ),
    ]) func `is written as Go writes it`(status: Status, expected: String) {
        let head = #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"#
        #expect(status.json.text == head + expected)
    }

    @Test(arguments: [
        (Status.unauthorized(), 401, "Unauthorized", "Unauthorized"),
        (Status.forbidden("x is forbidden"), 403, "Forbidden", "x is forbidden"),
        (
            Status.notFound(group: "", kind: "namespaces", name: "n"), 404, "NotFound", #"namespaces "n" not found"#
        ),
        (
            Status.methodNotAllowed, 405, "MethodNotAllowed",
            "the server does not allow this method on the requested resource"
        ),
        (
            Status.notAcceptable(), 406, "NotAcceptable",
            "only the following media types are accepted: application/json, application/yaml"
        ),
        (
            Status.alreadyExists(group: "g", kind: "k", name: "n"), 409, "AlreadyExists", #"k.g "n" already exists"#
        ),
        (
            Status.conflict(group: "kubevirt.io", kind: "virtualmachineinstance", name: "x", "VMI is not running"), 409,
            "Conflict",
            #"Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "x": VMI is not running"#
        ),
        (
            Status.requestEntityTooLarge(limitBytes: 3_145_728), 413, "RequestEntityTooLarge",
            "Request entity too large: limit is 3145728"
        ),
        (
            Status.unsupportedMediaType(accepted: ["application/json", "application/yaml"]), 415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
                + "application/json, application/yaml"
        ),
        (
            Status.invalid(
                group: "g", kind: "K", name: "n",
                causes: [
                    .init(reason: "a", message: "m1", field: "f1"), .init(reason: "b", message: "m2", field: ""),
                ]), 422, "Invalid", #"K.g "n" is invalid: [f1: m1, m2]"#
        ),
        (Status.serviceUnavailable("stopping"), 503, "ServiceUnavailable", "stopping"),
        (Status.timeout("too slow"), 504, "Timeout", "Timeout: too slow"),
    ]) func `has the code, reason and text of apimachinery`(
        status: Status, code: Int, reason: String, message: String
    ) {
        #expect(status.code == code)
        #expect(status.reason == reason)
        #expect(status.message == message)
    }
}
