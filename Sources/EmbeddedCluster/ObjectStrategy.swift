internal import KubeModel

/// The rules that make what is stored from what a client sent, for one resource and one moment
/// (apiserver `pkg/registry/rest`, apiextensions-apiserver `pkg/registry/customresource/strategy.go`).
///
/// Pure: an object in, an object or a `Status` out.
struct ObjectStrategy: Sendable {
    let resource: Resource
    /// RFC 3339, the time of the request.
    let now: String
    /// Whether somebody lets the dependents of a deleted object go and then takes its finalizer `orphan` away.
    var orphansDependents = false

    /// Members of metadata that no client sets and this server does not keep.
    static let dropped = ["managedFields", "selfLink"]

    /// Throws unless `apiVersion` and `kind` are the resource's.
    func checkType(_ object: JSONValue) throws(Status) {
        guard object.object != nil else {
            throw .badRequest("the \(resource.kind) would be no JSON object: send one, or a patch that leaves one")
        }
        guard let version = object["apiVersion"]?.string, !version.isEmpty else {
            throw .badRequest("Object 'apiVersion' is missing: set it to \(resource.apiVersion)")
        }
        guard let kind = object["kind"]?.string, !kind.isEmpty else {
            throw .badRequest("Object 'Kind' is missing: set it to \(resource.kind)")
        }
        guard version == resource.apiVersion else {
            throw .badRequest(
                "the API version in the data (\(version)) does not match the expected API version "
                    + "(\(resource.apiVersion))")
        }
        guard kind == resource.kind else {
            var errors = FieldErrors()
            errors.invalid("kind", kind, "must be \(resource.kind)")
            throw resource.invalid(object.metadataName ?? "", errors)
        }
    }

    /// Throws unless type, name and namespace are those of the path (apiserver `handlers.checkName`).
    func checkIdentity(_ object: JSONValue, namespace: String?, name: String) throws(Status) {
        try checkType(object)
        let ownName = object.metadataName ?? ""
        guard !ownName.isEmpty else {
            throw .badRequest(
                "the name of the object (\(name) based on URL) was undeterminable: name must be provided")
        }
        guard ownName == name else {
            throw .badRequest("the name of the object (\(ownName)) does not match the name on the URL (\(name))")
        }
        let ownNamespace = object.metadataNamespace ?? ""
        guard ownNamespace.isEmpty || ownNamespace == namespace else {
            throw .badRequest(
                "the namespace of the object (\(ownNamespace)) does not match the namespace on the request "
                    + "(\(namespace ?? ""))")
        }
    }

    /// Whether something besides metadata, and status where it has its own path, is different.
    func isContentEqual(_ left: JSONObject, _ right: JSONObject) -> Bool {
        content(of: left) == content(of: right)
    }

    private func content(of object: JSONObject) -> JSONObject {
        var content = object
        content["metadata"] = nil
        if resource.hasStatusSubresource { content["status"] = nil }
        return content
    }
}
