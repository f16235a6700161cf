import KubeModel

/// What a client wants objects to be shown as, by its Accept header (apiserver `pkg/endpoints/handlers/response.go`).
enum ObjectForm: Sendable, Equatable {
    /// What stands in `object` of a Table's row: `?includeObject=`.
    enum RowObject: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }

    case whole
    /// `meta.k8s.io` Table; `version` is `v1` or `v1beta1`.
    case table(version: String, rowObject: RowObject)
    /// PartialObjectMetadata, and lists of it.
    case metadata(version: String)

    /// The form of the first clause that fits; `nil` when nothing is accepted that is JSON.
    ///
    /// Throws BadRequest for an `?includeObject=` of another value.
    static func negotiated(_ accept: MediaTypes, _ query: QueryParameters) throws(Status) -> ObjectForm? {
        guard !accept.isSilent else { return .whole }
        for clause in accept.clauses where ["application/json", "application/*", "*/*"].contains(clause.type) {
            guard let kind = clause.parameters["as"] else { return .whole }
            guard clause.parameters["g"] == "meta.k8s.io", let version = clause.parameters["v"],
                ["v1", "v1beta1"].contains(version)
            else { continue }
            switch kind {
            case "Table": return .table(version: version, rowObject: try rowObject(query))
            case "PartialObjectMetadata", "PartialObjectMetadataList": return .metadata(version: version)
            default: continue
            }
        }
        return nil
    }

    private static func rowObject(_ query: QueryParameters) throws(Status) -> RowObject {
        let text = query.first("includeObject") ?? ""
        guard let object = text.isEmpty ? .metadata : RowObject(rawValue: text) else {
            throw .badRequest("unrecognized includeObject value: \"\(text)\": use None, Metadata or Object")
        }
        return object
    }
}
