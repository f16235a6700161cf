internal import KubeModel

/// FNV-1a over a whole row.
///
/// SQLite's pages have no checksum: without one a flipped bit in an object would be served as if it had been
/// written. It is no protection against an attacker.
enum Checksum {
    static func of(_ object: StoredObject, uid: String, key: ObjectKey) -> Int64 {
        var hash = FNV1a()
        for text in [key.resource, key.namespace, key.name, uid] {
            hash.add(text)
            // No column holds NUL, so that columns do not run into each other.
            hash.add(0)
        }
        for shift in stride(from: 0, to: 64, by: 8) {
            hash.add(UInt8(truncatingIfNeeded: object.resourceVersion &>> UInt64(shift)))
        }
        hash.add(object.bytes)
        return Int64(bitPattern: hash.value)
    }
}
