import COpenSSL

@testable import TLS

/// A client's and a server's session, joined in memory.
final class TLSPair {
    let server: TLSSession
    let client: TLSSession
    private(set) var toServer: [UInt8] = []
    private(set) var toClient: [UInt8] = []
    private(set) var serverPlaintext: [UInt8] = []
    private(set) var clientPlaintext: [UInt8] = []
    private(set) var serverOutcome = TLSSession.Outcome.open
    private(set) var clientOutcome = TLSSession.Outcome.open

    init(
        server: TLSContext = Fixture.serverContext(), client: TLSContext = Fixture.clientContext(),
        name: String = "localhost"
    ) throws {
        // Both ends borrow one scratch, as the sessions of one loop do.
        guard let scratch = TLSScratch() else { throw TLSError("test", reason: "out of memory") }
        self.server = try TLSSession(serverOf: server, scratch: scratch)
        self.client = try TLSSession(clientOf: client, serverName: name, scratch: scratch)
    }

    /// Moves bytes both ways, in pieces, until neither end has more to say.
    func pump(pieceBytes: Int = .max) throws(TLSError) {
        while !toServer.isEmpty || !toClient.isEmpty {
            var bytes = toServer
            toServer = []
            try Self.deliver(bytes, pieceBytes, to: server, &serverPlaintext, &toClient, &serverOutcome)
            bytes = toClient
            toClient = []
            try Self.deliver(bytes, pieceBytes, to: client, &clientPlaintext, &toServer, &clientOutcome)
        }
    }

    private static func deliver(
        _ bytes: [UInt8], _ pieceBytes: Int, to session: TLSSession, _ plaintext: inout [UInt8],
        _ output: inout [UInt8], _ outcome: inout TLSSession.Outcome
    ) throws(TLSError) {
        var start = 0
        while start < bytes.count {
            let piece = Array(bytes[start...].prefix(pieceBytes))
            outcome = try session.receive(piece, count: piece.count, plaintext: &plaintext, output: &output)
            start += piece.count
        }
    }

    func handshake(pieceBytes: Int = .max) throws(TLSError) {
        try client.start(output: &toServer)
        try pump(pieceBytes: pieceBytes)
    }

    func updateClientKeys() {
        client.updateKeys(output: &toServer)
    }

    func sendToServer(_ plaintext: [UInt8]) throws(TLSError) {
        try client.send(plaintext, output: &toServer)
    }

    func sendToClient(_ plaintext: [UInt8], from offset: Int = 0) throws(TLSError) {
        try server.send(plaintext, from: offset, output: &toClient)
    }

    func closeServer() { server.close(output: &toClient) }
    func closeClient() { client.close(output: &toServer) }

    /// Damages one octet on its way to the server.
    func damageToServer(at index: Int) { toServer[index] ^= 1 }
}

/// Certificates that the tests share; making one costs a millisecond.
enum Fixture {
    static let authority = make { try CertificateAuthority(commonName: "test CA", days: 1) }
    static let otherAuthority = make { try CertificateAuthority(commonName: "other CA", days: 1) }
    static let serverPair = make {
        try authority.issue(
            commonName: "server", alternativeNames: ["DNS:localhost", "IP:127.0.0.1"], usage: .server, days: 1)
    }

    static func serverContext(clientCAs: [UInt8] = []) -> TLSContext {
        make {
            try TLSContext(
                certificate: serverPair.certificateBytes, key: serverPair.keyBytes, clientCAs: clientCAs)
        }
    }

    static func clientContext(
        trusting authority: CertificateAuthority = authority, presenting pair: CertificatePair? = nil
    ) -> TLSContext {
        make {
            try TLSContext(
                trusting: authority.pair.certificateBytes, certificate: pair?.certificateBytes ?? [],
                key: pair?.keyBytes ?? [])
        }
    }

    private static func make<Value>(_ body: () throws -> Value) -> Value {
        do { return try body() } catch { preconditionFailure("\(error)") }
    }
}

extension CertificatePair {
    var certificateBytes: [UInt8] { Array(certificate.utf8) }
    var keyBytes: [UInt8] { Array(key.utf8) }
}

extension TLSContext {
    /// Offers protocols by ALPN.
    func offer(_ protocols: [String]) {
        let wire = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        SSL_CTX_set_alpn_protos(context, wire, UInt32(wire.count))
    }

    /// Speaks this version alone, with whatever ciphers it has.
    func speakOnly(_ version: Int32) {
        SSL_CTX_set_security_level(context, 0)
        SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0")
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
    }
}
