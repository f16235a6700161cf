import APIServer
import Foundation
import HTTPServer
import HTTPWire
import KubeModel
import Synchronization
import TLS

@testable import DelegatedAuth

/// The CAs of a cluster, and its ConfigMap.
struct ClusterCAs: Sendable {
    let frontProxy: CertificateAuthority
    let cluster: CertificateAuthority

    init() throws {
        frontProxy = try CertificateAuthority(commonName: "front-proxy-ca", days: 1)
        cluster = try CertificateAuthority(commonName: "cluster-ca", days: 1)
    }

    func configMap(allowedNames: String = #"["front-proxy-client"]"#, frontProxyCA: String? = nil) -> JSONValue {
        [
            "metadata": ["name": "extension-apiserver-authentication", "resourceVersion": "1"],
            "data": [
                "client-ca-file": .string(cluster.pair.certificate),
                "requestheader-client-ca-file": .string(frontProxyCA ?? frontProxy.pair.certificate),
                "requestheader-allowed-names": .string(allowedNames),
                "requestheader-username-headers": #"["X-Remote-User"]"#,
                "requestheader-uid-headers": #"["X-Remote-Uid"]"#,
                "requestheader-group-headers": #"["X-Remote-Group"]"#,
                "requestheader-extra-headers-prefix": #"["X-Remote-Extra-"]"#,
            ],
        ]
    }
}

/// A file of CAs in a directory of its own, which goes with its owner.
final class CAFile: Sendable {
    private let directory: URL
    var path: String { directory.appending(path: "ca.crt").path() }

    init(_ text: String) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "hotplug-ca-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try write(text)
    }

    convenience init(_ authority: CertificateAuthority) throws { try self.init(authority.pair.certificate) }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Replaces it in one step.
    func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// A trust that a test swaps.
final class TrustReference: Sendable {
    private let trust: Mutex<AuthenticationTrust>
    init(_ trust: AuthenticationTrust) { self.trust = Mutex(trust) }
    var current: AuthenticationTrust {
        get { trust.withLock { $0 } }
        set { trust.withLock { $0 = newValue } }
    }
}

/// Answers who asks: `NAME|UID|GROUP,GROUP|KEY=VALUE,VALUE;...`, or 401.
struct WhoAmI: HTTPHandler {
    let authenticator: UnionAuthenticator

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        do throws(AuthenticationError) {
            guard let user = try await authenticator.authenticate(request) else { return answer(500, "nobody") }
            let immediate = authenticator.immediately(request)
            let extra = user.extra.filter { $0.key != "authentication.kubernetes.io/credential-id" }
                .map { "\($0.key)=\($0.values.joined(separator: ","))" }
            var response = answer(
                200,
                [user.name, user.uid, user.groups.joined(separator: ","), extra.joined(separator: ";")]
                    .joined(separator: "|"))
            switch immediate {
            case .undecided: break
            // What is said without a wait must be the same.
            case .user(user): response.head.fields.append(("Is-Immediate", "yes"))
            default: return answer(500, "another user without a wait")
            }
            return response
        } catch {
            guard case .undecided = authenticator.immediately(request) else { return answer(500, "decided") }
            return answer(401, error.reason)
        }
    }

    private func answer(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(head: HTTPResponseHead(status: status), content: .bytes(Array(text.utf8)))
    }

    func response(to error: HTTPWireError) -> HTTPResponse { answer(error.status, error.message) }
}
