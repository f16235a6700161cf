/// A strategic merge patch: a merge patch that merges lists by the rules of their kind, with directives among its
/// members (apimachinery `pkg/util/strategicpatch/patch.go`).
package struct StrategicMergePatch: Sendable {
    package let patch: JSONValue

    package init(_ patch: JSONValue) {
        self.patch = patch
    }

    /// The object after the patch, which is applied whole or not at all.
    ///
    /// Members keep their place, new ones follow.
    package func applied(
        to object: JSONValue, rules: [String: PatchRule]
    ) throws(StrategicMergePatchError) -> JSONValue {
        guard let patch = patch.object else { throw .malformed("a strategic merge patch must be a JSON object") }
        return .object(try Self.merged(object.object ?? JSONObject(), patch, rules))
    }

    /// Whether a member of a patch tells what to do, and is no field.
    package static func isDirective(_ name: String) -> Bool {
        name == directive || name == retainKeys || name.hasPrefix(setElementOrder) || name.hasPrefix(deleteFromList)
    }

    static let directive = "$patch"
    private static let retainKeys = "$retainKeys"
    private static let setElementOrder = "$setElementOrder/"
    private static let deleteFromList = "$deleteFromPrimitiveList/"

    static func merged(
        _ original: JSONObject, _ patch: JSONObject, _ rules: [String: PatchRule]
    ) throws(StrategicMergePatchError) -> JSONObject {
        var original = original
        if let directive = patch[directive] {
            switch directive.string {
            case "replace": original = JSONObject()
            case "delete": return JSONObject()
            default: throw .unknownDirective(directive)
            }
        }
        for member in patch.members where isDirective(member.name) && member.name != directive {
            guard member.value.array != nil else { throw .malformed("\(member.name) must be an array") }
        }
        let target = IndexedMembers(try retained(original, patch))
        let changes = IndexedMembers(patch)
        func merged(_ name: String, _ old: JSONValue?) throws(StrategicMergePatchError) -> JSONValue? {
            let change = ListChange(
                elements: changes[name], order: changes[setElementOrder + name]?.array,
                deleted: changes[deleteFromList + name]?.array ?? [])
            return try value(old, change, rules[name], name)
        }
        var result: [JSONObject.Member] = []
        for member in target.members {
            if let value = try merged(member.name, member.value) { result.append((member.name, value)) }
        }
        for change in patch.members where !isDirective(change.name) && target.place(of: change.name) == nil {
            if let value = try merged(change.name, nil) { result.append((change.name, value)) }
        }
        return JSONObject(uniqueMembers: result)
    }

    private static func value(
        _ old: JSONValue?, _ change: ListChange, _ rule: PatchRule?, _ name: String
    ) throws(StrategicMergePatchError) -> JSONValue? {
        guard let new = change.elements else {
            guard let list = old?.array else { return old }
            return .array(try change.applied(to: list, rule, name))
        }
        switch new {
        case .null: return nil
        case .array: return .array(try change.applied(to: old?.array ?? [], rule, name))
        case .object(let patch):
            var rules: [String: PatchRule] = [:]
            if case .object(let known) = rule { rules = known }
            return .object(try merged(old?.object ?? JSONObject(), patch, rules))
        default: return new
        }
    }

    /// Without the members that a patch with `$retainKeys` neither names nor sets.
    private static func retained(
        _ original: JSONObject, _ patch: JSONObject
    ) throws(StrategicMergePatchError) -> JSONObject {
        guard let kept = patch[retainKeys]?.array else { return original }
        let names = Set(kept.compactMap { $0.string.map(MemberName.init) })
        for member in patch.members where !member.value.isNull && !isDirective(member.name) {
            guard names.contains(MemberName(member.name)) else {
                throw .malformed("\(retainKeys) must name \"\(member.name)\", which the patch sets")
            }
        }
        return JSONObject(uniqueMembers: original.members.filter { names.contains(MemberName($0.name)) })
    }
}

extension IndexedMembers {
    fileprivate subscript(_ name: String) -> JSONValue? { place(of: name).map { members[$0].value } }
}

/// Why a strategic merge patch cannot be applied.
package enum StrategicMergePatchError: Error, Equatable {
    case malformed(String)
    case unknownDirective(JSONValue)
    case missingMergeKey(key: String, list: String)
}

extension StrategicMergePatchError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let why): why
        case .unknownDirective(let value):
            "unknown \(StrategicMergePatch.directive): \(String(decoding: value.serialized(), as: UTF8.self)): "
                + "give \"replace\" or \"delete\""
        case .missingMergeKey(let key, let list):
            "each element that a strategic merge patch gives for \(list) must be an object that has its merge key: "
                + "\(key)"
        }
    }
}
