/// Objects are equal whatever the order of their members, numbers by their exact value, strings by their octets
/// (RFC 6902 §4.6).
extension JSONValue: Equatable {
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.isIdentical(to: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension JSONObject: Equatable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        // Most equal objects have one order; the index is for those that have not.
        var indexed: IndexedMembers?
        for (place, member) in left.members.enumerated() {
            var peer = right.members[place]
            if !peer.name.isIdentical(to: member.name) {
                let known = indexed ?? IndexedMembers(right)
                indexed = known
                guard let other = known.place(of: member.name) else { return false }
                peer = right.members[other]
            }
            guard peer.value == member.value else { return false }
        }
        return true
    }
}
