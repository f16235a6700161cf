internal import KubeModel

/// `metav1.ObjectMeta`: its types as Go's decoder sees them, its values as apimachinery
/// `pkg/api/validation/objectmeta.go` does.
enum ObjectMetaValidation {
    private static let strings = [
        "name", "generateName", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp",
    ]

    /// Returns the metadata of an object without members that Go would not write: `null` and empty collections.
    ///
    /// Throws BadRequest if a member does not have the type that the server relies on.
    static func decoded(_ object: JSONValue) throws(Status) -> JSONObject {
        guard object.object != nil else { throw .badRequest("the body must be a JSON object") }
        let metadata = object["metadata"] ?? .null
        guard !metadata.isNull else { return JSONObject() }
        guard let members = metadata.object?.members else { throw .badRequest("metadata must be an object") }
        var kept: [JSONObject.Member] = []
        for member in members where !isOmitted(member.value) {
            try checkType(member)
            kept.append(member)
        }
        return JSONObject(uniqueMembers: kept)
    }

    private static func isOmitted(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .array(let elements): elements.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }

    private static func checkType(_ member: JSONObject.Member) throws(Status) {
        switch member.name {
        case "labels", "annotations":
            guard let values = member.value.object?.members, values.allSatisfy({ $0.value.string != nil }) else {
                throw .badRequest("metadata.\(member.name) must be an object whose values are strings")
            }
        case "finalizers":
            guard let values = member.value.array, values.allSatisfy({ $0.string != nil }) else {
                throw .badRequest("metadata.finalizers must be an array of strings")
            }
        case let name where strings.contains(name):
            guard member.value.string != nil else { throw .badRequest("metadata.\(name) must be a string") }
        default: break
        }
    }

    /// What is wrong with the values.
    static func errors(_ metadata: JSONObject, of resource: Resource) -> FieldErrors {
        var errors = FieldErrors()
        let name = metadata["name"]?.string ?? ""
        if name.isEmpty {
            errors.required("metadata.name", "name or generateName is required")
        } else {
            let details = resource == .namespace ? DNS1123.labelErrors(name) : DNS1123.subdomainErrors(name)
            for detail in details { errors.invalid("metadata.name", name, detail) }
        }
        if resource.isNamespaced {
            let namespace = metadata["namespace"]?.string ?? ""
            for detail in DNS1123.labelErrors(namespace) { errors.invalid("metadata.namespace", namespace, detail) }
        }
        checkLabels(metadata["labels"], &errors)
        checkAnnotations(metadata["annotations"], &errors)
        for (index, finalizer) in metadata.finalizers.enumerated() {
            for detail in QualifiedName.errors(finalizer) {
                errors.invalid("metadata.finalizers[\(index)]", finalizer, detail)
            }
        }
        return errors
    }

    private static func checkLabels(_ labels: JSONValue?, _ errors: inout FieldErrors) {
        for label in labels?.object?.members ?? [] {
            for detail in QualifiedName.errors(label.name) { errors.invalid("metadata.labels", label.name, detail) }
            let value = label.value.string ?? ""
            for detail in QualifiedName.labelValueErrors(value) { errors.invalid("metadata.labels", value, detail) }
        }
    }

    private static func checkAnnotations(_ annotations: JSONValue?, _ errors: inout FieldErrors) {
        var bytes = 0
        for annotation in annotations?.object?.members ?? [] {
            // Keys may have capital letters in their prefix, unlike those of labels.
            for detail in QualifiedName.errors(annotation.name.lowercased()) {
                errors.invalid("metadata.annotations", annotation.name, detail)
            }
            bytes += annotation.name.utf8.count + (annotation.value.string?.utf8.count ?? 0)
        }
        if bytes > StoreLimits.annotationsBytesMax {
            errors.tooLong("metadata.annotations", bytesMax: StoreLimits.annotationsBytesMax)
        }
    }
}
