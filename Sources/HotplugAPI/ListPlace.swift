import KubeModel

/// A list in an object, or the place for one.
struct ListPlace {
    /// Member names from the object's root to the list.
    let path: [String]
    /// `nil` when the list or one of its parents is absent or null.
    let list: [JSONValue]?
    /// How many names of `path` lead to something; all of them when there is a list.
    let depth: Int

    init(of path: [String], in object: JSONValue) throws(MalformedField) {
        self.path = path
        var value = object
        for (depth, name) in path.enumerated() {
            guard value.object != nil else {
                throw MalformedField(path: path[..<depth].joined(separator: "."), expected: "an object")
            }
            guard let next = value.present(name) else {
                list = nil
                self.depth = depth
                return
            }
            value = next
        }
        guard let list = value.array else {
            throw MalformedField(path: path.joined(separator: "."), expected: "a list")
        }
        self.list = list
        depth = path.count
    }

    var elements: [JSONValue] { list ?? [] }

    /// Holds while the list is as it was read.
    ///
    /// An absent one is guarded at its topmost absent parent, since a `test` fails where a parent is missing.
    var guardOperation: JSONPatch.Operation {
        guard let list else { return .test(JSONPointer(tokens: Array(path[...depth])), .null) }
        return .test(JSONPointer(tokens: path), .array(list))
    }

    /// Puts elements at the end one by one, so that nothing of what is there passes through this program; creates the
    /// list and its parents where they are absent.
    func appending(_ elements: [JSONValue]) -> [JSONPatch.Operation] {
        guard list == nil else { return elements.map { .add(JSONPointer(tokens: path + ["-"]), $0) } }
        var value = JSONValue.array(elements)
        for name in path[(depth + 1)...].reversed() { value = .object(JSONObject(uniqueMembers: [(name, value)])) }
        return [.add(JSONPointer(tokens: Array(path[...depth])), value)]
    }
}
