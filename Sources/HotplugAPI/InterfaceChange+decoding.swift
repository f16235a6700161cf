package import KubeModel

extension InterfaceChange {
    /// Reads a request's body.
    ///
    /// Decoded as `OptionsBody` tells; field names in any case. YAML turns numbers and booleans into strings, JSON does
    /// not. The texts of the errors are those of Go's encoding/json, since clients of virt-api know them (KubeVirt v1.0.1
    /// `interfacehotplug.go`).
    ///
    /// Answers the change and a warning for each unknown and each duplicate field, at most
    /// `HotplugLimits.reportedFields`. Throws 400 BadRequest when the body cannot be decoded, when `fieldValidation`
    /// is strict and there would be warnings, and when a required field is missing or empty.
    package static func decode(
        _ body: [UInt8], for verb: InterfaceVerb, fieldValidation: FieldValidation
    ) throws(Status) -> (change: InterfaceChange, warnings: [String]) {
        var fields = OptionFields(for: verb)
        try fields.decode(body)
        let complaints = fieldValidation == .ignore ? [] : fields.complaints
        if fieldValidation == .strict, !complaints.isEmpty {
            throw OptionFields.undecodable("strict decoding error: " + complaints.joined(separator: ", "))
        }
        for field in fields.names where fields.values[field, default: ""].isEmpty {
            throw .badRequest("\(fields.type) requires `\(field)` to be set")
        }
        let name = fields.values["name", default: ""]
        switch verb {
        case .add:
            let reference = fields.values["networkAttachmentDefinitionName", default: ""]
            return (.add(AddInterfaceOptions(networkAttachmentDefinitionName: reference, name: name)), complaints)
        case .remove: return (.remove(RemoveInterfaceOptions(name: name)), complaints)
        }
    }
}

/// The fields of an options struct while they are read.
private struct OptionFields {
    /// The Go type, which error texts name.
    let type: String
    /// All are required strings, in the order in which they are missed.
    let names: [String]
    private(set) var values: [String: String] = [:]
    private var unknown: [String] = []
    private var duplicates: [String] = []

    init(for verb: InterfaceVerb) {
        switch verb {
        case .add:
            type = "AddInterfaceOptions"
            names = ["networkAttachmentDefinitionName", "name"]
        case .remove:
            type = "RemoveInterfaceOptions"
            names = ["name"]
        }
    }

    /// `unknown field "x"`, `duplicate field "y"`: the texts of sigs.k8s.io/json.
    var complaints: [String] {
        let all = unknown.map { "unknown field \($0.quoted)" } + duplicates.map { "duplicate field \($0.quoted)" }
        guard all.count > HotplugLimits.reportedFields else { return all }
        let reported = all.prefix(HotplugLimits.reportedFields - 1)
        return reported + ["and \(all.count - reported.count) more unknown or duplicate fields"]
    }

    static func undecodable(_ why: String) -> Status {
        .badRequest("cannot unmarshal Request body to struct, error: \(why)")
    }

    /// Throws 400 BadRequest; the values stay empty where the body has none.
    mutating func decode(_ body: [UInt8]) throws(Status) {
        let decoded: OptionsBody?
        do throws(OptionsBody.Malformed) {
            decoded = try OptionsBody(body)
        } catch {
            throw Self.undecodable(error.description)
        }
        guard let decoded else { return }
        duplicates = decoded.duplicates
        guard let typeError = take(decoded.value, coercingScalars: decoded.isYAML) else { return }
        throw Self.undecodable(
            (decoded.isYAML ? "error unmarshaling JSON: while decoding JSON: " : "")
                + "json: cannot unmarshal \(typeError)")
    }

    /// Fills the fields in the order of the text, as encoding/json does; `null` leaves a field as it is.
    ///
    /// Answers what did not fit first: `number into Go struct field AddInterfaceOptions.name of type string`.
    private mutating func take(_ value: JSONValue, coercingScalars: Bool) -> String? {
        if value.isNull { return nil }
        guard case .object(let object) = value else { return "\(value.goTypeName) into Go value of type v1.\(type)" }
        var typeError: String?
        var seen: Set<String> = []
        for member in object.members {
            guard let field = names.first(where: { $0.lowercased() == member.name.lowercased() }) else {
                unknown.append(member.name)
                continue
            }
            if !seen.insert(field).inserted { duplicates.append(member.name) }
            switch member.value {
            case .null: break
            case .string(let text): values[field] = text
            case .number(let number) where coercingScalars: values[field] = number.literal
            case .bool(let flag) where coercingScalars: values[field] = flag ? "true" : "false"
            default:
                typeError =
                    typeError ?? "\(member.value.goTypeName) into Go struct field \(type).\(field) of type string"
            }
        }
        return typeError
    }
}
