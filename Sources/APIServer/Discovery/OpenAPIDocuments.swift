import HTTPWire
import KubeModel

/// `/openapi/v2` and `/openapi/v3` for the subresources and for the resources (kube-openapi `pkg/handler`,
/// `pkg/handler3`).
struct OpenAPIDocuments: Sendable {
    private static let protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    private static let oldProtobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"

    private let v2: Deferred<StaticDocument>
    private let v2Protobuf: Deferred<[UInt8]>
    /// By `apis/group/version`.
    private let v3: [String: StaticDocument]
    private let v3Root: StaticDocument

    init(group: APIGroup, resources: [APIGroup] = []) {
        var pairs = group.versions.map { version in
            ("apis/\(group.name)/\(version.name)", StaticDocument(Self.openAPI(group, version)))
        }
        for resources in resources {
            pairs += resources.versions.map { version in
                (
                    (resources.isCore ? "api/" : "apis/") + resources.groupVersion(version),
                    StaticDocument(ResourceOpenAPI.document(resources, version))
                )
            }
        }
        let v2 = Deferred { [pairs] in StaticDocument(OpenAPI2.document(of: pairs.map(\.1.value))) }
        self.v2 = v2
        v2Protobuf = Deferred { OpenAPI2.protobuf(v2.value.value) }
        v3 = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        var paths: JSONValue = [:]
        for (path, document) in pairs {
            paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(Self.hash(document))")]
        }
        v3Root = StaticDocument(["paths": paths])
    }

    private static func hash(_ document: StaticDocument) -> String {
        document.entityTag.filter { $0 != "\"" }
    }

    func answer(_ segments: [String], _ head: HTTPRequestHead, _ query: QueryParameters) throws(Status) -> APIAnswer {
        switch segments.count {
        case 2 where segments[1] == "v2": return v2Answer(head)
        case 2 where segments[1] == "v3": return APIAnswer(.document(v3Root))
        case 3... where segments[1] == "v3":
            guard let document = v3[segments.dropFirst(2).joined(separator: "/")] else { throw .pathNotFound }
            var answer = APIAnswer(.document(document))
            if query.first("hash") == Self.hash(document) {
                answer.fields.append(("Cache-Control", "public, immutable"))
            }
            return answer
        default: throw .pathNotFound
        }
    }

    private func v2Answer(_ head: HTTPRequestHead) -> APIAnswer {
        let types = MediaTypes(head.fields.values("accept")).clauses.map(\.type)
        let json =
            types.firstIndex { ["application/json", "application/*", "*/*"].contains($0) } ?? (types.isEmpty ? 0 : nil)
        let binary = types.firstIndex { $0 == Self.protobuf || $0 == Self.oldProtobuf }
        if let binary, binary < json ?? Int.max {
            // The name with dots is the one that Go can read back.
            var answer = APIAnswer(.bytes(v2Protobuf.value, type: Self.protobuf))
            answer.fields.append(("Vary", "Accept"))
            return answer
        }
        guard json != nil else { return APIAnswer(status: 406) }
        var answer = APIAnswer(.document(v2.value))
        answer.fields.append(("Vary", "Accept"))
        return answer
    }

    // MARK: Content

    static let queryParameters = [
        QueryParameter(
            "dryRun", "When present, indicates that modifications should not be persisted. The only value is All."),
        QueryParameter("fieldManager", "A name for the actor that makes the change; at most 128 printable characters."),
        QueryParameter(
            "fieldValidation",
            "What to do about unknown and duplicate fields of the body: Ignore, Warn (the default) or Strict."),
    ]

    static let statusSchema: JSONValue = [
        "description": "Status is the answer to a request that failed: metav1.Status.", "type": "object",
        "properties": [
            "kind": ["type": "string"], "apiVersion": ["type": "string"], "metadata": ["type": "object"],
            "status": ["type": "string"], "message": ["type": "string"], "reason": ["type": "string"],
            "details": ["type": "object"], "code": ["type": "integer", "format": "int32"],
        ],
    ]

