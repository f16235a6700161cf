import APIServer
import FakeKubeAPIServer
import HTTPServer
import HTTPWire
import KubeClient
import KubeModel
import Logging
import Reactor
import Testing

@testable import DelegatedAuth
@testable import TLS

/// Who somebody is, over TLS: what the front proxy says, and what nobody else can.
@Suite struct SpoofingTests {
    enum Certificate: String, Sendable {
        case none
        case frontProxy, wrongName, serverUsage, expired
        /// Another CA's, with the front proxy's name.
        case otherAuthority
        case clusterUser, clusterUserNamedLikeTheProxy

        func pair(_ authorities: ClusterCAs) throws -> CertificatePair? {
            let (proxy, cluster) = (authorities.frontProxy, authorities.cluster)
            let name = "front-proxy-client"
            return switch self {
            case .none: nil
            case .frontProxy: try proxy.issue(commonName: name, usage: .client, days: 1)
            case .wrongName: try proxy.issue(commonName: "Front-Proxy-Client", usage: .client, days: 1)
            case .serverUsage: try proxy.issue(commonName: name, usage: .server, days: 1)
            case .expired: try proxy.issue(commonName: name, usage: .client, days: -1)
            case .otherAuthority:
                try CertificateAuthority(commonName: "front-proxy-ca", days: 1).issue(
                    commonName: name, usage: .client, days: 1)
            case .clusterUser: try cluster.issue(commonName: "bob", organizations: ["ops"], usage: .client, days: 1)
            case .clusterUserNamedLikeTheProxy: try cluster.issue(commonName: name, usage: .client, days: 1)
            }
        }
    }

