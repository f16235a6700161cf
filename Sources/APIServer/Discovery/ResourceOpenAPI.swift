import KubeModel

/// OpenAPI 3 for the resources of one version: what `kubectl explain` shows, and by which kubectl knows that the server
/// checks fields itself (cli-runtime `pkg/resource/query_param_verifier_v3.go`).
struct ResourceOpenAPI {
    private let group: APIGroup
    private let version: APIGroup.Version

    static func document(_ group: APIGroup, _ version: APIGroup.Version) -> JSONValue {
        let api = ResourceOpenAPI(group: group, version: version)
        var paths = JSONObject()
        for resource in version.resources {
            for (path, item) in api.paths(resource) { paths[path] = item }
        }
        var components = ObjectSchemas.components(of: version.resources)
        components["v1.Status"] = OpenAPIDocuments.statusSchema
        return [
            "openapi": "3.0.0", "info": ["title": "hotplug-apiserver", "version": .string(version.name)],
            "paths": .object(paths), "components": ["schemas": .object(components)],
        ]
    }

    /// A verb, the method for it, its `x-kubernetes-action`, and what its operationId begins with.
    private typealias Verb = (name: String, method: String, action: String, id: String)

    private static let collectionVerbs: [Verb] = [
        ("list", "get", "list", "list"), ("create", "post", "post", "create"),
        ("deletecollection", "delete", "deletecollection", "deleteCollection"),
    ]
    private static let itemVerbs: [Verb] = [
        ("get", "get", "get", "read"), ("update", "put", "put", "replace"), ("patch", "patch", "patch", "patch"),
        ("delete", "delete", "delete", "delete"),
    ]

    private func paths(_ resource: Resource) -> [(String, JSONValue)] {
        let root = group.isCore ? "/api/\(version.name)" : "/apis/\(group.name)/\(version.name)"
        let collection = "\(root)/\(resource.isNamespaced ? "namespaces/{namespace}/" : "")\(resource.plural)"
        let verbs = version.verbs(of: resource)
        var found = [(collection, operations(Self.collectionVerbs, verbs, resource, at: collection))]
        guard verbs.contains("get") else { return found }
        let item = collection + "/{name}"
        found.append((item, operations(Self.itemVerbs, verbs, resource, at: item)))
        if resource.isNamespaced {
            let all = "\(root)/\(resource.plural)"
            found.append((all, ["get": operation("list", "list", resource, at: all, suffix: "ForAllNamespaces")]))
        }
        for (name, verbs) in APIGroup.subresources(of: resource) {
            let path = "\(item)/\(name)"
            let suffix = name.prefix(1).uppercased() + name.dropFirst()
            found.append((path, operations(Self.itemVerbs, verbs, resource, at: path, suffix: suffix)))
        }
        return found
    }

    private func operations(
        _ all: [Verb], _ verbs: [String], _ resource: Resource, at path: String, suffix: String = ""
    ) -> JSONValue {
        var operations = JSONObject()
        for verb in all where verbs.contains(verb.name) {
            operations[verb.method] = operation(verb.action, verb.id, resource, at: path, suffix: suffix)
        }
        return .object(operations)
    }

    private func operation(
        _ action: String, _ verb: String, _ resource: Resource, at path: String, suffix: String = ""
    ) -> JSONValue {
        let kind = JSONValue.object([
            "group": .string(resource.group), "version": .string(version.name), "kind": .string(resource.kind),
        ])
        let scope = path.contains("{namespace}") ? "Namespaced" : ""
        var operation: JSONValue = [
            "operationId": .string("\(verb)\(identifier)\(scope)\(resource.kind)\(suffix)"),
            "description": .string("\(verb) \(resource.kind) objects"), "x-kubernetes-action": .string(action),
            "x-kubernetes-group-version-kind": kind,
        ]
        operation["parameters"] = .array(parameters(action, path))
        if let body = body(action, resource) { operation["requestBody"] = body }
        operation["responses"] = responses(action, resource)
        return operation
    }

