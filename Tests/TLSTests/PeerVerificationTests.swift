import Glibc
import Testing

@testable import TLS

/// Whom a client certificate proves; the handshake takes any.
@Suite struct PeerVerificationTests {
    private static func verify(
        _ presented: CertificatePair?, against bundle: [UInt8] = Fixture.authority.pair.certificateBytes
    ) throws -> PeerVerification {
        let pair = try TLSPair(
            server: Fixture.serverContext(clientCAs: bundle), client: Fixture.clientContext(presenting: presented))
        try pair.handshake()
        try pair.sendToServer([1])
        try pair.pump()
        #expect(pair.serverPlaintext == [1])
        return pair.server.verifyPeer(against: try CertificatePool(bundle: bundle))
    }

    private static func certificate(_ result: PeerVerification) -> PeerCertificate? {
        if case .verified(let certificate) = result { certificate } else { nil }
    }

    private static func isRejected(_ result: PeerVerification) -> Bool {
        if case .rejected(let reason) = result { !reason.isEmpty } else { false }
    }

    @Test func `takes name and groups from a certificate of the CA`() throws {
        let client = try Fixture.authority.issue(
            commonName: "alice", organizations: ["system:masters", "b", "ü"], usage: .client, days: 1)
        guard case .verified(let certificate) = try Self.verify(client) else {
            Issue.record("not verified")
            return
        }
        #expect(certificate.commonName == "alice")
        #expect(certificate.organizations == ["system:masters", "b", "ü"])
        #expect(certificate.sha256.count == 32)
        #expect(certificate.sha256 != [UInt8](repeating: 0, count: 32))
        let left = try #require(CertificateAuthority.secondsLeft(client.certificateBytes))
        #expect((86_000...86_400).contains(left))
    }

    @Test func `tells certificates apart by their digest`() throws {
        let digests = try (0..<2).map { _ -> [UInt8] in
            let client = try Fixture.authority.issue(commonName: "alice", usage: .client, days: 1)
            guard case .verified(let certificate) = try Self.verify(client) else { return [] }
            return certificate.sha256
        }
        #expect(digests[0] != digests[1])
    }

    @Test func `says none when the client presents none`() throws {
        #expect(try Self.verify(nil) == .none)
    }

    @Test func `rejects a certificate of another CA`() throws {
        #expect(
            Self.isRejected(try Self.verify(Fixture.otherAuthority.issue(commonName: "a", usage: .client, days: 1))))
    }

    @Test func `rejects a certificate of another CA that has the same name`() throws {
        let impostor = try CertificateAuthority(commonName: "test CA", days: 1)
        #expect(Self.isRejected(try Self.verify(impostor.issue(commonName: "a", usage: .client, days: 1))))
    }

    @Test func `rejects a certificate that has ended`() throws {
        let client = try Fixture.authority.issue(commonName: "a", usage: .client, days: -1)
        #expect(try Self.verify(client) == .rejected("certificate has expired"))
    }

    @Test func `rejects a server's certificate as a client's`() throws {
        #expect(Self.isRejected(try Self.verify(Fixture.serverPair)))
    }

    @Test func `takes a bundle of several CAs`() throws {
        let bundle = Fixture.otherAuthority.pair.certificateBytes + Fixture.authority.pair.certificateBytes
        let client = try Fixture.authority.issue(commonName: "a", usage: .client, days: 1)
        guard case .verified = try Self.verify(client, against: bundle) else {
            Issue.record("not verified")
            return
        }
    }

    @Test func `a CA that is not self-signed was no trust anchor`() throws {
        let root = Fixture.otherAuthority
        let intermediate = try root.intermediate(commonName: "intermediate", days: 1)
        let client = try intermediate.issue(commonName: "alice", usage: .client, days: 1)
        for bundle in [intermediate.pair, root.pair] {
            let presented = client.followed(by: intermediate.pair)
            let result = try Self.verify(presented, against: bundle.certificateBytes)
            #expect(Self.certificate(result)?.commonName == "alice")
        }
        #expect(Self.isRejected(try Self.verify(client, against: root.pair.certificateBytes)))
        // A sibling of the one trusted is not.
        let sibling = try root.intermediate(commonName: "sibling", days: 1)
        let other = try sibling.issue(commonName: "alice", usage: .client, days: 1).followed(by: sibling.pair)
        #expect(Self.isRejected(try Self.verify(other, against: intermediate.pair.certificateBytes)))
    }

    @Test func `a verification outlived the CA or the presented intermediate that it rests on`() throws {
        for (rootDays, middleDays, leafDays) in [(1, 20, 30), (20, 1, 30), (20, 30, 1)] as [(Int32, Int32, Int32)] {
            let root = try CertificateAuthority(commonName: "root", days: rootDays)
            let intermediate = try root.intermediate(commonName: "intermediate", days: middleDays)
            let client = try intermediate.issue(commonName: "alice", usage: .client, days: leafDays)
            let result = try Self.verify(
                client.followed(by: intermediate.pair), against: root.pair.certificateBytes)
            let left = try #require(Self.certificate(result)).notAfter - Int64(time(nil))
            #expect((86_000...86_400).contains(left), "\(left)")
        }
    }

    @Test func `the user of a certificate with several common names was the first one`() throws {
        let client = Fixture.authority.reissue(
            try Fixture.authority.issue(commonName: "first", organizations: ["o"], usage: .client, days: 1)
        ) { $0.append("CN", "last") }
        #expect(Self.certificate(try Self.verify(client))?.commonName == "last")
        // What cannot be told as a name is none, and hides no other one.
        let cut = Fixture.authority.reissue(client) {
            $0.append("O", "p\u{0}q")
            $0.append("O", "r")
            $0.append("CN", "last\u{0}but not least")
        }
        let certificate = try #require(Self.certificate(try Self.verify(cut)))
        #expect(certificate.commonName == "")
        #expect(certificate.organizations == ["o", "r"])
    }

    @Test func `verifies against the pool that it is asked about`() throws {
        let client = try Fixture.authority.issue(commonName: "a", usage: .client, days: 1)
        let pair = try TLSPair(client: Fixture.clientContext(presenting: client))
        try pair.handshake()
        let other = try CertificatePool(bundle: Fixture.otherAuthority.pair.certificateBytes)
        #expect(Self.isRejected(pair.server.verifyPeer(against: other)))
        let pool = try CertificatePool(bundle: Fixture.authority.pair.certificateBytes)
        #expect(!Self.isRejected(pair.server.verifyPeer(against: pool)))
    }
}

