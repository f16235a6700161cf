package import KubeModel

/// What a request would do to one object, worked out without a cluster.
///
/// The feature gate and the NetworkAttachmentDefinition are the cluster's to tell and are not looked at; all other
/// rules are those of the server.
package struct InterfacePlan: Sendable, Equatable {
    /// Empty when the object is already as the request wants it.
    package let patch: JSONPatch
    /// The object with the patch applied.
    package let after: JSONValue
    /// What the server would say in `Warning` headers of this object.
    package let warnings: [String]

    /// Plans a change of a VirtualMachine (its template) or a VirtualMachineInstance; the object's `kind` tells which.
    ///
    /// A VMI with a `status.phase` must be running; a manifest without status is taken as if it were. Throws the
    /// `Status` that the server would answer, and 400 BadRequest for an object of another kind or without a name.
    package init(
        _ change: InterfaceChange, on object: JSONValue,
        facts: ClusterFacts = ClusterFacts(isInterfaceHotplugEnabled: true)
    ) throws(Status) {
        let subject = try HotplugSubject(of: object)
        try change.checkSyntax(for: subject)
        let isInstance = subject.target == .virtualMachineInstance
        if isInstance {
            let phase = object[path: "status", "phase"]?.string ?? ""
            guard phase.isEmpty || phase == "Running", !object.isBeingDeleted else {
                throw subject.conflict("VMI is not running")
            }
        }
        guard case .mutation(let patch) = try change.decision(on: object, of: subject, facts: facts) else {
            (self.patch, after, warnings) = (JSONPatch([]), object, [])
            return
        }
        var warnings: [String] = []
        if case .add = change {
            if isInstance {
                if let slots = try PCISlots(instance: object, facts: facts).advice(for: subject) {
                    warnings.append(slots)
                }
            } else if try PodInterface.isImplicit(in: object, of: subject) {
                warnings.append(HotplugOperation.lostPodInterface(of: subject, change.name))
            }
        }
        self.patch = patch
        self.warnings = warnings
        do throws(JSONPatchError) {
            after = try patch.applied(to: object)
        } catch {
            throw .internalError("the patch of \(subject) does not apply to what it was made from: \(error)")
        }
    }
}

extension HotplugSubject {
    /// Reads what an object is.
    ///
    /// Throws 400 BadRequest when it is no VM and no VMI, or has no name.
    package init(of object: JSONValue) throws(Status) {
        let apiVersion = object["apiVersion"]?.string ?? ""
        let kind = object["kind"]?.string ?? ""
        let target = HotplugTarget.allCases.first {
            $0.resource.kind == kind && apiVersion.hasPrefix("\($0.resource.group)/")
        }
        guard let target else {
            throw .badRequest(
                "an object of kind \(kind.quoted) in \(apiVersion.quoted) has no interfaces to change; give a "
                    + "VirtualMachine or a VirtualMachineInstance of kubevirt.io")
        }
        guard let name = object.metadataName, !name.isEmpty else {
            throw .badRequest("the object has no metadata.name; give it one")
        }
        self.init(target, namespace: object.metadataNamespace ?? "default", name: name)
    }
}
