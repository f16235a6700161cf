import KubeModel

/// OpenAPI 2 made of documents of OpenAPI 3, so that there is one description of the API
/// (OpenAPI Specification 2.0; kube-openapi `pkg/schemaconv` goes the same way).
enum OpenAPI2 {
    /// One document with the paths and schemas of all.
    static func document(of documents: [JSONValue]) -> JSONValue {
        var paths: [JSONObject.Member] = []
        var definitions = JSONObject()
        for document in documents {
            for (path, item) in document["paths"]?.object?.members ?? [] {
                let operations = item.object?.members.map { ($0.name, operation($0.value)) } ?? []
                paths.append((path, .object(JSONObject(uniqueMembers: operations))))
            }
            for (name, schema) in document[path: "components", "schemas"]?.object?.members ?? [] {
                definitions[name] = referring(schema)
            }
        }
        return [
            "swagger": "2.0", "info": ["title": "hotplug-apiserver", "version": "v1"],
            "paths": .object(JSONObject(uniqueMembers: paths)), "definitions": .object(definitions),
        ]
    }

    private static func operation(_ operation: JSONValue) -> JSONValue {
        var result = operation
        result["requestBody"] = nil
        var parameters = (operation["parameters"]?.array ?? []).map(parameter)
        if let body = operation["requestBody"], let content = body["content"]?.object?.members {
            result["consumes"] = .array(content.map { .string($0.name) })
            parameters.append([
                "name": "body", "in": "body", "required": body["required"] ?? false,
                "schema": referring(schema(of: content)),
            ])
        }
        result["produces"] = ["application/json"]
        result["parameters"] = .array(parameters)
        var responses = JSONObject()
        for (code, response) in operation["responses"]?.object?.members ?? [] {
            var short: JSONValue = ["description": response["description"] ?? ""]
            if let content = response["content"]?.object?.members, !content.isEmpty {
                short["schema"] = referring(schema(of: content))
            }
            responses[code] = short
        }
        result["responses"] = .object(responses)
        return result
    }

    /// The type stands beside the name.
    private static func parameter(_ parameter: JSONValue) -> JSONValue {
        var result = parameter
        result["schema"] = nil
        for (name, value) in parameter["schema"]?.object?.members ?? [] { result[name] = value }
        return result
    }

    /// There is one schema for all media types; of different ones nothing is said but that it is an object.
    private static func schema(of content: [JSONObject.Member]) -> JSONValue {
        let schemas = content.map { $0.value["schema"] ?? [:] }
        guard let first = schemas.first, schemas.allSatisfy({ $0 == first }) else { return ["type": "object"] }
        return first
    }

    private static func referring(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(referring))
        case .object(let object):
            let members = object.members.map { member -> JSONObject.Member in
                guard member.name == "$ref", let target = member.value.string else {
                    return (member.name, referring(member.value))
                }
                return (member.name, .string(target.replacing("#/components/schemas/", with: "#/definitions/")))
            }
            return .object(JSONObject(uniqueMembers: members))
        default: return value
        }
    }
}
