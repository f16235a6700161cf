// HotplugAPI: the `addinterface` and `removeinterface` subresources, from a request's body to the patches that carry
// it out. May import KubeModel only; knows neither HTTP nor where objects are stored. The rules are pure functions
// of values; HotplugOperation alone talks to a Cluster.

/// The body of `addinterface`: KubeVirt v1.0.1 `staging/src/kubevirt.io/api/core/v1/types.go`.
package struct AddInterfaceOptions: Sendable, Equatable {
    /// `name` or `namespace/name`; the namespace of the VM when there is none.
    package var networkAttachmentDefinitionName: String
    /// The logical name of the new interface and of its network.
    package var name: String

    package init(networkAttachmentDefinitionName: String, name: String) {
        self.networkAttachmentDefinitionName = networkAttachmentDefinitionName
        self.name = name
    }
}

/// The body of `removeinterface`.
package struct RemoveInterfaceOptions: Sendable, Equatable {
    /// The logical name of the interface.
    package var name: String

    package init(name: String) {
        self.name = name
    }
}

/// The subresource's name as it stands in the URL.
package enum InterfaceVerb: String, Sendable, CaseIterable {
    case add = "addinterface"
    case remove = "removeinterface"
}

/// What a request asks for.
package enum InterfaceChange: Sendable, Equatable {
    case add(AddInterfaceOptions)
    case remove(RemoveInterfaceOptions)

    /// The name of the interface that is to come or go.
    package var name: String {
        switch self {
        case .add(let options): options.name
        case .remove(let options): options.name
        }
    }
}
