internal import KubeModel

/// `metav1.ObjectMeta`: its types as Go's decoder sees them, its values as apimachinery
/// `pkg/api/validation/objectmeta.go` does.
enum ObjectMetaValidation {
    /// The members of which the server relies on the type.
    private enum Kind {
        case text
        case texts
        case textMap
        case objects
    }

    private static let kinds: [String: Kind] = [
        "name": .text, "generateName": .text, "namespace": .text, "uid": .text, "resourceVersion": .text,
        "creationTimestamp": .text, "deletionTimestamp": .text, "labels": .textMap, "annotations": .textMap,
        "finalizers": .texts, "ownerReferences": .objects, "managedFields": .objects,
    ]

    /// Returns the metadata of an object as Go would write it: without `null` and empty collections, and with an empty
    /// text for a label that is `null`.
    ///
    /// Throws BadRequest if a member does not have the type that the server relies on.
    static func decoded(_ object: JSONValue) throws(Status) -> JSONObject {
        guard object.object != nil else { throw .badRequest("the body must be a JSON object") }
        let metadata = object["metadata"] ?? .null
        guard !metadata.isNull else { return JSONObject() }
        guard let members = metadata.object?.members else { throw .badRequest("metadata must be an object") }
        var kept: [JSONObject.Member] = []
        for member in members where !member.value.isNull {
            let value = try decoded(member)
            if !isEmpty(value) { kept.append((member.name, value)) }
        }
        return JSONObject(uniqueMembers: kept)
    }

    private static func isEmpty(_ value: JSONValue) -> Bool {
        value.array?.isEmpty == true || value.object?.isEmpty == true
    }

    private static func decoded(_ member: JSONObject.Member) throws(Status) -> JSONValue {
        let (name, value) = member
        switch kinds[name] {
        case .textMap?:
            guard let members = value.object?.members else {
                throw mismatch(value, name, "map[string]string")
            }
            var texts: [JSONObject.Member] = []
            for member in members {
                guard member.value.isNull || member.value.string != nil else {
                    throw mismatch(member.value, name, "string")
                }
                texts.append((member.name, .string(member.value.string ?? "")))
            }
            return .object(JSONObject(uniqueMembers: texts))
        case .texts?:
            guard let elements = value.array else { throw mismatch(value, name, "[]string") }
            for element in elements where element.string == nil { throw mismatch(element, name, "string") }
        case .objects?:
            // What is not empty is looked at where it is read.
            guard value.object?.isEmpty != true else {
                throw .badRequest("metadata.\(name) must be an array of objects")
            }
        case .text?:
            guard value.string != nil else { throw .badRequest("metadata.\(name) must be a string") }
        case nil: break
        }
        return value
    }

    /// Go's `json.UnmarshalTypeError`.
    private static func mismatch(_ value: JSONValue, _ name: String, _ type: String) -> Status {
        .badRequest(
            "json: cannot unmarshal \(value.goTypeName) into Go struct field ObjectMeta.metadata.\(name) of type "
                + type)
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
