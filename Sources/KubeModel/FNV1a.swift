/// FNV-1a with 64 bits (draft-eastlake-fnv): tells octets apart, and protects from nobody.
package struct FNV1a {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    // Not one generic function: from another module that is called for each octet, and a list checks megabytes.

    package mutating func add(_ octet: UInt8) {
        value = (value ^ UInt64(octet)) &* 0x0000_0100_0000_01B3
    }

    package mutating func add(_ octets: [UInt8]) {
        for octet in octets { add(octet) }
    }

    package mutating func add(_ text: String) {
        for octet in text.utf8 { add(octet) }
    }
}
