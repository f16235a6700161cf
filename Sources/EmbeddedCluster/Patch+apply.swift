internal import KubeModel

extension Patch {
    /// The object after the patch; what does not apply is told as kube-apiserver tells it
    /// (apiserver `pkg/endpoints/handlers/patch.go`).
    func applied(to object: JSONValue, of resource: Resource) throws(Status) -> JSONValue {
        switch self {
        case .merge(let patch):
            guard patch.object != nil else { throw .badRequest("a merge patch of an object must be a JSON object") }
            return object.mergePatched(with: patch)
        case .strategicMerge(let patch):
            do throws(StrategicMergePatchError) {
                return try patch.applied(to: object, rules: resource.patchRules)
            } catch {
                throw .badRequest("\(error)")
            }
        case .json(let patch):
            do {
                return try patch.applied(to: object)
            } catch .malformed(let why) {
                throw .badRequest(why)
            } catch {
                throw .patchRefused
            }
        }
    }
}
