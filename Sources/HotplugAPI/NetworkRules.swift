import KubeModel

/// KubeVirt's rules for the interfaces and networks of a VMI's spec, with its words: v1.0.1
/// `pkg/virt-api/webhooks/validating-webhook/admitters/vmi-create-admitter.go` and `network.go`.
///
/// They are checked here so that the answer comes before anything is written, and because KubeVirt v1.9.0 checks the
/// spec of a VMI only when it is created. Values that later releases know (v1.9.0 `pkg/network/admitter`) pass.
struct NetworkRules {
    let spec: NetworkSpec
    let facts: ClusterFacts

    static let interfaceNameMessage =
        "Network interface name can only contain alphabetical characters, numbers, dashes (-) or underscores (_)"

    /// `^[A-Za-z0-9-_]+$`; no length is set.
    static func isInterfaceName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Everything that the spec violates; the first two kinds end the search, as in KubeVirt.
    func violations() -> [Status.Cause] {
        let first = lengths() + podNetworks()
        if !first.isEmpty { return first }
        var byName: [String: Network] = [:]
        for network in spec.networks where byName[network.name] == nil { byName[network.name] = network }
        return defaultNetworks() + networkSources() + pairs(byName) + interfaces(byName) + bootOrders()
    }

    // MARK: Both lists

    private func lengths() -> [Status.Cause] {
        [(spec.interfacesPath, spec.interfaces.count), ("\(spec.prefix).networks", spec.networks.count)]
            .filter { $0.1 > HotplugLimits.interfaces }
            .map { path, _ in
                .invalidValue(
                    at: path, "\(path) list exceeds the \(HotplugLimits.interfaces) element limit in length")
            }
    }

    private func podNetworks() -> [Status.Cause] {
        let pods = Set(spec.networks.filter(\.isPod).map(\.name))
        guard spec.interfaces.count(where: { pods.contains($0.name) }) > 1 else { return [] }
        let path = "\(spec.prefix).interfaces"
        return [.duplicate(at: path, "more than one interface is connected to a pod network in \(path)")]
    }

    private func defaultNetworks() -> [Status.Cause] {
        var causes: [Status.Cause] = []
        let path = "\(spec.prefix).networks"
        let defaults = spec.networks.count(where: \.isMultusDefault)
        if defaults > 1 { causes.append(.invalidValue(at: path, "Multus CNI should only have one default network")) }
        if defaults > 0, spec.networks.contains(where: \.isPod) {
            causes.append(
                .invalidValue(at: path, "Pod network cannot be defined when Multus default network is defined"))
        }
        return causes
    }

    private func networkSources() -> [Status.Cause] {
        var causes: [Status.Cause] = []
        for (index, network) in spec.networks.enumerated() {
            var path: String { "\(spec.prefix).networks[\(index)]" }
            if network.isPod, network.multusNetworkName != nil {
                causes.append(.invalidValue(at: path, "should have only one network type"))
            }
            // A member that this release does not know, such as resourceClaim, is a source of a later one.
            let hasSource = network.value.object?.members.contains { $0.name != "name" && !$0.value.isNull } ?? false
            if !hasSource { causes.append(.required(at: path, "should have a network type")) }
            if network.multusNetworkName?.isEmpty == true {
                causes.append(
                    .required(at: "\(path).multus", "CNI delegating plugin must have a networkName"))
            }
        }
        return causes
    }