    private static func schemas() -> JSONValue {
        [
            "v1.AddInterfaceOptions": [
                "description": "AddInterfaceOptions names the interface to plug in and its network.", "type": "object",
                "required": ["networkAttachmentDefinitionName", "name"],
                "properties": [
                    "networkAttachmentDefinitionName": [
                        "description":
                            "The NetworkAttachmentDefinition, as name or namespace/name; the namespace of the virtual machine is the default.",
                        "type": "string",
                    ],
                    "name": ["description": "The name of the interface and of its network.", "type": "string"],
                ],
            ],
            "v1.RemoveInterfaceOptions": [
                "description": "RemoveInterfaceOptions names the interface to unplug.", "type": "object",
                "required": ["name"],
                "properties": ["name": ["description": "The name of the interface.", "type": "string"]],
            ],
            "v1.StartOptions": options(
                "StartOptions tells how to start.",
                ["paused": ["description": "Whether the guest is paused from the start.", "type": "boolean"]]),
            "v1.StopOptions": options(
                "StopOptions tells how to stop.",
                ["gracePeriod": ["description": "Seconds that the guest has.", "type": "integer", "format": "int64"]]),
            "v1.RestartOptions": options(
                "RestartOptions tells how to restart.",
                [
                    "gracePeriodSeconds": [
                        "description": "0 to force the restart.", "type": "integer", "format": "int64",
                    ]
                ]),
            "v1.MigrateOptions": options("MigrateOptions tells how to migrate.", [:]),
            "v1.PauseOptions": options("PauseOptions tells how to pause.", [:]),
            "v1.UnpauseOptions": options("UnpauseOptions tells how to go on.", [:]),
            "v1.Status": statusSchema,
        ]
    }

    private static func options(_ description: String, _ properties: JSONValue) -> JSONValue {
        var properties = properties
        properties["dryRun"] = [
            "description": "When present, indicates that modifications should not be persisted. The only value is All.",
            "type": "array", "items": ["type": "string"],
        ]
        return ["description": .string(description), "type": "object", "properties": properties]
    }

    static let failures: [(code: String, text: String)] = [
        ("400", "Bad Request"), ("401", "Unauthorized"), ("403", "Forbidden"), ("404", "Not Found"),
        ("405", "Method Not Allowed"), ("406", "Not Acceptable"), ("409", "Conflict"), ("410", "Gone"),
        ("413", "Request Entity Too Large"), ("415", "Unsupported Media Type"),
        ("422", "Unprocessable Entity"), ("429", "Too Many Requests"), ("500", "Internal Server Error"),
        ("503", "Service Unavailable"), ("504", "Gateway Timeout"),
    ]

    private static func path(_ group: APIGroup, _ version: APIGroup.Version, _ entry: APIGroup.Subresource) -> String {
        "/apis/\(group.name)/\(version.name)/namespaces/{namespace}/\(entry.parent.plural)/{name}/\(entry.name)"
    }

    private static func operation(_ version: APIGroup.Version, _ entry: APIGroup.Subresource) -> JSONValue {
        let action = actions[entry.name] ?? entry.name
        return [
            "operationId": .string(
                "\(version.name)\(entry.parent.shortNames.first ?? entry.parent.plural)-\(entry.name)"),
            "description": .string("\(action) a \(entry.parent.kind)."),
            "x-kubernetes-action": "put",
            "x-kubernetes-group-version-kind": [
                "group": .string(entry.parent.group), "version": .string(entry.parent.version),
                "kind": .string(entry.parent.kind),
            ],
        ]
    }

    private static let actions = [
        "addinterface": "Add a network interface to", "removeinterface": "Remove a network interface from",
        "start": "Start", "stop": "Stop", "restart": "Restart", "migrate": "Migrate", "pause": "Pause",
        "unpause": "Unpause",
    ]

    /// The Go type of KubeVirt's body.
    private static func bodySchema(_ entry: APIGroup.Subresource) -> String {
        switch entry.name {
        case "addinterface": "v1.AddInterfaceOptions"
        case "removeinterface": "v1.RemoveInterfaceOptions"
        default: "v1.\(entry.name.prefix(1).uppercased())\(entry.name.dropFirst())Options"
        }
    }

    /// Whether a request without a body is none.
    private static func needsBody(_ entry: APIGroup.Subresource) -> Bool { entry.name.hasSuffix("interface") }

    private static func openAPI(_ group: APIGroup, _ version: APIGroup.Version) -> JSONValue {
        var paths: JSONValue = [:]
        for entry in version.subresources {
            var put = operation(version, entry)
            var parameters: [JSONValue] = ["namespace", "name"].map { name in
                ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
            }
            parameters += queryParameters.map(\.parameter)
            put["parameters"] = .array(parameters)
            put["requestBody"] = [
                "required": .bool(needsBody(entry)),
                "content": [
                    "application/json": ["schema": reference(bodySchema(entry))],
                    "application/yaml": ["schema": reference(bodySchema(entry))],
                ],
            ]
            var responses: JSONValue = ["202": ["description": "Accepted"]]
            for failure in failures {
                responses[failure.code] = [
                    "description": .string(failure.text),
                    "content": ["application/json": ["schema": reference("v1.Status")]],
                ]
            }
            put["responses"] = responses
            paths[path(group, version, entry)] = ["put": put]
        }
        return [
            "openapi": "3.0.0", "info": ["title": "hotplug-apiserver", "version": .string(version.name)],
            "paths": paths, "components": ["schemas": schemas()],
        ]
    }

    private static func reference(_ schema: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(schema)")]
    }
}
