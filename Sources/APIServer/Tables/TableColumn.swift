import KubeModel

/// A column of a `meta.k8s.io` Table: its heading, and how to find a cell in an object.
struct TableColumn: Sendable {
    enum Cell: Sendable {
        /// Member names from the object's root; a value that is no text is shown as JSON.
        case member([String])
        /// As `member`, below the first element of a list.
        case first(list: [String], member: String)
        /// `status.conditions[?(@.type=='...')].status`.
        case condition(String)
        /// How long ago the time is that stands there.
        case age([String])
        /// What no path finds.
        case computed(@Sendable (_ object: JSONValue, _ now: Int64) -> JSONValue)
    }

    let name: String
    var type = "string"
    var format = ""
    /// Above 0: only with `-o wide`.
    var priority = 0
    var description = ""
    let cell: Cell

    /// `metav1.TableColumnDefinition`.
    var definition: JSONValue {
        [
            "name": .string(name), "type": .string(type), "format": .string(format),
            "description": .string(description), "priority": .number(JSONNumber(priority)),
        ]
    }

    /// The cell of an object at a time in seconds since 1970; null where there is nothing to show.
    func value(of object: JSONValue, now: Int64) -> JSONValue {
        switch cell {
        case .member(let path): return Self.shown(object.member(at: path))
        case .first(let list, let member): return Self.shown(object.member(at: list)?.array?.first?[member])
        case .condition(let type): return Self.shown(object.condition(type)?["status"])
        case .age(let path): return Self.age(object.member(at: path)?.string, now: now)
        case .computed(let cell): return cell(object, now)
        }
    }

    static func age(_ time: String?, now: Int64) -> JSONValue {
        guard let time else { return "<unknown>" }
        guard let seconds = RFC3339.seconds(time) else { return "<invalid>" }
        return .string(HumanDuration.text(seconds: now - seconds))
    }

    private static func shown(_ value: JSONValue?) -> JSONValue {
        switch value {
        case nil, .null?: .null
        case .string(let text)?: .string(text)
        case let value?: .string(String(decoding: value.serialized(), as: UTF8.self))
        }
    }
}
