// Deflate: gzip of whole responses. The only module that knows zlib.

import CZlib

/// The gzip format (RFC 1952).
package enum Gzip {
    /// Compresses at level 1, as kube-apiserver does (apiserver `responsewriters/writers.go`); `nil` when zlib has no
    /// memory or the content is near 4 GiB.
    package static func compress(_ content: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard content.count <= Int(UInt32.max), czlib_gzip_init(&stream, 1) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        // zlib counts in 32 bits, and what does not shrink grows a little.
        guard let bound = UInt32(exactly: deflateBound(&stream, UInt(content.count))) else { return nil }
        var input = content
        let output = [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, count in
            input.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = bound
                count = deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(bound - stream.avail_out) : 0
            }
        }
        return output.isEmpty ? nil : output
    }
}
