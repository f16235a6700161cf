internal import KubeModel

/// What is wrong with the fields of an object, in the words of apimachinery `pkg/util/validation/field/errors.go`.
struct FieldErrors {
    /// At most `StoreLimits.causesMax`.
    private(set) var causes: [Status.Cause] = []

    var isEmpty: Bool { causes.isEmpty }

    mutating func invalid(_ field: String, _ value: String, _ detail: String) {
        let shown = JSONValue.string(String(value.prefix(StoreLimits.quotedCharactersMax)))
        add("FieldValueInvalid", field, "Invalid value: \(text(of: shown)): \(detail)")
    }

    /// Of a value that is no string; `shown` is its text.
    mutating func invalid(_ field: String, shown: String, _ detail: String) {
        add("FieldValueInvalid", field, "Invalid value: \(shown.prefix(StoreLimits.quotedCharactersMax)): \(detail)")
    }

    mutating func immutable(_ field: String, _ value: JSONValue?) {
        add("FieldValueInvalid", field, "Invalid value: \(text(of: value ?? .null)): field is immutable")
    }

    /// apiserver `pkg/registry/generic/registry/store.go`, which prints the number that it has parsed.
    mutating func missingResourceVersion() {
        add("FieldValueInvalid", "metadata.resourceVersion", "Invalid value: 0x0: must be specified for an update")
    }

    private func text(of value: JSONValue) -> String {
        String(decoding: value.serialized(), as: UTF8.self)
    }

    mutating func required(_ field: String, _ detail: String) {
        add("FieldValueRequired", field, "Required value: \(detail)")
    }

    mutating func forbidden(_ field: String, _ detail: String) {
        add("FieldValueForbidden", field, "Forbidden: \(detail)")
    }

    mutating func tooLong(_ field: String, bytesMax: Int) {
        add("FieldValueTooLong", field, "Too long: may not be more than \(bytesMax) bytes")
    }

    private mutating func add(_ reason: String, _ field: String, _ message: String) {
        guard causes.count < StoreLimits.causesMax else { return }
        causes.append(Status.Cause(reason: reason, message: message, field: field))
    }
}
