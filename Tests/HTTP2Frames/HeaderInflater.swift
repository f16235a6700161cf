import CNghttp2

/// Reads the header blocks of a connection (RFC 7541), in their order.
@safe
package final class HeaderInflater {
    private var inflater: OpaquePointer?

    /// `nil` when there is no memory.
    package init?() {
        guard unsafe nghttp2_hd_inflate_new(&inflater) == 0 else { return nil }
    }

    deinit {
        unsafe nghttp2_hd_inflate_del(inflater)
    }

    /// The fields of a whole block; `nil` when it is none.
    package func fields(of block: [UInt8]) -> [(name: String, value: String)]? {
        var fields: [(String, String)] = []
        var offset = 0
        while true {
            var field = unsafe nghttp2_nv()
            var flags: Int32 = 0
            let used = unsafe block.withUnsafeBufferPointer { bytes in
                unsafe nghttp2_hd_inflate_hd2(
                    inflater, &field, &flags, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset, 1)
            }
            guard used >= 0 else { return nil }
            offset += used
            if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                let name = unsafe UnsafeBufferPointer(start: field.name, count: field.namelen)
                let value = unsafe UnsafeBufferPointer(start: field.value, count: field.valuelen)
                unsafe fields.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            }
            if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
                unsafe nghttp2_hd_inflate_end_headers(inflater)
                return fields
            }
        }
    }
}
