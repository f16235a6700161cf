import COpenSSL

/// What the sessions of one end have in common: certificate, key, versions, ciphers.
///
/// Shared by all loops, and never changed once made: a new certificate is a new context.
package final class TLSContext: @unchecked Sendable {
    // Sendable: SSL_CTX counts its references atomically, and nothing changes it after `init` (ssl(7)).
    let context: OpaquePointer
    /// The contexts that are served by SNI; they live as long as this one.
    private let others: [TLSContext]

    /// A server's context.
    ///
    /// TLS 1.2 and later, Mozilla's intermediate profile 6.0; a client certificate is requested, never required: whom
    /// it proves is decided for each request.
    ///
    /// - Parameters:
    ///   - certificate: PEM: the serving certificate and the chain behind it.
    ///   - key: PEM: its private key.
    ///   - clientCAs: PEM: the CAs whose names the handshake tells clients; may be empty.
    ///   - serverNames: other contexts for clients that ask by SNI for a host name, or for `*.` and a domain.
    package init(
        certificate: [UInt8], key: [UInt8], clientCAs: [UInt8] = [], settings: TLSSettings = TLSSettings(),
        serverNames: [(pattern: String, context: TLSContext)] = []
    ) throws(TLSError) {
        guard let context = copenssl_server_context(settings.http2 ? 1 : 0) else {
            throw TLSError(draining: "make a TLS context")
        }
        self.context = context
        others = serverNames.map(\.context)
        try use(certificate: certificate, key: key)
        let isOnly13 = settings.minimumVersion == .tls13
        guard
            copenssl_restrict(
                context, isOnly13 ? 1 : 0, settings.suites12.joined(separator: ":"),
                settings.suites13.joined(separator: ":")) == 1
        else { throw TLSError(draining: "choose versions and cipher suites") }
        if !clientCAs.isEmpty {
            _ = copenssl_set_client_ca_names(context, clientCAs, clientCAs.count)
        }
        for (pattern, other) in serverNames where copenssl_add_server_name(context, pattern, other.context) != 1 {
            throw TLSError(draining: "serve \(pattern)")
        }
    }

    /// A client's context that trusts the CAs of a PEM bundle.
    ///
    /// It offers http/1.1 by ALPN, and h2 before it if `http2` is set.
    package init(
        trusting authorities: [UInt8], certificate: [UInt8] = [], key: [UInt8] = [], http2: Bool = false
    ) throws(TLSError) {
        guard let context = copenssl_client_context() else { throw TLSError(draining: "make a TLS context") }
        self.context = context
        others = []
        guard let store = copenssl_store(authorities, authorities.count) else {
            throw TLSError("read the CA bundle", reason: "no certificate in it")
        }
        SSL_CTX_set_cert_store(context, store)
        copenssl_offer_http2(context, http2 ? 1 : 0)
        if !certificate.isEmpty { try use(certificate: certificate, key: key) }
    }

    deinit {
        copenssl_context_free(context)
    }

    private func use(certificate: [UInt8], key: [UInt8]) throws(TLSError) {
        ERR_clear_error()
        guard copenssl_use_certificate(context, certificate, certificate.count, key, key.count) == 1 else {
            throw TLSError(draining: "load the certificate and its key")
        }
    }
}

/// CAs to verify client certificates against.
///
/// Shared by all loops.
package final class CertificatePool: @unchecked Sendable {
    // Sendable: X509_STORE locks itself, and is not changed after `init`.
    let store: OpaquePointer

    /// Takes a PEM bundle; throws when there is no certificate in it.
    package init(bundle: [UInt8]) throws(TLSError) {
        guard let store = copenssl_store(bundle, bundle.count) else {
            throw TLSError("read the CA bundle", reason: "no certificate in it")
        }
        self.store = store
    }

    deinit {
        X509_STORE_free(store)
    }
}
