/// The grammar of request targets and authorities (RFC 9112 §3.2, RFC 3986 §3.2.2), on octets.
package enum RequestTarget {
    /// Splits the `:path` of an HTTP/2 request (RFC 9113 §8.3.1).
    ///
    /// Throws 400.
    package static func split(
        _ octets: [UInt8], method: HTTPMethod
    ) throws(HTTPWireError) -> (path: String, query: String?) {
        guard octets.first == 0x2f || octets.elementsEqual([0x2a]) else {
            throw HTTPWireError(400, "the request target must start with /")
        }
        return try parse(octets[...], method: method)
    }

    /// Throws 400 for what is not `host [":" port]`.
    package static func checkAuthority(_ octets: [UInt8]) throws(HTTPWireError) {
        guard isAuthority(octets[...]) else { throw HTTPWireError(400, "the authority is not a host and port") }
    }

    /// Splits a target into path and query; throws 400 for anything but origin-form, absolute-form and, for
    /// OPTIONS, asterisk-form.
    static func parse(
        _ octets: ArraySlice<UInt8>, method: HTTPMethod
    ) throws(HTTPWireError) -> (path: String, query: String?) {
        var octets = octets
        if octets.elementsEqual([0x2a]) {
            guard method == .options else { throw HTTPWireError(400, "the request target * is for OPTIONS only") }
            return ("*", nil)
        }
        // One look at each octet decides which of the costlier checks there is anything for.
        var isPlain = true
        var previous: UInt8 = 0
        for octet in octets {
            guard ASCII.isTarget(octet) else {
                throw HTTPWireError(400, "the request target has a character that must be percent-encoded")
            }
            if octet == 0x25 || (octet == 0x2e && previous == 0x2f) { isPlain = false }
            previous = octet
        }
        if octets.first != 0x2f {
            octets = try removingAuthority(octets)
        }
        let questionMark = octets.firstIndex(of: 0x3f)
        let path = octets[..<(questionMark ?? octets.endIndex)]
        let query = questionMark.map { octets[octets.index(after: $0)...] }
        if !isPlain {
            try check(path)
            if let query { try checkPercentEncoding(query) }
        }
        return (
            path.isEmpty ? "/" : String(decoding: path, as: UTF8.self),
            query.map { String(decoding: $0, as: UTF8.self) }
        )
    }

    /// `http://host/path` without its scheme and authority, which must be well formed.
    private static func removingAuthority(_ octets: ArraySlice<UInt8>) throws(HTTPWireError) -> ArraySlice<UInt8> {
        for scheme in ["http://", "https://"] {
            let prefix = octets.prefix(scheme.utf8.count)
            guard prefix.map(ASCII.lowercased).elementsEqual(scheme.utf8) else { continue }
            let rest = octets.dropFirst(scheme.utf8.count)
            let end = rest.firstIndex { $0 == 0x2f || $0 == 0x3f } ?? rest.endIndex
            guard end > rest.startIndex, isAuthority(rest[..<end]) else {
                throw HTTPWireError(400, "the request target has no valid authority")
            }
            return rest[end...]
        }
        throw HTTPWireError(400, "the request target must start with / or be an absolute URI")
    }

    /// Dot segments and encoded NULs have no meaning here but mischief.
    private static func check(_ path: ArraySlice<UInt8>) throws(HTTPWireError) {
        try checkPercentEncoding(path)
        for segment in path.split(separator: 0x2f) where segment.first == 0x2e || segment.first == 0x25 {
            let text = String(decoding: segment, as: UTF8.self).lowercased()
            if text == "." || text == ".." || text == "%2e" || text == "%2e%2e" || text == ".%2e" || text == "%2e." {
                throw HTTPWireError(400, "the request target has a dot segment")
            }
        }
    }

    private static func checkPercentEncoding(_ octets: ArraySlice<UInt8>) throws(HTTPWireError) {
        var index = octets.startIndex
        while index < octets.endIndex {
            guard octets[index] == 0x25 else {
                index += 1
                continue
            }
            guard index + 2 < octets.endIndex, let high = ASCII.hexValue(octets[index + 1]),
                let low = ASCII.hexValue(octets[index + 2]), high != 0 || low != 0
            else { throw HTTPWireError(400, "the request target has an invalid percent-encoding") }
            index += 3
        }
    }

    /// `host [":" port]`: a registered name, an IPv4 address or an IPv6 literal.
    ///
    /// No user information.
    static func isAuthority(_ octets: ArraySlice<UInt8>) -> Bool {
        var rest = octets
        if octets.first == 0x5b {
            guard let close = octets.firstIndex(of: 0x5d),
                isIPv6(octets[octets.index(after: octets.startIndex)..<close])
            else { return false }
            rest = octets[octets.index(after: close)...]
        } else {
            let end = octets.firstIndex(of: 0x3a) ?? octets.endIndex
            let host = octets[..<end]
            guard host.allSatisfy({ ASCII.isHost($0) }) else { return false }
            do { try checkPercentEncoding(host) } catch { return false }
            rest = octets[end...]
        }
        guard let colon = rest.first else { return true }
        return colon == 0x3a && isPort(rest.dropFirst())
    }

    private static func isPort(_ digits: ArraySlice<UInt8>) -> Bool {
        var port = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return false }
            port = port * 10 + Int(digit - 0x30)
            guard port <= 65535 else { return false }
        }
        return true
    }

    /// Groups of up to four hexadecimal digits, one `::` at most; the last 32 bits may be dotted (RFC 4291 §2.2).
    private static func isIPv6(_ octets: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: octets, as: UTF8.self)
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return false }
        var groups = 0
        for (position, half) in halves.enumerated() where !half.isEmpty {
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            for (index, part) in parts.enumerated() {
                if part.contains("."), position == halves.count - 1, index == parts.count - 1 {
                    guard isIPv4(part) else { return false }
                    groups += 2
                } else {
                    guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ ASCII.hexValue($0) != nil })
                    else { return false }
                    groups += 1
                }
            }
        }
        return halves.count == 2 ? groups < 8 : groups == 8
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && (Int(part) ?? 256) <= 255
            }
    }
}
