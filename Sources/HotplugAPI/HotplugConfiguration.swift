/// Who writes a VMI's spec: `--vmi-propagation`.
package enum VMIPropagation: String, Sendable, CaseIterable {
    /// This server does.
    case direct
    /// KubeVirt copies the VM's template to the VMI and refuses all other writers.
    case kubevirt
    /// `kubevirt` from KubeVirt v1.1.0-alpha.0 on, else `direct`; so too when the version is unknown.
    case auto

    /// Whether this server leaves VMIs to KubeVirt.
    func isByKubeVirt(_ facts: ClusterFacts) -> Bool {
        switch self {
        case .direct: false
        case .kubevirt: true
        case .auto: facts.kubeVirtVersion.map { $0 >= ClusterFacts.propagatesSince } ?? false
        }
    }
}

/// What happens when the NetworkAttachmentDefinition does not exist: `--nad-check`.
package enum NADCheck: String, Sendable, CaseIterable {
    /// It is not looked up.
    case off
    /// A `Warning` header.
    case warn
    /// 422 Invalid.
    case enforce
}

/// What happens when the user may not get the NetworkAttachmentDefinition of another namespace: `--nad-access`.
package enum NADAccess: String, Sendable, CaseIterable {
    /// Nobody is asked, as KubeVirt does not ask.
    case off
    /// A `Warning` header.
    case warn
    /// 403 Forbidden.
    case enforce
}

/// The settings of the subresources.
package struct HotplugConfiguration: Sendable, Equatable {
    package var propagation: VMIPropagation
    package var nadCheck: NADCheck
    package var nadAccess: NADAccess
    /// Whether pods get no new interfaces while they run, so that a VMI must migrate to get one.
    ///
    /// A server cannot see this of a cluster: it depends on how Multus is installed.
    package var attachmentNeedsMigration: Bool

    package init(
        propagation: VMIPropagation = .auto, nadCheck: NADCheck = .warn, nadAccess: NADAccess = .off,
        attachmentNeedsMigration: Bool = false
    ) {
        self.propagation = propagation
        self.nadCheck = nadCheck
        self.nadAccess = nadAccess
        self.attachmentNeedsMigration = attachmentNeedsMigration
    }
}
