package import KubeModel

/// What a decider wants done; the runner does the steps of one decision in their order and then looks again.
package enum Step: Sendable {
    /// Creates an object for another one, which is told if that fails.
    case create(Resource, JSONValue, for: JSONValue)
    /// Replaces the object that was read, if it is still that version.
    case replace(Resource, JSONValue)
    /// The same for `status` where it has its own path.
    case replaceStatus(Resource, JSONValue)
    case delete(Resource, JSONValue)
    case record(EventNote)

    /// Whether it makes a VMI of a VM.
    package var startsMachine: Bool {
        if case .create(.virtualMachineInstance, _, _) = self { true } else { false }
    }

    /// Whether the objects are other ones afterwards, so that there may be more to decide.
    package var changesObjects: Bool {
        if case .record = self { false } else { true }
    }
}

/// Something to tell about an object: what becomes a core/v1 Event.
package struct EventNote: Sendable {
    package enum Kind: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    /// Who tells it, by the names of KubeVirt's components.
    package enum Source: String, Sendable {
        case controller = "virtualmachine-controller"
        case handler = "virt-handler"
    }

    package let kind: Kind
    /// CamelCase, for programs.
    package let reason: String
    package let message: String
    package let source: Source
    /// The object that it is about.
    package let subject: JSONValue

    init(_ kind: Kind, _ reason: String, _ message: String, from source: Source, about subject: JSONValue) {
        self.kind = kind
        self.reason = reason
        self.message = message
        self.source = source
        self.subject = subject
    }
}
