extension JSONPatch {
    /// Reads the document of RFC 6902 §3.
    ///
    /// Members it does not know are ignored; a `test` without a value tests for `null`, as Go clients leave out a
    /// nil value.
    package init(json: JSONValue) throws(JSONPatchError) {
        guard let elements = json.array else { throw .malformed("a JSON Patch is an array of operations") }
        guard elements.count <= Self.operationLimit else {
            throw .limitExceeded("a JSON Patch has at most \(Self.operationLimit) operations, not \(elements.count)")
        }
        operations = []
        operations.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            operations.append(try Operation(json: element, index: index))
        }
    }

    package var json: JSONValue { .array(operations.map(\.json)) }
}

extension JSONPatch.Operation {
    init(json: JSONValue, index: Int) throws(JSONPatchError) {
        let members = Members(json: json, index: index)
        switch try members.string("op") {
        case "add": self = .add(try members.pointer("path"), try members.value())
        case "remove": self = .remove(try members.pointer("path"))
        case "replace": self = .replace(try members.pointer("path"), try members.value())
        case "test": self = .test(try members.pointer("path"), json["value"] ?? .null)
        case "move": self = .move(from: try members.pointer("from"), to: try members.pointer("path"))
        case "copy": self = .copy(from: try members.pointer("from"), to: try members.pointer("path"))
        case let op:
            throw .malformed(
                "operation \(index) of the JSON Patch: \"op\" is \"\(op)\" instead of add, remove, replace, move, "
                    + "copy or test")
        }
    }

    var json: JSONValue {
        switch self {
        case .add(let path, let value): ["op": "add", "path": .string(path.description), "value": value]
        case .remove(let path): ["op": "remove", "path": .string(path.description)]
        case .replace(let path, let value): ["op": "replace", "path": .string(path.description), "value": value]
        case .test(let path, let value): ["op": "test", "path": .string(path.description), "value": value]
        case .move(let from, let path):
            ["op": "move", "from": .string(from.description), "path": .string(path.description)]
        case .copy(let from, let path):
            ["op": "copy", "from": .string(from.description), "path": .string(path.description)]
        }
    }

    /// The members of an operation, whose absence is an error that names the operation.
    private struct Members {
        let json: JSONValue
        let index: Int

        func string(_ name: String) throws(JSONPatchError) -> String {
            guard let string = json[name]?.string else { throw lacks("string \"\(name)\"") }
            return string
        }

        func pointer(_ name: String) throws(JSONPatchError) -> JSONPointer {
            try JSONPointer(string(name))
        }

        func value() throws(JSONPatchError) -> JSONValue {
            guard let value = json["value"] else { throw lacks("\"value\"") }
            return value
        }

        private func lacks(_ what: String) -> JSONPatchError {
            .malformed("operation \(index) of the JSON Patch has no \(what)")
        }
    }
}
