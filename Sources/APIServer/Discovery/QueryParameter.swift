import KubeModel

/// A parameter of the query as OpenAPI 3 describes it.
struct QueryParameter: Sendable {
    let name: String
    let text: String
    /// Of JSON Schema.
    let type: String

    init(_ name: String, _ text: String, type: String = "string") {
        self.name = name
        self.text = text
        self.type = type
    }

    var isDryRun: Bool { name == "dryRun" }

    var parameter: JSONValue {
        ["name": .string(name), "in": "query", "schema": ["type": .string(type)], "description": .string(text)]
    }
}