    /// Lends what sends fields over one connection after another, and the trust.
    private func withServer(
        _ body: (ClusterCAs, TrustReference, (Certificate) throws -> ClientConfiguration) async throws -> Void
    ) async throws {
        let authorities = try ClusterCAs()
        let serving = try authorities.cluster.issue(
            commonName: "server", alternativeNames: ["DNS:localhost"], usage: .server, days: 1)
        let trust = TrustReference(try AuthenticationTrust(configMap: authorities.configMap()))
        let handler = WhoAmI(
            authenticator: UnionAuthenticator([
                FrontProxyAuthenticator { trust.current }, ClusterCertificateAuthenticator { trust.current },
            ]))
        let loop = try EventLoop(name: "server")
        let address = try #require(SocketAddress("127.0.0.1", port: 0))
        let context = try TLSContext(certificate: Array(serving.certificate.utf8), key: Array(serving.key.utf8))
        let server = try await HTTPServer(
            on: address, loops: [loop], handler: handler, tls: TLSContextReference(context),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let url = try #require(ServerURL("https://localhost:\(server.address.port)"))
        try await body(authorities, trust) { certificate in
            var configuration = ClientConfiguration(server: url)
            configuration.authorities = .data(Array(authorities.cluster.pair.certificate.utf8))
            if let pair = try certificate.pair(authorities) {
                configuration.clientCertificate = .data(Array(pair.certificate.utf8))
                configuration.clientKey = .data(Array(pair.key.utf8))
            }
            return configuration
        }
        await server.shutdown(grace: 0)
        await loop.stop()
    }

    private static let admin = [
        (name: "X-Remote-User", value: "admin"), (name: "X-Remote-Group", value: "system:masters"),
    ]

    struct Row: Sendable, CustomTestStringConvertible {
        let certificate: Certificate
        var fields = SpoofingTests.admin
        /// The answer, or what the reason of the 401 begins with.
        let answer: String
        var isRefused = false
        var testDescription: String { "\(certificate) \(fields.map(\.name))" }
    }

    private static let anonymous = "system:anonymous||system:unauthenticated|"

    @Test(arguments: [
        Row(certificate: .frontProxy, answer: "admin||system:masters,system:authenticated|"),
        Row(
            certificate: .frontProxy,
            fields: [
                ("x-REMOTE-user", "alice"), ("X-Remote-Group", "b"), ("X-Remote-Uid", "7"), ("X-REMOTE-GROUP", "a"),
                ("X-Remote-Extra-Example.com%2fKey", "1"), ("X-Remote-Extra-Bad%2", "2"), ("x-remote-extra-a", "3"),
                ("X-Remote-Extra-A", "4"),
            ], answer: "alice|7|b,a,system:authenticated|a=3,4;bad%2=2;example.com/key=1"),
        // Another name is another field: CGI's habit of taking _ for - is nobody's here.
        Row(
            certificate: .frontProxy, fields: [("X_Remote_User", "admin"), ("X-Remote_User", "admin")],
            answer: "front-proxy", isRefused: true),
        Row(
            certificate: .frontProxy,
            fields: [
                ("X-Remote-User", "alice"), ("X_Remote_Group", "system:masters"), ("X-Remote-Groups", "system:masters"),
                ("X-Remote-Extra_a", "1"),
            ], answer: "alice||system:authenticated|"),
        Row(
            certificate: .frontProxy, fields: [("X-Remote-User", "alice"), ("x-remote-user", "admin")],
            answer: "two x-remote-user fields", isRefused: true),
        Row(
            certificate: .frontProxy, fields: [("X-Remote-User", "a"), ("X-Remote-Uid", "1"), ("X-Remote-Uid", "2")],
            answer: "two x-remote-uid fields", isRefused: true),
        Row(certificate: .frontProxy, fields: [("X-Remote-Group", "system:masters")], answer: "", isRefused: true),
        Row(certificate: .wrongName, answer: "front proxy certificate: common name", isRefused: true),
        Row(certificate: .serverUsage, answer: "front proxy certificate: ", isRefused: true),
        Row(certificate: .otherAuthority, answer: "front proxy certificate: ", isRefused: true),
        Row(certificate: .expired, answer: "front proxy certificate: ", isRefused: true),
        Row(certificate: .none, answer: anonymous),
        Row(certificate: .none, fields: [("x-remote-user", "a"), ("X-Remote-User", "b")], answer: anonymous),
        Row(certificate: .none, fields: [("X_Remote_User", "admin")], answer: anonymous),
        Row(certificate: .clusterUser, answer: "bob||ops,system:authenticated|"),
        Row(
            certificate: .clusterUserNamedLikeTheProxy, answer: "front-proxy-client||system:authenticated|"),
    ]) func `believes the front proxy and nobody else`(row: Row) async throws {
        try await withServer { _, _, configuration in
            try await withClient(try configuration(row.certificate)) { client in
                let response = try await client.send(KubeRequest("GET", "/", fields: row.fields))
                let text = String(decoding: response.body, as: UTF8.self)
                #expect(response.status == (row.isRefused ? 401 : 200), "\(text)")
                if row.isRefused {
                    // The front proxy's own certificate is no user's: the cluster CA has not signed it.
                    let isFallback = row.answer.isEmpty || row.answer == "front-proxy"
                    #expect(text.hasPrefix(isFallback ? "client certificate: " : row.answer), "\(text)")
                } else {
                    #expect(text == row.answer)
                    // Nothing had to be waited for; a rejected certificate goes the long way, which may log why.
                    let isKnown = [.frontProxy, .none].contains(row.certificate)
                    #expect(response["is-immediate"] == (isKnown ? "yes" : nil))
                }
            }
        }
    }

    @Test func `looks at the certificate anew on each request of a connection`() async throws {
        try await withServer { authorities, trust, configuration in
            try await withClient(try configuration(.frontProxy)) { client in
                func status() async throws -> Int {
                    try await client.send(KubeRequest("GET", "/", fields: Self.admin)).status
                }
                let first = try await status()
                let other = try CertificateAuthority(commonName: "next", days: 1).pair.certificate
                trust.current = try AuthenticationTrust(configMap: authorities.configMap(frontProxyCA: other))
                let rotated = try await status()
                trust.current = try AuthenticationTrust(configMap: authorities.configMap(allowedNames: #"["other"]"#))
                let renamed = try await status()
                let both = other + authorities.frontProxy.pair.certificate
                trust.current = try AuthenticationTrust(
                    configMap: authorities.configMap(allowedNames: "[]", frontProxyCA: both))
                let back = try await status()
                #expect([first, rotated, renamed, back] == [200, 401, 401, 200])
            }
        }
    }
}

@Suite struct FrontProxyFieldsTests {
    @Test func `refuses octets that are no UTF-8, which would make two names one`() throws {
        let trust = try AuthenticationTrust(configMap: ClusterCAs().configMap())
        let frontProxy = try #require(trust.frontProxy)
        let peer = PeerVerification.verified(
            PeerCertificate(commonName: "front-proxy-client", organizations: [], sha256: [], notAfter: .max))
        var fields = HTTPFields()
        fields.append(name: "X-Remote-User".utf8, value: [0x61, 0xFF])
        #expect(throws: AuthenticationError.self) { try frontProxy.user(peer: peer, fields: fields) }
        #expect(try frontProxy.user(peer: .none, fields: fields) == nil)
    }

    @Test func `compares names by their octets`() throws {
        // U+212A KELVIN SIGN is canonically equivalent to K.
        let trust = try AuthenticationTrust(configMap: ClusterCAs().configMap(allowedNames: #"["K"]"#))
        let frontProxy = try #require(trust.frontProxy)
        for (name, isAllowed) in [("K", true), ("\u{212A}", false), ("k", false)] {
            let peer = PeerVerification.verified(
                PeerCertificate(commonName: name, organizations: [], sha256: [], notAfter: .max))
            var fields = HTTPFields()
            fields.append("X-Remote-User", "alice")
            #expect((try? frontProxy.user(peer: peer, fields: fields)?.name) == (isAllowed ? "alice" : nil), "\(name)")
        }
    }
}
