import KubeModel

/// How the objects of one resource are shown to one client: the one way from stored bytes to those of an answer.
struct ObjectRendering: Sendable {
    /// As it is stored.
    let resource: Resource
    /// Of the URL; objects are stored as the resource's own version.
    let version: String

    private var isStoredVersion: Bool { version == resource.version }

    /// `kubevirt.io/v1alpha3`.
    private var apiVersion: String { resource.served(as: version).apiVersion }

    /// One object, compact, without a line feed at its end.
    func object(_ object: StoredObject) throws(Status) -> [UInt8] {
        guard !isStoredVersion else { return object.bytes }
        var value = try object.json()
        value["apiVersion"] = .string(apiVersion)
        return value.serialized()
    }

    /// A list, compact, with a line feed at its end.
    func list(_ items: [StoredObject], resourceVersion: UInt64) throws(Status) -> [UInt8] {
        let head: JSONValue = [
            "kind": .string("\(resource.kind)List"), "apiVersion": .string(apiVersion),
            "metadata": ["resourceVersion": .string("\(resourceVersion)")],
        ]
        var bytes = head.serialized()
        bytes.removeLast()
        bytes.append(contentsOf: ",\"items\":[".utf8)
        var isFirst = true
        for item in items {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes.append(contentsOf: try object(item))
        }
        bytes.append(contentsOf: "]}\n".utf8)
        return bytes
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
