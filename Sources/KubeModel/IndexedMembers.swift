/// The members of an object with a way to find one by name in constant time, where scanning would make the work
/// on many members quadratic.
struct IndexedMembers {
    /// Up to this many members a scan is faster than hashing.
    private static let scanLimit = 16

    private(set) var members: [JSONObject.Member] = []
    /// Empty while `members` are few.
    private var places: [MemberName: Int] = [:]

    init() {}

    init(_ object: JSONObject) {
        members = object.members
        if members.count > Self.scanLimit { index() }
    }

    var object: JSONObject { JSONObject(uniqueMembers: members) }

    /// Appends a member or, if the name is there, replaces its value; tells whether the name was new.
    mutating func add(_ name: String, _ value: JSONValue) -> Bool {
        if let place = place(of: name) {
            members[place].value = value
            return false
        }
        members.append((name, value))
        if !places.isEmpty {
            places[MemberName(name)] = members.count - 1
        } else if members.count > Self.scanLimit {
            index()
        }
        return true
    }

    func place(of name: String) -> Int? {
        if !places.isEmpty { return places[MemberName(name)] }
        return members.firstIndex { $0.name.isIdentical(to: name) }
    }

    private mutating func index() {
        for (place, member) in members.enumerated() { places[MemberName(member.name)] = place }
    }
}

/// A member's name as its octets: Unicode equivalence, by which `String` compares, would merge distinct names.
struct MemberName: Hashable {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (left: MemberName, right: MemberName) -> Bool { left.text.isIdentical(to: right.text) }

    // Identical texts are equivalent, so String's own hash agrees with ==.
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension String {
    /// Whether the octets are the same, which `==` does not tell of texts that Unicode holds equivalent.
    func isIdentical(to other: String) -> Bool {
        guard self == other else { return false }
        let left = utf8Span.span
        let right = other.utf8Span.span
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }
}
