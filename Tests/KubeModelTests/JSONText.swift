import KubeModel

/// Shorthand of the tests: JSON in and out as text.
func parsed(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
}

extension JSONValue {
    var text: String { String(decoding: serialized(), as: UTF8.self) }
}
