import COpenSSL
import Testing

@testable import TLS

@Suite struct HandshakeTests {
    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `speaks TLS 1 point 2 and 1 point 3`(_ version: Int32) throws {
        let client = Fixture.clientContext()
        client.speakOnly(version)
        let pair = try TLSPair(client: client)
        try pair.handshake()
        #expect(pair.server.isEstablished)
    }

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
    func `refuses versions before TLS 1 point 2`(_ version: Int32) throws {
        let client = Fixture.clientContext()
        client.speakOnly(version)
        let pair = try TLSPair(client: client)
        #expect(throws: TLSError.self) { try pair.handshake() }
        #expect(!pair.server.isEstablished)
        // protocol_version(70), RFC 8446 §6.2.
        #expect(pair.toClient.suffix(2) == [2, 70])
    }

    @Test(arguments: [[], ["http/1.1"], ["h2", "http/1.1"], ["foo", "http/1.1"]])
    func `agrees on a protocol that both speak, or on none when none is offered`(_ offered: [String]) throws {
        let client = Fixture.clientContext()
        if !offered.isEmpty { client.offer(offered) }
        let pair = try TLSPair(client: client)
        try pair.handshake()
        #expect(pair.server.isEstablished)
    }

    @Test(arguments: [["foo"], ["http/1.0"], ["http/1.11"], ["HTTP/1.1"]])
    func `ends the handshake when no offered protocol is served`(_ offered: [String]) throws {
        let client = Fixture.clientContext()
        client.offer(offered)
        let pair = try TLSPair(client: client)
        #expect(throws: TLSError.self) { try pair.handshake() }
        // no_application_protocol(120), RFC 7301 §3.2.
        #expect(pair.toClient.suffix(2) == [2, 120])
    }

    @Test func `a client refuses a server of another CA`() throws {
        let pair = try TLSPair(client: Fixture.clientContext(trusting: Fixture.otherAuthority))
        #expect(throws: TLSError.self) { try pair.handshake() }
        #expect(!pair.client.isEstablished)
    }

    @Test func `a client refuses a server that has another name`() throws {
        let pair = try TLSPair(name: "example.org")
        #expect(throws: TLSError.self) { try pair.handshake() }
        #expect(!pair.client.isEstablished)
    }

    @Test(arguments: [(true, true, true), (true, false, false), (false, true, false), (false, false, false)])
    func `agrees on HTTP 2 when both ends offer it`(_ client: Bool, _ server: Bool, _ agreed: Bool) throws {
        var settings = TLSSettings()
        settings.http2 = server
        let pair = try TLSPair(
            server: TLSContext(
                certificate: Fixture.serverPair.certificateBytes, key: Fixture.serverPair.keyBytes, settings: settings),
            client: TLSContext(trusting: Fixture.authority.pair.certificateBytes, http2: client))
        try pair.handshake()
        #expect(pair.server.isHTTP2 == agreed)
        #expect(pair.client.isHTTP2 == agreed)
    }

    @Test(arguments: [
        ("localhost", true), ("a.example.org", true), ("A.EXAMPLE.org", true), ("b.example.org", true),
        ("c.b.example.org", false), ("example.org", false),
    ])
    func `serves the certificate that the client names, or the default`(_ name: String, _ isCovered: Bool) throws {
        func context(_ names: [String]) throws -> TLSContext {
            let pair = try Fixture.authority.issue(
                commonName: "x", alternativeNames: names.map { "DNS:" + $0 }, usage: .server, days: 1)
            return try TLSContext(certificate: pair.certificateBytes, key: pair.keyBytes)
        }
        let server = try TLSContext(
            certificate: Fixture.serverPair.certificateBytes, key: Fixture.serverPair.keyBytes,
            serverNames: [
                ("*.example.org", try context(["*.example.org"])), ("a.example.org", try context(["a.example.org"])),
            ])
        let pair = try TLSPair(server: server, name: name)
        if isCovered {
            try pair.handshake()
            #expect(pair.server.isEstablished)
        } else {
            // The default certificate was served, which is for localhost.
            #expect(throws: TLSError.self) { try pair.handshake() }
        }
    }

    @Test func `refuses TLS 1 point 2 when 1 point 3 is the least`() throws {
        var settings = TLSSettings()
        settings.minimumVersion = .tls13
        let server = try TLSContext(
            certificate: Fixture.serverPair.certificateBytes, key: Fixture.serverPair.keyBytes, settings: settings)
        let old = Fixture.clientContext()
        old.speakOnly(TLS1_2_VERSION)
        let pair = try TLSPair(server: server, client: old)
        #expect(throws: TLSError.self) { try pair.handshake() }
        #expect(pair.toClient.suffix(2) == [2, 70])
        let new = try TLSPair(server: server)
        try new.handshake()
        #expect(new.server.isEstablished)
    }

    @Test func `takes cipher suites by their IANA names, and no others`() throws {
        var settings = TLSSettings()
        try settings.setCipherSuites(["TLS_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"])
        #expect(settings.suites13 == ["TLS_AES_256_GCM_SHA384"])
        #expect(settings.suites12 == ["ECDHE-ECDSA-AES256-GCM-SHA384"])
        let pair = try TLSPair(
            server: TLSContext(
                certificate: Fixture.serverPair.certificateBytes, key: Fixture.serverPair.keyBytes, settings: settings))
        try pair.handshake()
        #expect(pair.server.isEstablished)
        #expect(throws: TLSError.self) { try settings.setCipherSuites(["TLS_NO_SUCH"]) }
        #expect(throws: TLSError.self) { try settings.setCipherSuites(["ECDHE-ECDSA-AES256-GCM-SHA384"]) }
    }

    @Test func `lists the names of a certificate`() throws {
        let pair = try Fixture.authority.issue(
            commonName: "x", alternativeNames: ["DNS:a.b", "IP:127.0.0.1", "DNS:*.c"], usage: .server, days: 1)
        #expect(CertificateAuthority.dnsNames(pair.certificateBytes) == ["a.b", "*.c"])
        #expect(CertificateAuthority.dnsNames([]) == [])
    }
}
