import CLinux
import Glibc

/// An IPv4 or IPv6 address with its port.
package struct SocketAddress: Sendable, CustomStringConvertible {
    let storage: sockaddr_storage

    init(_ storage: sockaddr_storage) {
        self.storage = storage
    }

    /// Parses a literal: `127.0.0.1`, `::1`.
    ///
    /// Host names are not looked up.
    package init?(_ host: String, port: UInt16) {
        var storage = sockaddr_storage()
        let parsed = withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            let v4 = raw.assumingMemoryBound(to: sockaddr_in.self)
            if inet_pton(AF_INET, host, &v4.pointee.sin_addr) == 1 {
                v4.pointee.sin_family = sa_family_t(AF_INET)
                v4.pointee.sin_port = port.bigEndian
                return true
            }
            let v6 = raw.assumingMemoryBound(to: sockaddr_in6.self)
            if inet_pton(AF_INET6, host, &v6.pointee.sin6_addr) == 1 {
                v6.pointee.sin6_family = sa_family_t(AF_INET6)
                v6.pointee.sin6_port = port.bigEndian
                return true
            }
            return false
        }
        guard parsed else { return nil }
        self.storage = storage
    }

    var family: Int32 { Int32(storage.ss_family) }

    package var port: UInt16 {
        withUnsafeBytes(of: storage) { bytes in
            // sin_port and sin6_port stand at the same offset, in network order (ip(7), ipv6(7)).
            UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        }
    }

    /// The address without its port; IPv4-mapped IPv6 addresses appear as IPv4.
    package var host: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let host = withUnsafeBytes(of: storage) { bytes in
            let offset = family == AF_INET ? 4 : 8
            _ = inet_ntop(family, bytes.baseAddress.map { $0 + offset }, &text, socklen_t(text.count))
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        // Only a mapped address has dots; ::ffff:0:0:0/96 is another prefix (RFC 2765).
        return host.hasPrefix("::ffff:") && host.contains(".") ? String(host.dropFirst(7)) : host
    }

    /// `127.0.0.1:6443`, `[::1]:6443`.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
