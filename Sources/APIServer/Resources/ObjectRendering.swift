import KubeModel

/// How the objects of one resource are shown to one client: the one way from stored bytes to those of an answer.
struct ObjectRendering: Sendable {
    /// As it is stored.
    let resource: Resource
    /// Of the URL; objects are stored as the resource's own version.
    let version: String

    private var isStoredVersion: Bool { version == resource.version }

    /// `kubevirt.io/v1alpha3`.
    var apiVersion: String { resource.served(as: version).apiVersion }

    /// One object, compact, without a line feed at its end.
    func object(_ object: StoredObject) throws(Status) -> [UInt8] {
        guard !isStoredVersion else { return object.bytes }
        var value = try object.json()
        value["apiVersion"] = .string(apiVersion)
        return value.serialized()
    }

    /// What to store for an object that a client sent to this version's URL.
    ///
    /// Throws BadRequest when the object says that it is of another version.
    func stored(_ object: JSONValue) throws(Status) -> JSONValue {
        guard !isStoredVersion, let sent = object["apiVersion"]?.string, !sent.isEmpty else { return object }
        guard sent == apiVersion else {
            throw .badRequest(
                "the API version in the data (\(sent)) does not match the expected API version (\(apiVersion))")
        }
        var stored = object
        stored["apiVersion"] = .string(resource.apiVersion)
        return stored
    }

    /// As `stored`; a JSON Patch is taken as it is.
    func stored(_ patch: Patch) throws(Status) -> Patch {
        switch patch {
        case .json: patch
        case .merge(let value): .merge(try stored(value))
        }
    }
}
