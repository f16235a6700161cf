extension JSONValue {
    /// The type's name in OpenAPI.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number(let number): number.int == nil ? "number" : "integer"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The type's name in Go's `json.UnmarshalTypeError`.
    package var goTypeName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension Status.Cause {
    /// A value of another type than its field's, as the schema of a CustomResourceDefinition refuses it
    /// (apiextensions-apiserver `pkg/apiserver/validation`).
    package static func mistyped(_ field: String, _ type: String, _ value: JSONValue) -> Status.Cause {
        Status.Cause(
            reason: "FieldValueTypeInvalid",
            message: "Invalid value: \"\(value.typeName)\": \(field) in body must be of type \(type): "
                + "\"\(value.typeName)\"", field: field)
    }
}
