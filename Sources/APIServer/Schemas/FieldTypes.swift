import KubeModel

/// Finds fields whose values are of another type than `ObjectSchemas` has for them, as the schema of a
/// CustomResourceDefinition does (apiextensions-apiserver `pkg/apiserver/validation`).
enum FieldTypes {
    /// Causes reported at most.
    static let causesMax = 100

    /// Throws 422 Invalid with the causes; for a built-in kind, which kube-apiserver cannot decode then, 400 BadRequest
    /// with the first.
    ///
    /// What is on its way out, or was stored so before, is not held up: an object that nobody can change any more could
    /// not be mended either.
    static func check(_ object: JSONValue, old: JSONValue? = nil, of resource: Resource) throws(Status) {
        guard !object.isBeingDeleted, old == nil || object["spec"] != old?["spec"] else { return }
        let causes = causes(in: object, of: resource)
        guard let first = causes.first else { return }
        guard !resource.isBuiltIn else { throw .undecodable(resource, first.message) }
        throw .invalid(
            group: resource.group, kind: resource.kind, name: object.metadataName ?? "", causes: causes)
    }

    static func causes(in object: JSONValue, of resource: Resource) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        let properties = ObjectSchemas.kind(resource)["properties"]?.object?.members ?? []
        for (name, schema) in properties where !others.contains(name) {
            if let value = object[name] { visit(value, schema, path: name, &causes) }
        }
        return causes
    }

    /// Checked by who reads them, or the controllers' own.
    private static let others: Set = ["apiVersion", "kind", "metadata", "status"]

    private static func visit(
        _ value: JSONValue, _ schema: JSONValue, path: @autoclosure () -> String, _ causes: inout [Status.Cause]
    ) {
        // Null is a field that is not there, as far as Go's clients are concerned.
        guard causes.count < causesMax, !value.isNull, let schema = ObjectSchemas.resolved(schema) else { return }
        let path = path()
        if let expected = schema["type"]?.string, expected != value.typeName {
            return causes.append(.mistyped(path, expected, value))
        }
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
}

extension Status {
    /// apiserver `pkg/endpoints/handlers/create.go`, `transformDecodeError`.
    fileprivate static func undecodable(_ resource: Resource, _ why: String) -> Status {
        let kind = resource.kind
        return .badRequest("\(kind) in version \"\(resource.version)\" cannot be handled as a \(kind): \(why)")
    }
}
