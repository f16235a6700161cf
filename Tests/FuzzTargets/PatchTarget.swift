package import Fuzzing
import KubeModel

/// JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396): a line with a value, and one with a patch of either kind.
extension FuzzTarget {
    package static let patch = FuzzTarget(
        "patch",
        tokens: [
            #"{"op":"add","path":"/a","value":1}"#, #""op":"remove""#, #""op":"replace""#, #""op":"test""#,
            #""op":"move""#,
            #""op":"copy""#, #""from":"/a""#, #""path":"""#, "/-", "/0", "/1", "/00", "~0", "~1", "~", "null", "{}",
            "[]", ",",
            "\"", ":",
        ],
        rounds: 5_000
    ) { octets in
        let lines = octets.split(separator: 0x0a, maxSplits: 1).map(Array.init)
        guard lines.count == 2, let value = try? JSONValue(parsing: lines[0]),
            let document = try? JSONValue(parsing: lines[1])
        else { return false }
        try checkMerge(document, on: value)
        guard let patch = try? JSONPatch(json: document) else { return false }
        try promise((try? JSONPatch(json: patch.json)) == patch, "the patch is another after writing and reading")
        guard let result = try? patch.applied(to: value) else { return true }
        try promise(
            (try? JSONValue(parsing: result.serialized())) == result, "the result is another after writing and reading")
        try checkOneByOne(patch, on: value, result)
        return true
    }

    /// The operations have the same effect one by one, and what was written is found where it was written.
    private static func checkOneByOne(_ patch: JSONPatch, on value: JSONValue, _ result: JSONValue) throws {
        var step = value
        for operation in patch.operations {
            step = try JSONPatch([operation]).applied(to: step)
            switch operation {
            case .add(let path, let new) where path.tokens.last != "-", .replace(let path, let new):
                let found = try? JSONPatch([.test(path, new)]).applied(to: step)
                try promise(found == step, "what is written to \(path) is not found there")
            default: break
            }
        }
        try promise(step == result, "one by one the operations have another effect")
    }

    private static func checkMerge(_ merge: JSONValue, on value: JSONValue) throws {
        let once = value.mergePatched(with: merge)
        try promise(once.mergePatched(with: merge) == once, "the merge patch does more when it is applied again")
        try promise((try? JSONValue(parsing: once.serialized())) == once, "the merged value cannot be read")
        for member in merge.object?.members ?? [] where member.value.object == nil {
            try promise(
                once[member.name] == (member.value.isNull ? nil : member.value),
                "\(member.name) is not as the patch says")
        }
        guard merge.object != nil else { return }
        for member in value.object?.members ?? [] where merge[member.name] == nil {
            try promise(once[member.name] == member.value, "\(member.name) is changed, which the patch does not name")
        }
    }
}