@Suite struct CertificateTests {
    @Test(arguments: [
        ("DNS:localhost", true), ("IP:127.0.0.1", true), ("DNS:LOCALHOST", true), ("DNS:example.org", false),
        ("IP:127.0.0.2", false), ("IP:::1", false), ("DNS:127.0.0.1", false), ("IP:localhost", false),
    ])
    func `knows the names that a certificate covers`(_ name: String, _ covers: Bool) {
        #expect(Fixture.serverPair.covers(name) == covers)
    }

    @Test func `covers nothing when it can't be read`() {
        #expect(!CertificatePair(certificate: "", key: "").covers("DNS:localhost"))
    }

    @Test func `tells how long a certificate is good`() throws {
        let left = try #require(CertificateAuthority.secondsLeft(Fixture.serverPair.certificateBytes))
        #expect((86_000...86_400).contains(left))
        let ended = try Fixture.authority.issue(commonName: "a", usage: .client, days: -2)
        #expect(try #require(CertificateAuthority.secondsLeft(ended.certificateBytes)) < 0)
        #expect(CertificateAuthority.secondsLeft([]) == nil)
        #expect(CertificateAuthority.secondsLeft(Array("no certificate".utf8)) == nil)
    }

    @Test func `issues from a CA made earlier`() throws {
        let authority = CertificateAuthority(pair: Fixture.authority.pair)
        let pair = try authority.issue(commonName: "x", alternativeNames: ["DNS:x.y"], usage: .server, days: 1)
        #expect(pair.covers("DNS:x.y"))
        #expect(pair.certificate.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
        #expect(pair.key.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    }

    @Test func `a client's certificate can't issue another`() throws {
        let client = try Fixture.authority.issue(commonName: "a", usage: .client, days: 1)
        #expect(throws: TLSError.self) {
            try CertificateAuthority(pair: client).issue(commonName: "root", usage: .client, days: 1)
        }
    }

    @Test func `can't issue without a CA, nor for a name past 64 characters`() {
        let broken = CertificateAuthority(pair: CertificatePair(certificate: "", key: ""))
        #expect(throws: TLSError.self) { try broken.issue(commonName: "x", usage: .client, days: 1) }
        let long = String(repeating: "a", count: 65)
        #expect(throws: TLSError.self) { try Fixture.authority.issue(commonName: long, usage: .client, days: 1) }
        #expect(throws: TLSError.self) {
            try Fixture.authority.issue(commonName: "x", alternativeNames: ["IP:no"], usage: .server, days: 1)
        }
    }

    @Test func `a context refuses a key that is another certificate's`() throws {
        let other = try Fixture.authority.issue(commonName: "other", usage: .server, days: 1)
        #expect(throws: TLSError.self) {
            try TLSContext(certificate: Fixture.serverPair.certificateBytes, key: other.keyBytes)
        }
    }

    @Test(arguments: [[], Array("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8)])
    func `a context refuses what is no certificate, and says what it tried`(_ bytes: [UInt8]) {
        #expect {
            try TLSContext(certificate: bytes, key: Fixture.serverPair.keyBytes)
        } throws: { error in
            (error as? TLSError)?.operation == "load the certificate and its key"
        }
    }

    @Test func `an encrypted key made OpenSSL ask for its password on the terminal`() throws {
        let error = #expect(throws: TLSError.self) {
            try TLSContext(
                certificate: Fixture.serverPair.certificateBytes, key: Fixture.serverPair.encryptedKey)
        }
        #expect(error?.reason.hasSuffix("bad password read") == true, "\(String(describing: error))")
        #expect(error?.reason.contains("problems getting password") == false, "\(String(describing: error))")
        let key = String(decoding: Fixture.authority.pair.encryptedKey, as: UTF8.self)
        let authority = CertificateAuthority(
            pair: CertificatePair(certificate: Fixture.authority.pair.certificate, key: key))
        #expect(throws: TLSError.self) { try authority.issue(commonName: "x", usage: .client, days: 1) }
    }

    @Test func `a context refuses what is no key`() {
        #expect(throws: TLSError.self) {
            try TLSContext(certificate: Fixture.serverPair.certificateBytes, key: Array("no key".utf8))
        }
    }

    @Test(arguments: ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func `a pool refuses a bundle without a certificate`(_ text: String) {
        #expect(throws: TLSError.self) { try CertificatePool(bundle: Array(text.utf8)) }
        #expect(throws: TLSError.self) { try TLSContext(trusting: Array(text.utf8)) }
    }
}
