import FoundationEssentials
import KubeModel

/// Where a list goes on: `?continue=`, opaque to clients (apiserver `pkg/storage/continue.go`).
struct ContinueToken: Sendable, Equatable {
    /// The state that the first page showed; 0 for the latest, in a list that may be inconsistent.
    let resourceVersion: UInt64
    /// The last object looked at.
    let after: ObjectName
    /// Objects after it in that state, if known.
    let remaining: Int?

    private static let version = "meta.k8s.io/v1"

    init(resourceVersion: UInt64, after: ObjectName, remaining: Int?) {
        self.resourceVersion = resourceVersion
        self.after = after
        self.remaining = remaining
    }

    /// Throws BadRequest for what this server has not made.
    init(_ text: String) throws(Status) {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/") + padding
        guard let data = Data(base64Encoded: base64), let value = try? JSONValue(parsing: Array(data)),
            value["v"]?.string == Self.version, let number = value["rv"]?.int, let version = UInt64(exactly: number),
            let namespace = value["ns"]?.string, let name = value["name"]?.string,
            value["remaining"]?.int ?? 0 >= 0
        else {
            throw .badRequest("continue key is not valid: start the list again without continue")
        }
        resourceVersion = version
        after = ObjectName(namespace: namespace, name: name)
        remaining = value["remaining"]?.int
    }

    var text: String {
        var object: JSONObject = [
            "v": .string(Self.version), "rv": .number(JSONNumber(Int(clamping: resourceVersion))),
            "ns": .string(after.namespace), "name": .string(after.name),
        ]
        if let remaining { object["remaining"] = .number(JSONNumber(remaining)) }
        // As URLs take it (RFC 4648 §5), unpadded.
        return Data(JSONValue.object(object).serialized()).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
