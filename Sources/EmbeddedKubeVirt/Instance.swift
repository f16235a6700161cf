import HotplugAPI
import KubeModel
import TLS

/// A VirtualMachineInstance as its controllers see it.
///
/// What has not the type that KubeVirt gives it counts as absent.
struct Instance {
    var object: JSONValue

    var name: String { object.metadataName ?? "" }
    var namespace: String { object.metadataNamespace ?? "" }
    var uid: String { object.metadataUID ?? "" }
    var phase: InstancePhase { InstancePhase(rawValue: object[path: "status", "phase"]?.string ?? "") ?? .unknown }
    var nodeName: String { object[path: "status", "nodeName"]?.string ?? "" }
    var migrationState: JSONValue? { object[path: "status", "migrationState"] }

    /// Whether the phase says that the guest was defined and has not ended.
    var isRunning: Bool { phase == .running }

    mutating func setPhase(_ phase: InstancePhase, now: String) { object.setPhase(phase.rawValue, now: now) }

    // MARK: Migration

    /// Whether a migration has been handed to this VMI and has neither completed nor failed.
    var isMigrating: Bool {
        guard let state = migrationState, state["migrationUid"]?.string != nil else { return false }
        return state["completed"]?.bool != true && state["failed"]?.bool != true
    }

    private var hasMigrated: Bool {
        migrationState?["completed"]?.bool == true && migrationState?["failed"]?.bool != true
    }

    /// The launcher pod that the guest is in, or will be.
    var podName: String {
        let state = migrationState
        let moved = hasMigrated ? state?["targetPod"]?.string : state?["sourcePod"]?.string
        return moved ?? LauncherPod.name(of: self, seed: uid)
    }

    /// A launcher pod that a migration has left behind: the source of one that completed, the target of one that
    /// failed.
    var leftPodName: String? {
        guard let state = migrationState, !isMigrating else { return nil }
        return (hasMigrated ? state["sourcePod"] : state["targetPod"])?.string
    }

    /// The pod that a migration under way goes to.
    var targetPodName: String? { isMigrating ? migrationState?["targetPod"]?.string : nil }

    // MARK: Interfaces

    /// The elements of `spec.networks` that have their interface, in their order.
    var attachments: [Attachment] {
        let interfaces = object[path: "spec", "domain", "devices", "interfaces"]?.array ?? []
        return (object[path: "spec", "networks"]?.array ?? []).compactMap { network in
            guard let name = network["name"]?.string,
                let interface = interfaces.first(where: { $0["name"]?.string == name })
            else { return nil }
            return Attachment(network: network, interface: interface, name: name, namespace: namespace)
        }
    }

    var interfaceStatuses: [InterfaceStatus] {
        (object[path: "status", "interfaces"]?.array ?? []).map(InterfaceStatus.init)
    }

    mutating func setInterfaceStatuses(_ statuses: [InterfaceStatus]) {
        object.setStatus("interfaces", .array(statuses.map(\.value)))
    }
}

/// A network of a VMI and the interface on it.
struct Attachment {
    enum Source: Equatable {
        case pod
        case multus(NADReference, isDefault: Bool)
        case other
    }

    let name: String
    let source: Source
    let isAbsent: Bool
    let isMasquerade: Bool
    let isBridge: Bool
    /// As the user gave it.
    let macAddress: String?

    init(network: JSONValue, interface: JSONValue, name: String, namespace: String) {
        self.name = name
        if let networkName = network[path: "multus", "networkName"]?.string {
            source = .multus(
                NADReference(networkName, in: namespace), isDefault: network[path: "multus", "default"]?.bool ?? false)
        } else {
            source = network["pod"]?.object != nil ? .pod : .other
        }
        isAbsent = interface["state"]?.string == "absent"
        isMasquerade = interface["masquerade"]?.object != nil
        isBridge = interface["bridge"]?.object != nil
        macAddress = interface["macAddress"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The NetworkAttachmentDefinition of a secondary network.
    var definition: NADReference? {
        if case .multus(let reference, isDefault: false) = source { reference } else { nil }
    }

    var isSecondary: Bool { definition != nil }

    /// The interface's name in the pod: that of the hashed scheme of KubeVirt v1.0.0-rc.0 and later
    /// (`pkg/network/namescheme/networknamescheme.go`).
    var podInterfaceName: String { isSecondary ? "pod" + SHA256.hexadecimal(name).prefix(11) : "eth0" }

    /// The MAC address in the guest, and in the pod: the given one, or a locally administered one that stays the same
    /// as long as the VMI.
    func macAddress(in instance: Instance) -> String {
        if let macAddress { return macAddress }
        let digits = Array(StableHash("mac", instance.uid, name).hexadecimal.utf8.prefix(10))
        return "02"
            + stride(from: 0, to: digits.count, by: 2).map {
                ":" + String(decoding: digits[$0...$0 + 1], as: UTF8.self)
            }.joined()
    }
}

/// An element of `status.interfaces`.
struct InterfaceStatus {
    /// Who has seen the interface, in the order of KubeVirt's text (`pkg/network/vmispec/infosource.go`).
    enum InfoSource: String, CaseIterable {
        case domain
        case guestAgent = "guest-agent"
        case multusStatus = "multus-status"
    }

    private(set) var value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    /// An interface that the pod has.
    init(of attachment: Attachment) {
        value = [
            "name": .string(attachment.name), "podInterfaceName": .string(attachment.podInterfaceName),
            "infoSource": "",
        ]
    }

    var name: String { value["name"]?.string ?? "" }

    var infoSources: Set<InfoSource> {
        let words = (value["infoSource"]?.string ?? "").split(separator: ",")
        return Set(words.compactMap { InfoSource(rawValue: String($0.drop { $0 == " " })) })
    }

    var isInGuest: Bool { infoSources.contains(.domain) }

    mutating func setInfoSource(_ source: InfoSource, _ isThere: Bool) {
        var sources = infoSources
        if isThere { sources.insert(source) } else { sources.remove(source) }
        value["infoSource"] = .string(
            InfoSource.allCases.filter(sources.contains).map(\.rawValue).joined(separator: ", "))
    }

    /// The guest has the interface.
    mutating func plug(_ attachment: Attachment, into instance: Instance) {
        value["mac"] = .string(attachment.macAddress(in: instance))
        value["queueCount"] = 1
        setInfoSource(.domain, true)
    }

    /// The guest has it no more.
    mutating func unplug() {
        value["mac"] = nil
        value["queueCount"] = nil
        setInfoSource(.domain, false)
    }

    mutating func setAddress(_ address: String) {
        value["ipAddress"] = .string(address)
        value["ipAddresses"] = [.string(address)]
    }
}
