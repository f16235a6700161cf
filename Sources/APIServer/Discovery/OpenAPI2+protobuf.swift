import KubeModel

/// OpenAPI 2 as protobuf, which kubectl asks for (github.com/google/gnostic `openapiv2/OpenAPIv2.proto`): so much of it
/// as the documents of this server have.
extension OpenAPI2 {
    /// The message `Document` of a document in JSON.
    static func protobuf(_ document: JSONValue) -> [UInt8] {
        var message = ProtobufWriter()
        message.text(1, document["swagger"])
        message.message(2) { info in
            info.text(1, document[path: "info", "title"])
            info.text(2, document[path: "info", "version"])
        }
        message.message(8) { paths in
            for (name, item) in document["paths"]?.object?.members ?? [] {
                paths.named(2, name) { write(item, into: &$0) }
            }
        }
        message.message(9) { definitions in
            for (name, schema) in document["definitions"]?.object?.members ?? [] {
                definitions.named(1, name) { writeSchema(schema, into: &$0) }
            }
        }
        return message.bytes
    }

    /// `PathItem`.
    private static func write(_ item: JSONValue, into message: inout ProtobufWriter) {
        for (number, method) in [(2, "get"), (3, "put"), (4, "post"), (5, "delete"), (8, "patch")] {
            guard let operation = item[method] else { continue }
            message.message(number) { writeOperation(operation, into: &$0) }
        }
    }

    private static func writeOperation(_ operation: JSONValue, into message: inout ProtobufWriter) {
        message.text(3, operation["description"])
        message.text(5, operation["operationId"])
        message.texts(6, operation["produces"])
        message.texts(7, operation["consumes"])
        for parameter in operation["parameters"]?.array ?? [] {
            // `ParametersItem` has a `Parameter`, which is of the body or not.
            message.message(8) { $0.message(1) { writeParameter(parameter, into: &$0) } }
        }
        message.message(9) { responses in
            for (code, response) in operation["responses"]?.object?.members ?? [] {
                responses.named(1, code) { value in
                    value.message(1) { message in
                        message.text(1, response["description"])
                        guard let schema = response["schema"] else { return }
                        message.message(2) { $0.message(1) { writeSchema(schema, into: &$0) } }
                    }
                }
            }
        }
        message.extensions(13, of: operation)
    }

    private static func writeParameter(_ parameter: JSONValue, into message: inout ProtobufWriter) {
        switch parameter["in"]?.string {
        case "body":
            message.message(1) { body in
                body.text(2, parameter["name"])
                body.text(3, parameter["in"])
                body.flag(4, parameter["required"])
                body.message(5) { writeSchema(parameter["schema"] ?? [:], into: &$0) }
            }
        case "query", "path":
            let isPath = parameter["in"] == "path"
            message.message(2) { other in
                other.message(isPath ? 4 : 3) { simple in
                    simple.flag(1, parameter["required"])
                    simple.text(2, parameter["in"])
                    simple.text(3, parameter["description"])
                    simple.text(4, parameter["name"])
                    simple.text(isPath ? 5 : 6, parameter["type"])
                }
            }
        default: return
        }
    }

    private static func writeSchema(_ schema: JSONValue, into message: inout ProtobufWriter) {
        message.text(1, schema["$ref"])
        message.text(2, schema["format"])
        message.text(4, schema["description"])
        message.texts(19, schema["required"])
        if let values = schema["additionalProperties"] {
            message.message(21) { $0.message(1) { writeSchema(values, into: &$0) } }
        }
        if let type = schema["type"] { message.message(22) { $0.text(1, type) } }
        if let items = schema["items"] {
            message.message(23) { $0.message(1) { writeSchema(items, into: &$0) } }
        }
        if let properties = schema["properties"]?.object {
            message.message(25) { list in
                for (name, property) in properties.members {
                    list.named(1, name) { writeSchema(property, into: &$0) }
                }
            }
        }
        message.extensions(31, of: schema)
    }
}

/// Writes a message of protobuf (https://protobuf.dev/programming-guides/encoding/).
private struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ number: Int) {
        var rest = UInt64(number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func octets(_ number: Int, _ octets: [UInt8]) {
        varint(number << 3 | 2)
        varint(octets.count)
        bytes += octets
    }

    mutating func message(_ number: Int, _ write: (inout ProtobufWriter) -> Void) {
        var message = ProtobufWriter()
        write(&message)
        octets(number, message.bytes)
    }

    /// An element of a map: a message with a name and a value.
    mutating func named(_ number: Int, _ name: String, _ write: (inout ProtobufWriter) -> Void) {
        message(number) { element in
            element.octets(1, Array(name.utf8))
            element.message(2, write)
        }
    }

    mutating func text(_ number: Int, _ value: JSONValue?) {
        if let text = value?.string { octets(number, Array(text.utf8)) }
    }

    mutating func texts(_ number: Int, _ values: JSONValue?) {
        for value in values?.array ?? [] { text(number, value) }
    }

    mutating func flag(_ number: Int, _ value: JSONValue?) {
        guard value?.bool == true else { return }
        varint(number << 3)
        bytes.append(1)
    }

    /// The `x-` fields, whose values are YAML.
    mutating func extensions(_ number: Int, of object: JSONValue) {
        for (name, value) in object.object?.members ?? [] where name.hasPrefix("x-") {
            named(number, name) { $0.octets(2, value.yaml() ?? []) }
        }
    }
}
