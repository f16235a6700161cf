import KubeModel

/// The rules for the ports of an interface and for what its DHCP server tells the guest: `validatePortConfiguration` and
/// the functions on DHCP of KubeVirt v1.0.1 `vmi-create-admitter.go`.
enum InterfaceServices {
    /// Options that are free for private use (RFC 3942 §4).
    static let privateOptions = 224...254
    static let protocols: Set = ["", "TCP", "UDP"]
    static let portNameLengthMax = 15

    /// What an interface violates at `path`, its path in a `spec`.
    static func violations(
        _ interface: NetworkInterface, _ network: Network?, at path: @autoclosure () -> String, in spec: String
    ) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        // KubeVirt looks at no others' ports; names are unique over all interfaces, of which one is on the pod's network.
        if network?.isPod == true, let ports = interface.value["ports"]?.array {
            var names: Set<String> = []
            for (index, port) in ports.enumerated() {
                causes += violations(port, at: "\(path()).ports[\(index)]", taken: &names)
            }
        }
        if let options = interface.value["dhcpOptions"] { causes += violations(options, at: path(), in: spec) }
        return causes
    }

    private static func violations(
        _ port: JSONValue, at path: String, taken names: inout Set<String>
    ) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        let number = port["port"]?.int ?? 0
        if number == 0 { causes.append(.required(at: path, "Port field is mandatory.")) }
        if !(0...65_535).contains(number) {
            causes.append(.invalidValue(at: path, "Port field must be in range 0 < x < 65536."))
        }
        if let transport = port["protocol"]?.string, !protocols.contains(transport) {
            causes.append(.invalidValue(at: "\(path).protocol", "Unknown protocol, only TCP or UDP allowed"))
        }
        guard let name = port["name"]?.string, !name.isEmpty else { return causes }
        if !names.insert(name).inserted {
            causes.append(.duplicate(at: "\(path).name", "Duplicate name of the port: \(name)"))
        }
        if !isPortName(name) {
            causes.append(.invalidValue(at: "\(path).name", "Invalid name of the port: \(name)"))
        }
        return causes
    }

    private static func violations(_ options: JSONValue, at path: String, in spec: String) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        let numbers = (options["privateOptions"]?.array ?? []).map { $0["option"]?.int ?? 0 }
        if Set(numbers).count < numbers.count {
            causes.append(
                .invalidValue(at: spec, "Found Duplicates: you have provided duplicate DHCPPrivateOptions"))
        }
        for number in numbers where !privateOptions.contains(number) {
            causes.append(
                .invalidValue(
                    at: spec, "provided DHCPPrivateOptions are out of range, must be in range 224 to 254"))
        }
        for (index, server) in (options["ntpServers"]?.array ?? []).enumerated()
        where server.string.map(isIPv4Address) != true {
            causes.append(
                .invalidValue(
                    at: "\(path).dhcpOptions.ntpServers[\(index)]",
                    "NTP servers must be a list of valid IPv4 addresses."))
        }
        return causes
    }

    /// A service name of RFC 6335 §5.1, in lower case.
    static func isPortName(_ name: String) -> Bool {
        let octets = Array(name.utf8)
        let (dash, letters) = (UInt8(ascii: "-"), UInt8(ascii: "a")...UInt8(ascii: "z"))
        return (1...portNameLengthMax).contains(octets.count) && octets.first != dash && octets.last != dash
            && octets.contains(where: letters.contains)
            && octets.allSatisfy { letters.contains($0) || $0.isDigit || $0 == dash }
            && !zip(octets, octets.dropFirst()).contains { $0 == dash && $1 == dash }
    }

    /// Four numbers up to 255 in decimal without leading zeros (Go's `net.ParseIP`).
    static func isIPv4Address(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(\.isDigit) && (part.count == 1 || part.first != 0x30)
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }
}
