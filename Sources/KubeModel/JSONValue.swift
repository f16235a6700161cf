// KubeModel: the values of the Kubernetes API. No I/O; may import Yams only.

/// A JSON value that survives a read-modify-write: member order, unknown members and number literals are kept
/// (RFC 8259).
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// A number as it stood in the text: `1.0` stays `1.0`, and 64-bit integers lose nothing.
package struct JSONNumber: Sendable {
    /// The literal, valid under RFC 8259 §6.
    package let literal: String

    /// Takes a literal that the caller has validated.
    package init(validated literal: String) {
        self.literal = literal
    }

    package init(_ value: Int) {
        literal = String(value)
    }

    /// The value if the literal is an integer (`12`, not `12.0`) that fits 64 bits.
    package var int: Int? { Int(literal) }
}

/// The members of a JSON object in their order; names are unique.
package struct JSONObject: Sendable {
    package typealias Member = (name: String, value: JSONValue)

    package internal(set) var members: [Member] = []

    package init() {}

    /// Takes members whose names the caller knows to be unique.
    package init(uniqueMembers: [Member]) {
        members = uniqueMembers
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }

    /// The value of a member; setting a new name appends it, setting `nil` removes the member.
    package subscript(_ name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            let index = index(of: name)
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    func index(of name: String) -> Int? {
        members.firstIndex { $0.name.isIdentical(to: name) }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements { self[name] = value }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}

extension JSONValue {
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var int: Int? { if case .number(let value) = self { value.int } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { if case .null = self { true } else { false } }

    /// A member that is there and not null: to Kubernetes null is absent.
    package func present(_ name: String) -> JSONValue? {
        guard let value = self[name], !value.isNull else { return nil }
        return value
    }

    /// The member of an object; `nil` when this is no object or has no such member.
    ///
    /// Setting turns a value that is no object into one.
    package subscript(_ name: String) -> JSONValue? {
        get { object?[name] }
        set {
            var object = object ?? JSONObject()
            // Gives up this reference, so that the members are changed where they are.
            self = .null
            object[name] = newValue
            self = .object(object)
        }
    }

    /// Follows member names downwards.
    package subscript(path names: String...) -> JSONValue? { member(at: names) }

    /// Follows member names downwards.
    package func member(at names: [String]) -> JSONValue? {
        var value = self
        for name in names {
            guard let next = value[name] else { return nil }
            value = next
        }
        return value
    }
}
