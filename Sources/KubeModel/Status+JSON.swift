extension Status {
    /// The object as Go's encoder writes it: the same order of members, empty ones left out.
    package var json: JSONValue {
        var object: JSONObject = [
            "kind": "Status", "apiVersion": "v1",
            "metadata": continueToken.isEmpty ? [:] : ["continue": .string(continueToken)], "status": "Failure",
            "message": .string(message),
            "reason": .string(reason),
        ]
        object["details"] = details?.json
        object["code"] = .number(JSONNumber(code))
        return .object(object)
    }
}

extension Status.Details {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        for (member, text) in [("name", name), ("group", group), ("kind", kind), ("uid", uid)] where !text.isEmpty {
            object[member] = .string(text)
        }
        if !causes.isEmpty { object["causes"] = .array(causes.map(\.json)) }
        if retryAfterSeconds != 0 { object["retryAfterSeconds"] = .number(JSONNumber(retryAfterSeconds)) }
        return .object(object)
    }
}

extension Status.Cause {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        for (member, text) in [("reason", reason), ("message", message), ("field", field)] where !text.isEmpty {
            object[member] = .string(text)
        }
        return .object(object)
    }
}
