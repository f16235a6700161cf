package import KubeModel

/// What becomes of an object; a refusal is a thrown `Status` instead.
package enum Decision: Sendable, Equatable {
    /// The object is as the request wants it: 202, nothing to write.
    case unchanged
    /// `test` operations on everything that was read and mattered, then the change.
    case mutation(JSONPatch)
}

extension InterfaceChange {
    /// Decides for one object by its spec alone; a pure function.
    ///
    /// `podInterface` is what KubeVirt attached to the running VMI by itself and a template must list from now on.
    /// Throws 409 Conflict when another interface has the name, and 422 Invalid when the object is malformed or
    /// breaks a network rule after the change.
    package func decision(
        on object: JSONValue, of subject: HotplugSubject, facts: ClusterFacts,
        adopting podInterface: PodInterface? = nil
    ) throws(Status) -> Decision {
        let spec = try NetworkSpec(of: object, subject: subject)
        var after = spec
        let operations: [JSONPatch.Operation]
        switch self {
        case .add(let options):
            if let podInterface {
                after.networks.append(podInterface.network)
                after.interfaces.append(podInterface.interface)
            }
            if let existing = after.interfaces.first(where: { $0.name == options.name }) {
                try options.requireSame(existing, on: after.network(named: existing.name), of: subject)
                return .unchanged
            }
            after.networks.append(Network(adding: options))
            after.interfaces.append(NetworkInterface(adding: options))
            operations =
                spec.networkList.appending(after.networks[spec.networks.count...].map(\.value))
                + spec.interfaceList.appending(after.interfaces[spec.interfaces.count...].map(\.value))
        case .remove(let options):
            guard let index = spec.interfaces.firstIndex(where: { $0.name == options.name }),
                !spec.interfaces[index].isAbsent
            else { return .unchanged }
            after.interfaces[index].state = NetworkInterface.absent
            let path = JSONPointer(tokens: spec.interfaceList.path + [String(index), "state"])
            operations = [.add(path, .string(NetworkInterface.absent))]
        }
        let violations = NetworkRules(spec: after, facts: facts).violations()
        guard violations.isEmpty else { throw subject.invalid(violations) }
        // Only the object that was read, not one of the same name that has taken its place.
        let identity = object.metadataUID.map {
            JSONPatch.Operation.test(JSONPointer(tokens: ["metadata", "uid"]), .string($0))
        }
        let guards = [spec.networkList.guardOperation, spec.interfaceList.guardOperation]
        return .mutation(JSONPatch((identity.map { [$0] } ?? []) + guards + operations))
    }
}

extension AddInterfaceOptions {
    /// Lets pass an interface that is already what these options ask for; else throws 409 and names what it is.
    fileprivate func requireSame(
        _ interface: NetworkInterface, on network: Network?, of subject: HotplugSubject
    ) throws(Status) {
        let connection =
            switch network {
            case let network? where network.isPod: "the pod network"
            case let network?:
                network.multusNetworkName.map { "network attachment definition \($0.quoted)" }
                    ?? "a network without one"
            case nil: "no network"
            }
        if interface.isAbsent {
            throw subject.conflict(
                "interface \(name.quoted) on \(connection) is being removed (its state is absent); repeat the request "
                    + "once it is gone, which may take a migration, or choose another name")
        }
        if let current = network?.multusNetworkName, network?.isPod == false,
            NADReference(current, in: subject.namespace)
                == NADReference(networkAttachmentDefinitionName, in: subject.namespace)
        {
            return
        }
        throw subject.conflict(
            "interface \(name.quoted) exists and is on \(connection), not on network attachment definition "
                + "\(networkAttachmentDefinitionName.quoted); choose another name, or remove the interface first")
    }
}
