package import APIServer
package import HTTPServer
import HTTPWire
import TLS

/// Believes what the front proxy says of the user, on each request anew: only on a connection whose client
/// certificate holds for client authentication, is of the front proxy's CA and has one of its names
/// (apiserver `pkg/authentication/request/headerrequest`, `x509`).
package struct FrontProxyAuthenticator: Authenticator {
    private let trust: @Sendable () -> AuthenticationTrust

    package init(trust: @escaping @Sendable () -> AuthenticationTrust) {
        self.trust = trust
    }

    package func authenticate(_ request: HTTPRequest) async throws(AuthenticationError) -> UserInfo? {
        try user(request)
    }

    package func immediately(_ request: HTTPRequest) -> ImmediateAuthentication {
        ImmediateAuthentication { () throws(AuthenticationError) in try user(request) }
    }

    private func user(_ request: HTTPRequest) throws(AuthenticationError) -> UserInfo? {
        guard let frontProxy = trust().frontProxy else { return nil }
        return try frontProxy.user(
            peer: request.verifyPeer(against: frontProxy.authorities), fields: request.head.fields)
    }
}

extension AuthenticationTrust.FrontProxy {
    /// The user that the fields tell; `nil` when there is no certificate or the fields tell none.
    func user(peer: PeerVerification, fields: HTTPFields) throws(AuthenticationError) -> UserInfo? {
        switch peer {
        case .none: return nil
        case .rejected(let reason): throw AuthenticationError(reason: "front proxy certificate: \(reason)")
        case .verified(let certificate):
            guard allowedNames.isEmpty || allowedNames.contains(where: certificate.commonName.isSame) else {
                throw AuthenticationError(
                    reason: "front proxy certificate: common name \(certificate.commonName) is not allowed")
            }
        }
        guard let name = try single(userFields, fields) else { return nil }
        var user = UserInfo(name: name, uid: try single(uidFields, fields) ?? "")
        try addExtra(of: fields, to: &user)
        for name in groupFields {
            for group in fields.values(name) { user.groups.append(try Self.checked(group)) }
        }
        return user
    }

    /// The first field that has a value; a second line of it would be for us to choose from.
    private func single(_ names: [String], _ fields: HTTPFields) throws(AuthenticationError) -> String? {
        for name in names {
            let values = fields.values(name)
            guard values.count <= 1 else { throw AuthenticationError(reason: "two \(name) fields") }
            if let value = values.first, !value.isEmpty { return try Self.checked(value) }
        }
        return nil
    }

    /// Octets that are no UTF-8 would make different names equal.
    private static func checked(_ value: String) throws(AuthenticationError) -> String {
        guard !value.unicodeScalars.contains("\u{FFFD}") else {
            throw AuthenticationError(reason: "a field of the front proxy is not UTF-8")
        }
        return value
    }

    private func addExtra(of fields: HTTPFields, to user: inout UserInfo) throws(AuthenticationError) {
        guard !extraPrefixes.isEmpty else { return }
        for (name, value) in fields.all {
            guard let prefix = extraPrefixes.first(where: name.hasPrefix) else { continue }
            // What is malformed or no UTF-8 stays as it is (client-go's counterpart: unescapeExtraKey).
            let text = name.dropFirst(prefix.count)
            let key = PercentEncoding.decode(text.utf8) ?? String(text)
            user.addExtra(try Self.checked(value), to: key)
        }
    }
}

extension String {
    /// Whether the octets are the same, as Go compares; `==` takes canonically equivalent text for equal.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

/// Client certificates of the cluster's CA.
package struct ClusterCertificateAuthenticator: Authenticator {
    private let trust: @Sendable () -> AuthenticationTrust

    package init(trust: @escaping @Sendable () -> AuthenticationTrust) {
        self.trust = trust
    }

    package func authenticate(_ request: HTTPRequest) async throws(AuthenticationError) -> UserInfo? {
        guard let authorities = trust().clientAuthorities else { return nil }
        return try await ClientCertificateAuthenticator(trusting: authorities).authenticate(request)
    }

    package func immediately(_ request: HTTPRequest) -> ImmediateAuthentication {
        guard let authorities = trust().clientAuthorities else { return .nobody }
        return ClientCertificateAuthenticator(trusting: authorities).immediately(request)
    }
}
