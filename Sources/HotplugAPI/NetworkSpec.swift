import KubeModel

/// The interfaces and networks of a VMI's spec, read so far as the rules need them.
struct NetworkSpec {
    /// The spec's path with dots, as Kubernetes writes fields: `spec.template.spec`.
    let prefix: String
    /// The VMI's spec itself.
    let spec: JSONValue
    let networkList: ListPlace
    let interfaceList: ListPlace
    var networks: [Network]
    var interfaces: [NetworkInterface]

    /// Throws 422 Invalid with the field's path when something on the way has not the type that KubeVirt gives it.
    init(of object: JSONValue, subject: HotplugSubject) throws(Status) {
        let path = subject.target.specPath
        prefix = path.joined(separator: ".")
        do throws(MalformedField) {
            guard let spec = try object.descend(path) else { throw MalformedField(path: prefix, expected: "an object") }
            self.spec = spec
            networkList = try ListPlace(of: path + ["networks"], in: object)
            interfaceList = try ListPlace(of: path + ["domain", "devices", "interfaces"], in: object)
            networks = []
            for (index, element) in networkList.elements.enumerated() {
                networks.append(try Network(element, at: "\(prefix).networks[\(index)]"))
            }
            interfaces = []
            for (index, element) in interfaceList.elements.enumerated() {
                interfaces.append(try NetworkInterface(element, at: "\(prefix).domain.devices.interfaces[\(index)]"))
            }
        } catch {
            throw subject.invalid([
                Status.Cause(
                    reason: "FieldValueTypeInvalid", message: "must be \(error.expected); correct the object first",
                    field: error.path)
            ])
        }
    }

    var interfacesPath: String { "\(prefix).domain.devices.interfaces" }

    /// The network that an interface of the name is connected to.
    func network(named name: String) -> Network? { networks.first { $0.name == name } }
}

/// A field that has not the type that KubeVirt's API gives it.
struct MalformedField: Error {
    let path: String
    /// With its article: `a list`.
    let expected: String
}

// Paths are worked out only for an error: for each element they would cost more than all else.

/// An element of `networks`.
struct Network {
    let value: JSONValue
    let name: String
    let isPod: Bool
    /// The `multus.networkName`; `nil` when the network is of another kind.
    let multusNetworkName: String?
    let isMultusDefault: Bool

    init(_ value: JSONValue, at path: @autoclosure () -> String) throws(MalformedField) {
        guard value.object != nil else { throw MalformedField(path: path(), expected: "an object") }
        self.value = value
        name = try value.text("name", at: path())
        isPod = value.present("pod") != nil
        if let multus = value.present("multus") {
            guard multus.object != nil else { throw MalformedField(path: path() + ".multus", expected: "an object") }
            multusNetworkName = try multus.text("networkName", at: path() + ".multus")
            isMultusDefault = multus["default"]?.bool ?? false
        } else {
            multusNetworkName = nil
            isMultusDefault = false
        }
    }

    /// The network that `addinterface` appends.
    init(adding options: AddInterfaceOptions) {
        name = options.name
        multusNetworkName = options.networkAttachmentDefinitionName
        isPod = false
        isMultusDefault = false
        value = [
            "name": .string(options.name),
            "multus": ["networkName": .string(options.networkAttachmentDefinitionName)],
        ]
    }

    /// Whether the VMI's primary interface is on it.
    var isDefault: Bool { isPod || isMultusDefault }
}

/// An element of `domain.devices.interfaces`.
struct NetworkInterface {
    let value: JSONValue
    let name: String
    /// Empty when the field is absent.
    var state: String

    init(_ value: JSONValue, at path: @autoclosure () -> String) throws(MalformedField) {
        guard value.object != nil else { throw MalformedField(path: path(), expected: "an object") }
        self.value = value
        name = try value.text("name", at: path())
        state = try value.text("state", at: path())
    }

    /// The interface that `addinterface` appends: the model is left out, which means virtio.
    init(adding options: AddInterfaceOptions) {
        name = options.name
        state = ""
        value = ["name": .string(options.name), "bridge": [:]]
    }

    /// Asked to go, or gone.
    var isAbsent: Bool { state == Self.absent }

    static let absent = "absent"

    func has(_ member: String) -> Bool { value.present(member) != nil }
}

extension JSONValue {
    /// Whether a VMI or a migration has come to its end.
    var hasFinalPhase: Bool { ["Succeeded", "Failed"].contains(self[path: "status", "phase"]?.string) }

    /// A member that is a string; empty when it is absent.
    fileprivate func text(_ name: String, at path: @autoclosure () -> String) throws(MalformedField) -> String {
        guard let value = present(name) else { return "" }
        guard let text = value.string else { throw MalformedField(path: "\(path()).\(name)", expected: "a string") }
        return text
    }

    /// The object at the end of the path; `nil` when there is none.
    fileprivate func descend(_ path: [String]) throws(MalformedField) -> JSONValue? {
        var value = self
        for (depth, name) in path.enumerated() {
            guard let next = value.present(name) else { return nil }
            guard next.object != nil else {
                throw MalformedField(path: path[...depth].joined(separator: "."), expected: "an object")
            }
            value = next
        }
        return value
    }
}