    /// Names are unique on both sides, and each side has its other.
    private func pairs(_ networks: [String: Network]) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        var seen: Set<String> = []
        let connected = Set(spec.interfaces.map(\.name))
        for (index, network) in spec.networks.enumerated() {
            var path: String { "\(spec.prefix).networks[\(index)].name" }
            if !seen.insert(network.name).inserted {
                causes.append(
                    .duplicate(
                        at: path,
                        "Network with name \(network.name.quoted) already exists, every network must have a unique "
                            + "name"))
            }
            if !connected.contains(network.name) {
                causes.append(.required(at: path, "\(path) '\(network.name)' not found."))
            }
        }
        seen = []
        for (index, interface) in spec.interfaces.enumerated() {
            var path: String { "\(spec.interfacesPath)[\(index)].name" }
            if networks[interface.name] == nil {
                causes.append(.invalidValue(at: path, "\(path) '\(interface.name)' not found."))
            }
            if !seen.insert(interface.name).inserted {
                causes.append(
                    .duplicate(at: path, "Only one interface can be connected to one specific network"))
            }
        }
        return causes
    }

    // MARK: Each interface

    private func interfaces(_ networks: [String: Network]) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        // Kept out of the loop: a closure that captured `self` would copy it for each interface.
        let (list, prefix) = (spec.interfacesPath, spec.prefix)
        for (index, interface) in spec.interfaces.enumerated() {
            var path: String { "\(list)[\(index)]" }
            let network = networks[interface.name]
            if !Self.isInterfaceName(interface.name) {
                causes.append(.invalidValue(at: "\(path).name", Self.interfaceNameMessage))
            }
            causes += bindings(interface, network, at: path)
            causes += state(interface, network, at: path)
            causes += InterfaceAddresses.violations(interface, at: path)
            causes += InterfaceServices.violations(interface, network, at: path, in: prefix)
        }
        return causes
    }

    /// The first that applies of the rules for a binding and its network, as in KubeVirt
    /// (`validateInterfaceNetworkBasics`).
    private func bindings(_ interface: NetworkInterface, _ network: Network?, at path: @autoclosure () -> String)
        -> [Status.Cause]
    {
        var causes: [Status.Cause] = []
        if let network, let (field, message) = misfit(interface, network) {
            causes.append(.invalidValue(at: path() + field, message))
        }
        if interface.has("binding"), Self.bindingMethods.contains(where: interface.has) {
            causes.append(
                .invalidValue(
                    at: "\(path()).binding",
                    "logical \(interface.name) interface cannot have both binding plugin and interface binding method"))
        }
        return causes
    }

    /// The field below the interface, and what is wrong with it.
    private func misfit(_ interface: NetworkInterface, _ network: Network) -> (field: String, message: String)? {
        // From v1.3 on slirp, macvtap and passt are binding plugins, and their gates are gone.
        let hasGates = facts.kubeVirtVersion.map { $0 < Self.bindingPluginsSince } ?? true
        if interface.has("slirp"), hasGates {
            if !network.isPod { return (".name", "Slirp interface only implemented with pod network") }
            if !facts.permitsSlirp { return (".name", "Slirp interface is not enabled in kubevirt-config") }
        }
        if interface.has("masquerade") {
            if !network.isPod { return (".name", "Masquerade interface only implemented with pod network") }
            if interface.value["macAddress"]?.string == Self.masqueradeBridgeAddress {
                return (
                    ".macAddress",
                    "The requested MAC address is reserved for the in-pod bridge. Please choose another one."
                )
            }
        }
        if interface.has("bridge"), network.isPod, !facts.permitsBridgeOnPodNetwork {
            return (".name", "Bridge on pod network configuration is not enabled under kubevirt-config")
        }
        if interface.has("macvtap"), hasGates {
            if !facts.featureGates.contains("Macvtap") { return (".name", "Macvtap feature gate is not enabled") }
            if network.multusNetworkName == nil {
                return (".name", "Macvtap interface only implemented with Multus network")
            }
        }
        guard interface.has("passt") else { return nil }
        if hasGates, !facts.featureGates.contains("Passt") { return (".name", "Passt feature gate is not enabled") }
        if !network.isPod { return (".name", "Passt interface only implemented with pod network") }
        if spec.interfaces.count > 1 {
            return ("", "Passt interface is only supported as the single interface of the VMI")
        }
        return nil
    }

    static let bindingPluginsSince = SemanticVersion(1, 3, 0)
    /// KubeVirt v1.0.1 `pkg/network/link/reserved_macs.go`.
    static let masqueradeBridgeAddress = "02:00:00:00:00:00"

    private func state(_ interface: NetworkInterface, _ network: Network?, at path: @autoclosure () -> String)
        -> [Status.Cause]
    {
        var field: String { "\(path()).state" }
        guard Self.states.contains(interface.state) else {
            return [
                .invalidValue(
                    at: field,
                    "logical \(interface.name) interface state value is unsupported: \(interface.state)")
            ]
        }
        guard interface.isAbsent else { return [] }
        var causes: [Status.Cause] = []
        if !interface.has("bridge") {
            causes.append(
                .invalidValue(
                    at: field,
                    "\(interface.name.quoted) interface's state \"absent\" is supported only for bridge binding"))
        }
        if network?.isDefault == true {
            causes.append(
                .invalidValue(
                    at: field,
                    "\(interface.name.quoted) interface's state \"absent\" is not supported on default networks"))
        }
        return causes
    }

    static let bindingMethods = ["bridge", "slirp", "masquerade", "sriov", "macvtap", "passt", "passtBinding"]
    /// `up` and `down` since v1.5.
    static let states: Set = ["", NetworkInterface.absent, "up", "down"]

    // MARK: Boot order

    /// Unique over disks and interfaces; an encrypted guest boots from no interface.
    private func bootOrders() -> [Status.Cause] {
        var causes: [Status.Cause] = []
        let disks = spec.spec[path: "domain", "devices", "disks"]?.array ?? []
        var taken = Set(disks.compactMap { $0["bootOrder"]?.int })
        let isEncrypted = spec.spec[path: "domain", "launchSecurity"]?.present("sev") != nil
        for (index, interface) in spec.interfaces.enumerated() {
            guard let bootOrder = interface.value.present("bootOrder") else { continue }
            var path: String { "\(spec.interfacesPath)[\(index)].bootOrder" }
            guard let order = bootOrder.int, order > 0 else {
                causes.append(
                    .invalidValue(
                        at: path, "\(spec.interfacesPath)[\(index)] must have a boot order > 0, if supplied"))
                continue
            }
            if !taken.insert(order).inserted {
                causes.append(
                    .invalidValue(at: path, "Boot order for \(path) already set for a different device."))
            }
            if isEncrypted {
                causes.append(
                    .invalidValue(at: path, "SEV does not work with bootable NICs: \(interface.name)"))
            }
        }
        return causes
    }
}
