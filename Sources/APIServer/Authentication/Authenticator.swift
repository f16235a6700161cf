package import HTTPServer
package import TLS

/// Finds out who asks.
package protocol Authenticator: Sendable {
    /// The user; `nil` when the request has no credential of this kind. Throws 401 for one that is wrong.
    func authenticate(_ request: HTTPRequest) async throws(AuthenticationError) -> UserInfo?

    /// What `authenticate` would answer, as far as that is known without a wait.
    func immediately(_ request: HTTPRequest) -> ImmediateAuthentication
}

package enum ImmediateAuthentication: Sendable {
    case user(UserInfo)
    /// No credential of this kind.
    case nobody
    /// `authenticate` must be asked: it waits, or throws.
    case undecided
}

extension ImmediateAuthentication {
    /// Of an authenticator that never waits.
    package init(_ authenticate: () throws(AuthenticationError) -> UserInfo?) {
        do throws(AuthenticationError) {
            self = try authenticate().map(Self.user) ?? .nobody
        } catch {
            self = .undecided
        }
    }
}

extension Authenticator {
    package func immediately(_ request: HTTPRequest) -> ImmediateAuthentication { .undecided }
}

/// A credential that does not hold: the reason is for the log, never for the client.
package struct AuthenticationError: Error, Sendable {
    package let reason: String
    /// Whether nobody could tell: the credential may be good, and the answer is 503 rather than 401.
    package let isUnknown: Bool

    package init(reason: String, isUnknown: Bool = false) {
        self.reason = reason
        self.isUnknown = isUnknown
    }
}

/// The first of several that knows the user.
///
/// A wrong credential counts only when no other one is right, as in apiserver `pkg/authentication/request/union`;
/// nobody is `system:anonymous`.
package struct UnionAuthenticator: Authenticator {
    private let authenticators: [any Authenticator]

    package init(_ authenticators: [any Authenticator]) {
        self.authenticators = authenticators
    }

    package func authenticate(_ request: HTTPRequest) async throws(AuthenticationError) -> UserInfo? {
        var failure: AuthenticationError?
        for authenticator in authenticators {
            do throws(AuthenticationError) {
                if let user = try await authenticator.authenticate(request) { return user.authenticated }
            } catch {
                // That a credential may be good weighs more than that another one is not.
                if failure == nil || error.isUnknown { failure = error }
            }
        }
        if let failure { throw failure }
        return .anonymous
    }

    package func immediately(_ request: HTTPRequest) -> ImmediateAuthentication {
        for authenticator in authenticators {
            switch authenticator.immediately(request) {
            case .user(let user): return .user(user.authenticated)
            case .nobody: continue
            case .undecided: return .undecided
            }
        }
        return .user(.anonymous)
    }
}

/// A client certificate: the common name is the user, the organizations are its groups
/// (apiserver `pkg/authentication/request/x509`).
package struct ClientCertificateAuthenticator: Authenticator {
    private let pool: @Sendable () -> CertificatePool

    package init(trusting pool: CertificatePool) {
        self.init { pool }
    }

    /// - Parameter pool: asked on each request, for CAs that change.
    package init(trusting pool: @escaping @Sendable () -> CertificatePool) {
        self.pool = pool
    }

    package func authenticate(_ request: HTTPRequest) async throws(AuthenticationError) -> UserInfo? {
        try user(request)
    }

    package func immediately(_ request: HTTPRequest) -> ImmediateAuthentication {
        ImmediateAuthentication { () throws(AuthenticationError) in try user(request) }
    }

    private func user(_ request: HTTPRequest) throws(AuthenticationError) -> UserInfo? {
        switch request.verifyPeer(against: pool()) {
        case .none: return nil
        case .rejected(let reason): throw AuthenticationError(reason: "client certificate: \(reason)")
        case .verified(let certificate):
            guard !certificate.commonName.isEmpty else {
                throw AuthenticationError(reason: "client certificate: no common name")
            }
            return UserInfo(
                name: certificate.commonName, groups: certificate.organizations,
                extra: [
                    UserInfo.Extra(
                        key: "authentication.kubernetes.io/credential-id",
                        values: ["X509SHA256=" + certificate.sha256.map(Self.hex).joined()])
                ])
        }
    }

    private static func hex(_ octet: UInt8) -> String {
        let digits = String(octet, radix: 16)
        return octet < 16 ? "0" + digits : digits
    }
}
