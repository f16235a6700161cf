/// The URL of a kube-apiserver: `https://host:port/prefix`.
package struct ServerURL: Sendable, Equatable, CustomStringConvertible {
    package let isSecure: Bool
    /// IPv6 without brackets.
    package let host: String
    package let port: UInt16
    /// Before every path: empty, or with a slash at its start and none at its end.
    package let prefix: String

    /// `nil` for what is not such a URL: another scheme, user information, a query.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty, !text.contains(where: { " ?#@\\".contains($0) }) else { return nil }
        switch parts[0].lowercased() {
        case "https:": isSecure = true
        case "http:": isSecure = false
        default: return nil
        }
        var authority = parts[2]
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            authority = authority[authority.index(after: end)...]
        } else {
            let end = authority.firstIndex(of: ":") ?? authority.endIndex
            host = String(authority[..<end])
            authority = authority[end...]
        }
        guard !host.isEmpty, authority.isEmpty || authority.first == ":" else { return nil }
        let digits = authority.dropFirst()
        guard let port = digits.isEmpty ? (isSecure ? 443 : 80) : UInt16(digits) else { return nil }
        self.port = port
        var prefix = parts.count > 3 ? "/" + parts[3] : ""
        while prefix.last == "/" { prefix.removeLast() }
        self.prefix = prefix
    }

    /// `host:port`, with brackets around IPv6.
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(prefix)" }

    /// Whether the host is this machine by its name or number.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
