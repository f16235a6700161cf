import COpenSSL

/// Memory that the sessions of one loop share during a call, so that an idle session holds none.
package final class TLSScratch {
    let io: UnsafeMutablePointer<copenssl_io>
    /// One TLS record's plaintext: 16 KiB (RFC 8446 §5.1).
    var record = [UInt8](repeating: 0, count: 16 * 1024)

    /// `nil` when there is no memory.
    package init?() {
        guard let io = copenssl_io_new() else { return nil }
        self.io = io
    }

    deinit {
        copenssl_io_free(io)
    }

    /// Moves what OpenSSL wrote to the end of `output`.
    func drain(into output: inout [UInt8]) {
        guard io.pointee.out_length > 0 else { return }
        output.append(contentsOf: UnsafeBufferPointer(start: io.pointee.out, count: io.pointee.out_length))
        io.pointee.out_length = 0
        // A large response must not leave its size behind in every loop.
        if io.pointee.out_capacity > 256 * 1024 { releaseOutput() }
    }

    private func releaseOutput() {
        copenssl_free(io.pointee.out)
        io.pointee.out = nil
        io.pointee.out_capacity = 0
    }
}

/// One end of a TLS connection: ciphertext in, plaintext and ciphertext out.
///
/// It never touches a socket.
///
/// Belongs to one loop, whose scratch it borrows during each call.
package final class TLSSession {
    package enum Outcome: Sendable, Equatable {
        case open
        /// The peer sent close_notify: no more plaintext will come.
        case closedByPeer
    }

    private let ssl: OpaquePointer
    private let context: TLSContext
    private let scratch: TLSScratch
    package private(set) var isEstablished = false
    private var hasFailed = false
    private var handshakeBytes = 0
    /// Whether the peer has sent anything.
    package var hasBegun: Bool { handshakeBytes > 0 }
    private var keyUpdates = 0

    /// The server's end.
    package init(serverOf context: TLSContext, scratch: TLSScratch) throws(TLSError) {
        ssl = try Self.make(context, scratch)
        self.context = context
        self.scratch = scratch
        SSL_set_accept_state(ssl)
    }

    /// The client's end; `name` is sent as SNI and must be in the server's certificate.
    ///
    /// Call `start`.
    package init(clientOf context: TLSContext, serverName name: String, scratch: TLSScratch) throws(TLSError) {
        ssl = try Self.make(context, scratch)
        self.context = context
        self.scratch = scratch
        SSL_set_connect_state(ssl)
        guard copenssl_set_server_name(ssl, name) == 1 else { throw TLSError(draining: "set the server name") }
    }

    deinit {
        // Frees the BIO too: SSL_set_bio took it.
        SSL_free(ssl)
    }

    private static func make(_ context: TLSContext, _ scratch: TLSScratch) throws(TLSError) -> OpaquePointer {
        ERR_clear_error()
        guard let ssl = SSL_new(context.context) else { throw TLSError(draining: "make a TLS session") }
        guard let bio = copenssl_bio_new(scratch.io) else {
            SSL_free(ssl)
            throw TLSError(draining: "make a BIO")
        }
        SSL_set_bio(ssl, bio, bio)
        return ssl
    }

    /// Sends the client's first flight.
    package func start(output: inout [UInt8]) throws(TLSError) {
        var none: [UInt8] = []
        _ = try receive([], count: 0, plaintext: &none, output: &output)
    }

    /// Takes `ciphertext[..<count]`; appends plaintext to `plaintext` and what is to be sent to `output`.
    ///
    /// After an error the session is dead: send `output` (it may hold an alert) and close.
    package func receive(
        _ ciphertext: [UInt8], count: Int, plaintext: inout [UInt8], output: inout [UInt8]
    ) throws(TLSError) -> Outcome {
        guard !hasFailed else { throw TLSError("read", reason: "the session has failed") }
        if !isEstablished {
            handshakeBytes += count
            guard handshakeBytes <= TLSLimits.handshakeBytesMax else {
                hasFailed = true
                throw TLSError("TLS handshake", reason: "it is larger than \(TLSLimits.handshakeBytesMax) bytes")
            }
        }
        let plaintextBefore = plaintext.count
        let result = ciphertext.withUnsafeBytes { bytes -> Result<Outcome, TLSError> in
            scratch.io.pointee.in = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            scratch.io.pointee.in_length = min(count, bytes.count)
            scratch.io.pointee.in_offset = 0
            defer { scratch.io.pointee.in_length = 0 }
            return decrypt(into: &plaintext)
        }
        scratch.drain(into: &output)
        keyUpdates = plaintext.count > plaintextBefore ? 0 : keyUpdates + Int(copenssl_take_key_updates(ssl))
        guard keyUpdates <= TLSLimits.keyUpdatesMax else {
            hasFailed = true
            throw TLSError("TLS read", reason: "more than \(TLSLimits.keyUpdatesMax) key updates without data")
        }
        return try result.get()
    }

    private func decrypt(into plaintext: inout [UInt8]) -> Result<Outcome, TLSError> {
        if !isEstablished {
            ERR_clear_error()
            let done = SSL_do_handshake(ssl)
            guard done == 1 else {
                if SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ { return .success(.open) }
                hasFailed = true
                return .failure(TLSError(draining: "TLS handshake"))
            }
            isEstablished = true
        }
        while true {
            var moved = 0
            ERR_clear_error()
            let done = SSL_read_ex(ssl, &scratch.record, scratch.record.count, &moved)
            if done == 1 {
                plaintext.append(contentsOf: scratch.record[..<moved])
                // All is read, and all that was whole has come out: asking again would only cost.
                if scratch.io.pointee.in_offset == scratch.io.pointee.in_length, SSL_pending(ssl) == 0 {
                    return .success(.open)
                }
                continue
            }
            switch SSL_get_error(ssl, done) {
            case SSL_ERROR_WANT_READ: return .success(.open)
            case SSL_ERROR_ZERO_RETURN: return .success(.closedByPeer)
            default:
                hasFailed = true
                return .failure(TLSError(draining: "TLS read"))
            }
        }
    }

    /// Encrypts `plaintext[offset...]`, and appends the records to `output`.
    package func send(_ plaintext: [UInt8], from offset: Int = 0, output: inout [UInt8]) throws(TLSError) {
        guard !hasFailed, isEstablished else { throw TLSError("write", reason: "the session is not open") }
        let failure = plaintext.withUnsafeBytes { bytes -> TLSError? in
            var offset = offset
            while offset < bytes.count {
                var moved = 0
                ERR_clear_error()
                let done = SSL_write_ex(ssl, bytes.baseAddress.map { $0 + offset }, bytes.count - offset, &moved)
                guard done == 1 else {
                    hasFailed = true
                    return TLSError(draining: "TLS write")
                }
                offset += moved
            }
            return nil
        }
        scratch.drain(into: &output)
        if let failure { throw failure }
    }

    /// Changes this side's keys (RFC 8446 §4.6.3), for tests of a peer that does it without end.
    func updateKeys(output: inout [UInt8]) {
        ERR_clear_error()
        _ = SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED)
        _ = SSL_do_handshake(ssl)
        scratch.drain(into: &output)
    }

    /// Appends close_notify to `output` (RFC 9112 §9.8); does nothing on a session that failed (SSL_shutdown(3)).
    package func close(output: inout [UInt8]) {
        guard !hasFailed, isEstablished else { return }
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
        ERR_clear_error()
        scratch.drain(into: &output)
    }

    /// Whether the handshake agreed on HTTP/2 (RFC 7301).
    package var isHTTP2: Bool { copenssl_is_http2(ssl) == 1 }

    /// The peer's certificate, which the handshake has proven to be its own, verified for client authentication against
    /// `pool` now.
    package func verifyPeer(against pool: CertificatePool) -> PeerVerification {
        var notAfter: Int64 = 0
        let code = copenssl_verify_peer(ssl, pool.store, &notAfter)
        switch code {
        case -1: return .none
        case 0:
            var digest = [UInt8](repeating: 0, count: 32)
            _ = copenssl_peer_fingerprint(ssl, &digest)
            return .verified(
                PeerCertificate(
                    commonName: subject(NID_commonName).last ?? "",
                    organizations: subject(NID_organizationName).filter { !$0.isEmpty }, sha256: digest,
                    notAfter: notAfter))
        default:
            return .rejected(String(cString: X509_verify_cert_error_string(Int(code))))
        }
    }

    private func subject(_ nid: Int32) -> [String] {
        var values: [String] = []
        while let text = copenssl_peer_subject(ssl, nid, Int32(values.count)) {
            values.append(String(cString: text))
            copenssl_free(text)
        }
        return values
    }
}

/// What a verified client certificate says.
package struct PeerCertificate: Sendable, Equatable {
    /// The last of several, as Go takes it (crypto/x509/pkix, Name.FillFromRDNSequence); empty if there is none.
    package let commonName: String
    package let organizations: [String]
    /// Of the certificate in DER.
    package let sha256: [UInt8]
    /// When the first certificate of the chain that was verified ends: seconds since 1970.
    package let notAfter: Int64
}

package enum PeerVerification: Sendable, Equatable {
    /// The peer presented no certificate.
    case none
    /// The reason, in OpenSSL's words.
    case rejected(String)
    case verified(PeerCertificate)
}
