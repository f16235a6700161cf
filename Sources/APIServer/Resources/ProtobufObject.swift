import KubeModel

/// Objects as client-go of 1.32 and later sends those of built-in kinds, when it is not asked for JSON: protobuf
/// (apimachinery `pkg/runtime/serializer/protobuf`, https://protobuf.dev/programming-guides/encoding/).
///
/// Read for the few kinds that `kubectl` creates so; whoever sends others can send JSON.
enum ProtobufObject {
    static let mediaType = "application/vnd.kubernetes.protobuf"
    /// Fields of a body, those of its messages counted in: each may copy what its list or map has so far.
    static let fieldsMax = 1_000

    /// What is wrong with a message, for the client.
    struct Malformed: Error {
        let description: String
    }

    /// The type of a field of a message.
    indirect enum Kind: Sendable {
        case string
        case int64
        case bool
        case message(Message)
        case strings
        /// `map<string, string>`.
        case stringMap
    }

    /// The fields of a message by their numbers, as the `generated.proto` of its package has them.
    typealias Message = [UInt64: (name: String, kind: Kind)]

    // staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto
    private static let objectMeta: Message = [
        1: ("name", .string), 2: ("generateName", .string), 3: ("namespace", .string), 4: ("selfLink", .string),
        5: ("uid", .string), 6: ("resourceVersion", .string), 7: ("generation", .int64),
        // metav1.Time, which no client sets on what it creates.
        8: ("creationTimestamp", .message([:])), 11: ("labels", .stringMap), 12: ("annotations", .stringMap),
        14: ("finalizers", .strings),
    ]

    private static func object(_ spec: Message, status: Message = [:]) -> Message {
        [
            1: ("metadata", .message(objectMeta)), 2: ("spec", .message(spec)), 3: ("status", .message(status)),
        ]
    }

    private static let resourceAttributes: Message = [
        1: ("namespace", .string), 2: ("verb", .string), 3: ("group", .string), 4: ("version", .string),
        5: ("resource", .string), 6: ("subresource", .string), 7: ("name", .string),
    ]

    private static let subjectReview: Message = [
        1: ("metadata", .message(objectMeta)),
        2: ("status", .message([1: ("userInfo", .message([1: ("username", .string), 2: ("uid", .string)]))])),
    ]

    /// By apiVersion and kind.
    private static let messages: [String: Message] = [
        // staging/src/k8s.io/api/core/v1/generated.proto
        "v1/Namespace": object([1: ("finalizers", .strings)], status: [1: ("phase", .string)]),
        // staging/src/k8s.io/api/authorization/v1/generated.proto
        "authorization.k8s.io/v1/SelfSubjectAccessReview": object(
            [
                1: ("resourceAttributes", .message(resourceAttributes)),
                2: ("nonResourceAttributes", .message([1: ("path", .string), 2: ("verb", .string)])),
            ],
            status: [
                1: ("allowed", .bool), 2: ("reason", .string), 3: ("evaluationError", .string), 4: ("denied", .bool),
            ]),
        "authorization.k8s.io/v1/SelfSubjectRulesReview": object(
            [1: ("namespace", .string)], status: [3: ("incomplete", .bool), 4: ("evaluationError", .string)]),
        // staging/src/k8s.io/api/authentication/v1/generated.proto, and v1beta1: there is no spec.
        "authentication.k8s.io/v1/SelfSubjectReview": subjectReview,
        "authentication.k8s.io/v1beta1/SelfSubjectReview": subjectReview,
    ]

    /// The object of a body: `k8s`, a NUL, and a `runtime.Unknown` with the type and the message; `nil` when it is of a
    /// kind that is read as JSON only.
    static func decode(_ body: [UInt8]) throws(Malformed) -> JSONValue? {
        guard body.starts(with: [0x6b, 0x38, 0x73, 0x00]) else {
            throw Malformed(description: "it does not begin with the octets of Kubernetes' protobuf")
        }
        let typeMeta: Message = [1: ("apiVersion", .string), 2: ("kind", .string)]
        var reader = ProtobufReader(body[4...])
        var fieldsLeft = fieldsMax
        var type: JSONValue = [:]
        var raw: ArraySlice<UInt8> = []
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .octets(let octets)): type = try message(octets, typeMeta, &fieldsLeft)
            case (2, .octets(let octets)): raw = octets
            default: break
            }
        }
        guard let fields = messages["\(type["apiVersion"]?.string ?? "")/\(type["kind"]?.string ?? "")"] else {
            return nil
        }
        var object = try message(raw, fields, &fieldsLeft)
        object["apiVersion"] = type["apiVersion"]
        object["kind"] = type["kind"]
        return object
    }

    private static func message(
        _ octets: ArraySlice<UInt8>, _ fields: Message, _ fieldsLeft: inout Int
    ) throws(Malformed) -> JSONValue {
        var reader = ProtobufReader(octets)
        var object = JSONObject()
        while let field = try reader.next() {
            fieldsLeft -= 1
            guard fieldsLeft >= 0 else {
                throw Malformed(description: "there are more than \(fieldsMax) fields: send application/json")
            }
            guard let (name, kind) = fields[field.number] else {
                // An empty message is how Go writes a struct that is not there, the time among others.
                guard case .octets([]) = field.value else {
                    throw Malformed(description: "field \(field.number) is read as JSON only: send application/json")
                }
                continue
            }
            switch (kind, field.value) {
            case (.string, .octets(let octets)):
                let text = try string(octets, name)
                // Go writes empty strings; JSON leaves them out.
                if !text.isEmpty { object[name] = .string(text) }
            case (.int64, .varint(let number)):
                let number = Int(Int64(bitPattern: number))
                if number != 0 { object[name] = .number(JSONNumber(number)) }
            case (.bool, .varint(let number)):
                if number != 0 { object[name] = true }
            case (.message(let fields), .octets(let octets)):
                guard !fields.isEmpty || octets.isEmpty else { throw Malformed(description: "\(name) must not be set") }
                let value = try message(octets, fields, &fieldsLeft)
                if value.object?.isEmpty == false { object[name] = value }
            case (.strings, .octets(let octets)):
                object[name] = .array((object[name]?.array ?? []) + [.string(try string(octets, name))])
            case (.stringMap, .octets(let octets)):
                let entry = try message(octets, [1: ("key", .string), 2: ("value", .string)], &fieldsLeft)
                var map = object[name] ?? [:]
                map[entry["key"]?.string ?? ""] = .string(entry["value"]?.string ?? "")
                object[name] = map
            default: throw Malformed(description: "\(name) has the wrong wire type")
            }
        }
        return .object(object)
    }

    private static func string(_ octets: ArraySlice<UInt8>, _ name: String) throws(Malformed) -> String {
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw Malformed(description: "\(name) is not UTF-8")
        }
        return text
    }
}
