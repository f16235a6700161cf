internal import KubeModel

/// `metadata.ownerReferences` (apimachinery `pkg/api/validation/objectmeta.go`, `ValidateOwnerReferences`).
enum OwnerReferences {
    static let field = "metadata.ownerReferences"

    /// Finds what is wrong with references that an object did not have before.
    ///
    /// kube-apiserver looks at them in each update. Those that older versions of this server have taken are left alone,
    /// so that such an object can be changed and go. Throws BadRequest where Go's decoder would fail.
    static func check(
        _ metadata: JSONObject, old: JSONObject? = nil, _ errors: inout FieldErrors
    ) throws(Status) {
        guard let value = metadata["ownerReferences"], value != old?["ownerReferences"] else { return }
        guard let references = value.array else { throw .badRequest("\(field) must be an array of objects") }
        var controllers: [String] = []
        for (index, reference) in references.enumerated() {
            try checkTypes(reference, at: index)
            checkValues(reference, &errors)
            if reference["controller"]?.bool == true {
                controllers.append("\(reference["kind"]?.string ?? "")/\(reference["name"]?.string ?? "")")
            }
        }
        guard let first = controllers.first, controllers.count > 1 else { return }
        let shown = text(of: value)
        for other in controllers.dropFirst() {
            errors.invalid(
                field, shown: shown,
                "Only one reference can have Controller set to true. Found \"true\" in references for \(first) and "
                    + other)
        }
    }

    private static func checkTypes(_ reference: JSONValue, at index: Int) throws(Status) {
        guard let members = reference.object?.members else { throw .badRequest("\(field)[\(index)] must be an object") }
        for member in members where !member.value.isNull {
            switch member.name {
            case "apiVersion", "kind", "name", "uid":
                guard member.value.string != nil else {
                    throw .badRequest("\(field)[\(index)].\(member.name) must be a string")
                }
            case "controller", "blockOwnerDeletion":
                guard member.value.bool != nil else {
                    throw .badRequest("\(field)[\(index)].\(member.name) must be a boolean")
                }
            default: break
            }
        }
    }

    private static func checkValues(_ reference: JSONValue, _ errors: inout FieldErrors) {
        let apiVersion = reference["apiVersion"]?.string ?? ""
        if !hasVersion(apiVersion) { errors.invalid("\(field).apiVersion", apiVersion, "version must not be empty") }
        for member in ["kind", "name", "uid"] where (reference[member]?.string ?? "").isEmpty {
            errors.invalid("\(field).\(member)", "", "\(member) must not be empty")
        }
        // `BannedOwners`: events go by themselves.
        if apiVersion == "v1", reference["kind"]?.string == "Event" {
            errors.invalid(field, shown: text(of: reference), "/v1, Kind=Event is disallowed from being an owner")
        }
    }

    /// Whether it is `VERSION` or `GROUP/VERSION` (apimachinery `schema.ParseGroupVersion`).
    private static func hasVersion(_ apiVersion: String) -> Bool {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.last?.isEmpty == false
    }

    private static func text(of value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }
}
