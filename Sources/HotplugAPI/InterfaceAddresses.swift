import KubeModel

/// The rules for an interface's model and for the addresses that a user may give it.
enum InterfaceAddresses {
    /// `igb` since v1.9.
    static let models: Set = ["e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139", "virtio"]
    /// Octets of a MAC address.
    static let hardwareAddressLength = 6

    static func violations(_ interface: NetworkInterface, at path: @autoclosure () -> String) -> [Status.Cause] {
        var causes: [Status.Cause] = []
        func refuse(_ field: String, _ why: String, reason: String = "FieldValueInvalid") {
            let path = path()
            causes.append(
                Status.Cause(reason: reason, message: "interface \(path).name \(why)", field: "\(path).\(field)"))
        }
        if let model = interface.text("model"), !models.contains(model) {
            refuse("model", "uses model \(model) that is not supported.", reason: "FieldValueNotSupported")
        }
        if let address = interface.text("macAddress") {
            if let length = hardwareAddressLength(of: address) {
                if length > hardwareAddressLength {
                    refuse("macAddress", "has MAC address (\(address)) that is too long.")
                }
            } else {
                refuse("macAddress", "has malformed MAC address (\(address)).")
            }
        }
        if let address = interface.text("pciAddress"), !isPCIAddress(address) {
            refuse("pciAddress", "has malformed PCI address (\(address)).")
        }
        return causes
    }

    /// Octets of a hardware address in one of the forms of Go's `net.ParseMAC`: 6, 8 or 20 octets in hexadecimal,
    /// two digits between `:` or `-`, or four between `.`.
    static func hardwareAddressLength(of text: String) -> Int? {
        guard let separator = text.utf8.first(where: { [0x2D, 0x2E, 0x3A].contains($0) }) else { return nil }
        let digits = separator == 0x2E ? 4 : 2
        let groups = text.utf8.split(separator: separator, omittingEmptySubsequences: false)
        guard groups.allSatisfy({ $0.count == digits }), groups.joined().allSatisfy({ $0.hexadecimalDigit != nil })
        else { return nil }
        let length = groups.count * digits / 2
        return [6, 8, 20].contains(length) ? length : nil
    }

    /// Whether the text matches `^([\da-fA-F]{4}):([\da-fA-F]{2}):([\da-fA-F]{2})\.([0-7]{1})$`.
    static func isPCIAddress(_ text: String) -> Bool {
        let octets = Array(text.utf8)
        let shape = Array("hhhh:hh:hh.o".utf8)
        guard octets.count == shape.count else { return false }
        return zip(octets, shape).allSatisfy { octet, expected in
            switch expected {
            case UInt8(ascii: "h"): octet.hexadecimalDigit != nil
            case UInt8(ascii: "o"): (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(octet)
            default: octet == expected
            }
        }
    }
}

extension NetworkInterface {
    /// A string member; `nil` when it is absent or empty, which mean the same to KubeVirt.
    fileprivate func text(_ member: String) -> String? {
        guard let text = value[member]?.string, !text.isEmpty else { return nil }
        return text
    }
}
