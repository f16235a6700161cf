import KubeModel

/// Bodies of requests on resources (apiserver `pkg/endpoints/handlers`).
enum RequestBodyDecoding {
    private static let objectTypes = ["application/json", "application/yaml"]
    private static let patchTypes = ["application/json-patch+json", "application/merge-patch+json"]
    private static let strategicMergeType = "application/strategic-merge-patch+json"

    /// The types of the patches that a resource takes: strategic merge patches only where the rules for merging are
    /// built in, as in kube-apiserver.
    static func patchTypes(of resource: Resource?) -> [String] {
        patchTypes + (resource?.isBuiltIn == true ? [strategicMergeType] : [])
    }

    /// The object, and a warning for each field that stands twice or that the resource does not have.
    static func object(
        _ request: APIRequest, of resource: Resource? = nil
    ) throws(Status) -> (JSONValue, warnings: [String]) {
        let (object, duplicates) = try parsedObject(request)
        let unknown = resource.map { UnknownFields.paths(in: object, of: $0) } ?? []
        return (object, try warnings(duplicates: duplicates, unknown: unknown, request))
    }

    private static func parsedObject(_ request: APIRequest) throws(Status) -> (JSONValue, duplicates: [String]) {
        switch request.contentType {
        case nil, "", "application/json": return try json(request)
        case "application/yaml":
            let parsed: (value: JSONValue, duplicates: [String])
            do throws(YAMLError) {
                parsed = try JSONValue.parseYAML(request.body)
            } catch {
                throw .badRequest("the body of the request is not YAML that this server takes: \(error)")
            }
            return parsed
        case ProtobufObject.mediaType:
            do throws(ProtobufObject.Malformed) {
                if let object = try ProtobufObject.decode(request.body) { return (object, []) }
            } catch {
                throw .badRequest(
                    "the body of the request is not protobuf that this server takes: \(error.description)")
            }
            throw .unsupportedMediaType(accepted: objectTypes)
        default: throw .unsupportedMediaType(accepted: objectTypes)
        }
    }

    /// As `object`; what a JSON Patch adds is not looked through.
    static func patch(
        _ request: APIRequest, of resource: Resource? = nil
    ) throws(Status) -> (Patch, warnings: [String]) {
        switch request.contentType {
        case "application/json-patch+json":
            let (value, duplicates) = try json(request)
            let warnings = try warnings(duplicates: duplicates, unknown: [], request)
            do throws(JSONPatchError) {
                return (.json(try JSONPatch(json: value)), warnings)
            } catch {
                throw .badRequest("the body of the request is not a JSON Patch: \(error)")
            }
        case "application/merge-patch+json":
            let (value, duplicates) = try json(request)
            let unknown = resource.map { UnknownFields.paths(in: value, of: $0, isPatch: true) } ?? []
            return (.merge(value), try warnings(duplicates: duplicates, unknown: unknown, request))
        case strategicMergeType where resource?.isBuiltIn == true:
            let (value, duplicates) = try json(request)
            let unknown = resource.map { UnknownFields.paths(in: value, of: $0, isPatch: true) } ?? []
            let warnings = try warnings(duplicates: duplicates, unknown: unknown, request)
            return (.strategicMerge(StrategicMergePatch(value)), warnings)
        case "application/apply-patch+yaml":
            var status = Status.unsupportedMediaType(accepted: patchTypes(of: resource))
            status.message =
                "this server does not apply on the server's side, as it keeps no field ownership: use kubectl apply "
                + "without --server-side, or send one of \(patchTypes(of: resource).joined(separator: ", "))"
            throw status
        default: throw .unsupportedMediaType(accepted: patchTypes(of: resource))
        }
    }

    private static func json(_ request: APIRequest) throws(Status) -> (JSONValue, duplicates: [String]) {
        do throws(JSONError) {
            return try JSONValue.parse(request.body)
        } catch {
            throw .badRequest("the body of the request is not JSON: \(error)")
        }
    }

    private static func warnings(
        duplicates: [String], unknown: [String], _ request: APIRequest
    ) throws(Status) -> [String] {
        let validation = try OptionsDecoding(verb: request.info.verb).fieldValidation(request.query)
        let errors =
            unknown.map { "unknown field \"\($0)\"" } + duplicates.map { "duplicate field \"\($0)\"" }
        switch validation {
        case .ignore: return []
        case .warn: return errors
        case .strict:
            guard errors.isEmpty else { throw .badRequest("strict decoding error: \(errors.joined(separator: ", "))") }
            return []
        }
    }
}
