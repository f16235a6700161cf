/// FNV-1a with 64 bits (draft-eastlake-fnv): tells octets apart, and protects from nobody.
package struct FNV1a {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    @inline(__always)
    package mutating func add(_ octets: some Sequence<UInt8>) {
        for octet in octets { value = (value ^ UInt64(octet)) &* 0x0000_0100_0000_01B3 }
    }
}