    /// `KubevirtIoV1`, which tells operations of versions apart.
    private var identifier: String {
        let words = (group.isCore ? "core" : group.name).split { $0 == "." } + [version.name[...]]
        return words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private func parameters(_ action: String, _ path: String) -> [JSONValue] {
        var parameters: [JSONValue] = ["namespace", "name"].filter { path.contains("{\($0)}") }.map { name in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
        }
        var query: [QueryParameter] = []
        switch action {
        case "list": query = Self.selectors + Self.listOptions
        case "deletecollection": query = Self.selectors + OpenAPIDocuments.queryParameters.filter(\.isDryRun)
        case "post", "put", "patch": query = OpenAPIDocuments.queryParameters
        case "delete": query = OpenAPIDocuments.queryParameters.filter(\.isDryRun)
        default: break
        }
        parameters += query.map(\.parameter)
        return parameters
    }

    private static let selectors = [
        QueryParameter("fieldSelector", "Selects objects by fields: metadata.name=x."),
        QueryParameter("labelSelector", "Selects objects by labels."),
    ]

    /// `ListOptions`, and how a list becomes a watch.
    private static let listOptions = [
        QueryParameter("limit", "How many objects a page has at most; 0 for all.", type: "integer"),
        QueryParameter("continue", "Where the next page begins, as the last one told."),
        QueryParameter("resourceVersion", "The state of which a list is, or after which a watch begins; 0 for any."),
        QueryParameter("resourceVersionMatch", "How a list takes resourceVersion: Exact or NotOlderThan."),
        QueryParameter("watch", "Whether to tell of changes, a line each, instead of listing.", type: "boolean"),
        QueryParameter("timeoutSeconds", "When a watch ends; 0 for the server's choice.", type: "integer"),
        QueryParameter("allowWatchBookmarks", "Whether a watch tells of how far it is, too.", type: "boolean"),
        QueryParameter("sendInitialEvents", "Whether a watch begins with the objects that there are.", type: "boolean"),
    ]

    private func body(_ action: String, _ resource: Resource) -> JSONValue? {
        let object: JSONValue = ["schema": ObjectSchemas.reference(ObjectSchemas.name(of: resource))]
        switch action {
        case "post", "put":
            return ["required": true, "content": ["application/json": object, "application/yaml": object]]
        case "patch":
            var content: JSONObject = [
                "application/json-patch+json": ["schema": ["type": "array", "items": ["type": "object"]]],
                "application/merge-patch+json": ["schema": ["type": "object"]],
            ]
            if resource.isBuiltIn, ObjectSchemas.isComplete(resource) {
                content["application/strategic-merge-patch+json"] = ["schema": ["type": "object"]]
            }
            return ["required": true, "content": .object(content)]
        case "delete", "deletecollection": return ["content": ["application/json": ["schema": ["type": "object"]]]]
        default: return nil
        }
    }

    private func responses(_ action: String, _ resource: Resource) -> JSONValue {
        func content(_ schema: String) -> JSONValue {
            ["application/json": ["schema": ObjectSchemas.reference(schema)]]
        }
        var responses = JSONObject()
        switch action {
        case "list", "deletecollection":
            responses["200"] = ["description": "OK", "content": content(ObjectSchemas.listName(of: resource))]
        case "post":
            responses["201"] = ["description": "Created", "content": content(ObjectSchemas.name(of: resource))]
        // The object while finalizers hold it, a Status when it has gone.
        case "delete":
            responses["200"] = ["description": "OK", "content": ["application/json": ["schema": ["type": "object"]]]]
        default: responses["200"] = ["description": "OK", "content": content(ObjectSchemas.name(of: resource))]
        }
        for failure in OpenAPIDocuments.failures {
            responses[failure.code] = ["description": .string(failure.text), "content": content("v1.Status")]
        }
        return .object(responses)
    }
}
