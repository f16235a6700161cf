import COpenSSL

@testable import TLS

extension CertificateAuthority {
    /// A certificate with its key, changed and signed again by this CA.
    func reissue(_ pair: CertificatePair, _ change: (OpaquePointer) -> Void) -> CertificatePair {
        guard let certificate = Self.certificate(pair), let issuer = Self.certificate(self.pair),
            let signer = Self.key(self.pair)
        else { preconditionFailure("a pair that cannot be read") }
        defer {
            X509_free(certificate)
            X509_free(issuer)
            EVP_PKEY_free(signer)
        }
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer))
        change(certificate)
        X509_sign(certificate, signer, EVP_sha256())
        let text = Self.written { PEM_write_bio_X509($0, certificate) }
        return CertificatePair(certificate: text, key: pair.key)
    }

    /// A CA that this one has signed.
    func intermediate(commonName: String, days: Int32) throws -> CertificateAuthority {
        let selfSigned = try CertificateAuthority(commonName: commonName, days: days)
        return CertificateAuthority(pair: reissue(selfSigned.pair) { _ in })
    }

    private static func certificate(_ pair: CertificatePair) -> OpaquePointer? {
        read(pair.certificate) { PEM_read_bio_X509($0, nil, nil, nil) }
    }

    private static func key(_ pair: CertificatePair) -> OpaquePointer? {
        read(pair.key) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
    }

    /// What `body` reads of a text, which OpenSSL does not copy.
    fileprivate static func read(_ text: String, _ body: (OpaquePointer?) -> OpaquePointer?) -> OpaquePointer? {
        text.withCString { text in
            let bio = BIO_new_mem_buf(text, -1)
            defer { BIO_free(bio) }
            return body(bio)
        }
    }

    fileprivate static func written(_ write: (OpaquePointer?) -> Int32) -> String {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        _ = write(bio)
        var text = [UInt8](repeating: 0, count: 64 * 1024)
        let count = BIO_read(bio, &text, Int32(text.count))
        return String(decoding: text.prefix(Int(max(count, 0))), as: UTF8.self)
    }
}

extension CertificatePair {
    /// With the certificates that lead to a root behind its own.
    func followed(by chain: CertificatePair...) -> CertificatePair {
        CertificatePair(certificate: certificate + chain.map(\.certificate).joined(), key: key)
    }

    /// The key in PKCS #8, encrypted.
    var encryptedKey: [UInt8] {
        let key = CertificateAuthority.read(key) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
        defer { EVP_PKEY_free(key) }
        let text = CertificateAuthority.written {
            PEM_write_bio_PKCS8PrivateKey($0, key, EVP_aes_256_cbc(), "secret", 6, nil, nil)
        }
        return Array(text.utf8)
    }
}

extension OpaquePointer {
    /// Adds a value to the subject of a certificate.
    func append(_ field: String, _ value: String) {
        let octets = Array(value.utf8)
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(self), field, MBSTRING_FLAG, octets, Int32(octets.count), -1, 0)
    }
}
