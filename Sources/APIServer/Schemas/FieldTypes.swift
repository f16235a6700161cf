import KubeModel

/// Finds fields whose values are of another type than `ObjectSchemas` has for them, and fields that are missing, as the
/// schema of a CustomResourceDefinition does (apiextensions-apiserver `pkg/apiserver/validation`).
struct FieldTypes {
    /// Causes reported at most.
    static let causesMax = 100

    private let checksPresence: Bool

    /// Throws 422 Invalid with the causes; for a built-in kind, which kube-apiserver cannot decode then, 400 BadRequest
    /// with the first.
    ///
    /// What is on its way out, or was stored so before, is not held up: an object that nobody can change any more could
    /// not be mended either. Nor do faults that it had already stand in the way of other changes
    /// (apiextensions-apiserver `pkg/apiserver/validation/ratcheting.go`).
    static func check(_ object: JSONValue, old: JSONValue? = nil, of resource: Resource) throws(Status) {
        guard !object.isBeingDeleted, old == nil || object["spec"] != old?["spec"] else { return }
        var causes = causes(in: object, of: resource)
        if !causes.isEmpty, let old {
            let before = Self.causes(in: old, of: resource)
            causes.removeAll(where: before.contains)
        }
        guard let first = causes.first else { return }
        guard !resource.isBuiltIn else { throw .undecodable(resource, first.message) }
        throw .invalid(
            group: resource.group, kind: resource.kind, name: object.metadataName ?? "", causes: causes)
    }

    static func causes(in object: JSONValue, of resource: Resource) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        let schema = ObjectSchemas.kind(resource)
        // What a built-in kind must have, its own rules tell, once it is decoded.
        let check = FieldTypes(checksPresence: !resource.isBuiltIn)
        check.checkPresence(in: object, schema, path: "", &causes)
        for (name, schema) in schema["properties"]?.object?.members ?? [] where !others.contains(name) {
            if let value = object[name] { check.visit(value, schema, path: name, &causes) }
        }
        return causes
    }

    /// Checked by who reads them, or the controllers' own.
    private static let others: Set = ["apiVersion", "kind", "metadata", "status"]

    private func visit(
        _ value: JSONValue, _ schema: JSONValue, path: @autoclosure () -> String, _ causes: inout [Status.Cause]
    ) {
        // Null is a field that is not there, as far as Go's clients are concerned.
        guard causes.count < Self.causesMax, !value.isNull, let schema = ObjectSchemas.resolved(schema) else { return }
        let path = path()
        if schema["x-kubernetes-int-or-string"]?.bool == true { return checkQuantity(value, path: path, &causes) }
        if let expected = schema["type"]?.string, expected != value.typeName {
            return causes.append(.mistyped(path, expected, value))
        }
        checkPresence(in: value, schema, path: path + ".", &causes)
        switch value {
        case .array(let elements):
            guard let items = schema["items"] else { return }
            for (index, element) in elements.enumerated() { visit(element, items, path: "\(path)[\(index)]", &causes) }
        case .object(let object):
            let properties = schema["properties"]?.object
            let others = schema["additionalProperties"]
            for member in object.members {
                guard let known = properties?[member.name] ?? others else { continue }
                visit(member.value, known, path: "\(path).\(DuplicateFields.shortened(member.name))", &causes)
            }
        default: return
        }
    }

    /// `path` is what the fields' names are put behind.
    private func checkPresence(
        in value: JSONValue, _ schema: JSONValue, path: String, _ causes: inout [Status.Cause]
    ) {
        guard checksPresence else { return }
        for name in (schema["required"]?.array ?? []).compactMap(\.string) where value.present(name) == nil {
            guard causes.count < Self.causesMax else { return }
            causes.append(Status.Cause(reason: "FieldValueRequired", message: "Required value", field: path + name))
        }
    }

    /// In the words of kube-openapi `pkg/validation/errors/schema.go`.
    private func checkQuantity(_ value: JSONValue, path: String, _ causes: inout [Status.Cause]) {
        guard let text = value.string else {
            if value.int == nil { causes.append(.mistyped(path, "integer,string", value)) }
            return
        }
        guard !Quantity.matches(text) else { return }
        let shown = String(decoding: JSONValue.string(DuplicateFields.shortened(text)).serialized(), as: UTF8.self)
        causes.append(
            Status.Cause(
                reason: "FieldValueInvalid",
                message: "Invalid value: \(shown): \(path) in body should match '\(Quantity.pattern)'", field: path))
    }
}

extension Status {
    /// apiserver `pkg/endpoints/handlers/create.go`, `transformDecodeError`.
    fileprivate static func undecodable(_ resource: Resource, _ why: String) -> Status {
        let kind = resource.kind
        return .badRequest("\(kind) in version \"\(resource.version)\" cannot be handled as a \(kind): \(why)")
    }
}
