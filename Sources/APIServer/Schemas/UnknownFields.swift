import KubeModel

/// Finds fields that an object of a kind does not have, by `ObjectSchemas`.
enum UnknownFields {
    /// Paths reported at most, as of fields that stand twice.
    static let limit = DuplicateFields.limit

    /// Paths such as `spec.networks[0].foo`, in the order of the object.
    ///
    /// In a merge patch null takes a field away, which is never wrong; a directive of a strategic one is no field.
    static func paths(in object: JSONValue, of resource: Resource, isPatch: Bool = false) -> [String] {
        var search = Search(isPatch: isPatch)
        search.visit(object, ObjectSchemas.kind(resource), path: "")
        return search.found
    }

    private struct Search {
        let isPatch: Bool
        var found: [String] = []

        private func isNoField(_ member: JSONObject.Member) -> Bool {
            member.value.isNull || StrategicMergePatch.isDirective(member.name)
        }

        mutating func visit(_ value: JSONValue, _ schema: JSONValue, path: String) {
            guard found.count < limit, let schema = ObjectSchemas.resolved(schema) else { return }
            switch value {
            case .array(let elements):
                guard let items = schema["items"] else { return }
                for (index, element) in elements.enumerated() { visit(element, items, path: "\(path)[\(index)]") }
            case .object(let object):
                guard let properties = schema["properties"]?.object else { return }
                let isOpen = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
                for member in object.members {
                    let name = DuplicateFields.shortened(member.name)
                    let place = path.isEmpty ? name : "\(path).\(name)"
                    if let known = properties[member.name] {
                        visit(member.value, known, path: place)
                    } else if !isOpen, found.count < limit, !(isPatch && isNoField(member)) {
                        found.append(place)
                    }
                }
            default: break
            }
        }
    }
}
