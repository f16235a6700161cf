package import KubeModel

/// The two resources that have the subresources.
package enum HotplugTarget: Sendable, Hashable, CaseIterable {
    case virtualMachine
    case virtualMachineInstance

    package var resource: Resource {
        switch self {
        case .virtualMachine: .virtualMachine
        case .virtualMachineInstance: .virtualMachineInstance
        }
    }

    /// Where the VMI's spec stands in the object.
    var specPath: [String] {
        switch self {
        case .virtualMachine: ["spec", "template", "spec"]
        case .virtualMachineInstance: ["spec"]
        }
    }

    /// What virt-api calls it in the text of an internal error.
    var abbreviation: String {
        switch self {
        case .virtualMachine: "vm"
        case .virtualMachineInstance: "vmi"
        }
    }
}

/// The object that a request changes, as errors name it.
package struct HotplugSubject: Sendable, Hashable, CustomStringConvertible {
    package let target: HotplugTarget
    package let namespace: String
    package let name: String

    package init(_ target: HotplugTarget, namespace: String, name: String) {
        self.target = target
        self.namespace = namespace
        self.name = name
    }

    /// `VirtualMachine "x"`.
    package var description: String { "\(target.resource.kind) \"\(name)\"" }

    // KubeVirt writes the singular where Kubernetes has the plural, and clients match on it.

    package var notFound: Status {
        .notFound(group: target.resource.group, kind: target.resource.singular, name: name)
    }

    package func conflict(_ why: String) -> Status {
        .conflict(group: target.resource.group, kind: target.resource.singular, name: name, why)
    }

    func invalid(_ causes: [Status.Cause]) -> Status {
        .invalid(group: target.resource.group, kind: target.resource.kind, name: name, causes: causes)
    }
}
