internal import KubeModel

/// FNV-1a (64 bits, draft-eastlake-fnv) over a whole row.
///
/// SQLite's pages have no checksum: without one a flipped bit in an object would be served as if it had been
/// written. It is no protection against an attacker.
enum Checksum {
    static func of(_ object: StoredObject, uid: String, key: ObjectKey) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for text in [key.resource, key.namespace, key.name, uid] {
            add(text.utf8, to: &hash)
            // No column holds NUL, so that columns do not run into each other.
            add(CollectionOfOne(0), to: &hash)
        }
        for shift in stride(from: 0, to: 64, by: 8) {
            add(CollectionOfOne(UInt8(truncatingIfNeeded: object.resourceVersion &>> UInt64(shift))), to: &hash)
        }
        add(object.bytes, to: &hash)
        return Int64(bitPattern: hash)
    }

    @inline(__always)
    private static func add(_ bytes: some Sequence<UInt8>, to hash: inout UInt64) {
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
}
