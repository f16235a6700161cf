package import HTTPServer
import HTTPWire

/// Static bearer tokens: the file that kube-apiserver takes by `--token-auth-file`.
///
/// One token a line: `token,user,uid[,"group1,group2"]` (RFC 4180).
package struct TokenFile: Authenticator {
    /// A line that is not a token.
    package struct LineError: Error, Sendable, Equatable, CustomStringConvertible {
        /// From 1.
        package let line: Int
        package let description: String
    }

    private var users: [String: UserInfo] = [:]

    package init(_ text: String) throws(LineError) {
        // CR LF is one Character.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let columns = Self.columns(line)
            guard columns.count >= 3, !columns[0].isEmpty, !columns[1].isEmpty else {
                throw LineError(
                    line: index + 1,
                    description: "line \(index + 1): want token,user,uid and perhaps \"group1,group2\"")
            }
            let groups = columns.count > 3 ? columns[3].split(separator: ",").map(String.init) : []
            users[columns[0]] = UserInfo(name: columns[1], uid: columns[2], groups: groups)
        }
    }

    private static func columns(_ line: Substring) -> [String] {
        var columns: [String] = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: columns.append("")
            default: columns[columns.count - 1].append(character)
            }
        }
        return columns
    }

    package func authenticate(_ request: HTTPRequest) async throws(AuthenticationError) -> UserInfo? {
        try user(authorization: request.head.fields.values("authorization"))
    }

    package func immediately(_ request: HTTPRequest) -> ImmediateAuthentication {
        ImmediateAuthentication { () throws(AuthenticationError) in
            try user(authorization: request.head.fields.values("authorization"))
        }
    }

    /// Takes the values of the Authorization fields.
    func user(authorization values: [String]) throws(AuthenticationError) -> UserInfo? {
        guard let token = try BearerToken.read(values) else { return nil }
        guard let user = users[token] else { throw AuthenticationError(reason: "invalid bearer token") }
        return user
    }
}
