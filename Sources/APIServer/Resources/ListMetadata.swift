import KubeModel

/// `metav1.ListMeta`.
struct ListMetadata: Sendable {
    var resourceVersion: UInt64
    /// Where the next page begins; empty on the last.
    var continueToken = ""
    /// Objects on the pages after this one; `nil` when it is not known.
    var remainingItemCount: Int?

    var json: JSONValue {
        var metadata: JSONObject = ["resourceVersion": .string(String(resourceVersion))]
        if !continueToken.isEmpty { metadata["continue"] = .string(continueToken) }
        if let remainingItemCount { metadata["remainingItemCount"] = .number(JSONNumber(remainingItemCount)) }
        return .object(metadata)
    }
}
