extension JSONValue {
    /// Applies a JSON Merge Patch (RFC 7396 §2).
    ///
    /// Members of the patch replace those of the value, `null` removes them, and what is no object replaces the
    /// whole. Untouched members keep their place, new ones follow.
    package func mergePatched(with patch: JSONValue) -> JSONValue {
        guard let patch = patch.object else { return patch }
        let target = IndexedMembers(object ?? JSONObject())
        let changes = IndexedMembers(patch)
        var result: [JSONObject.Member] = []
        for member in target.members {
            guard let place = changes.place(of: member.name) else {
                result.append(member)
                continue
            }
            let change = changes.members[place].value
            if !change.isNull { result.append((member.name, member.value.mergePatched(with: change))) }
        }
        for change in changes.members where !change.value.isNull && target.place(of: change.name) == nil {
            result.append((change.name, JSONValue.null.mergePatched(with: change.value)))
        }
        return .object(JSONObject(uniqueMembers: result))
    }
}
