import COpenSSL

/// A certificate and its private key, as PEM.
package struct CertificatePair: Sendable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Whether the certificate is good for a name in the form of x509v3_config(5): `DNS:localhost`, `IP:127.0.0.1`.
    package func covers(_ name: String) -> Bool {
        let bytes = Array(certificate.utf8)
        if name.hasPrefix("IP:") {
            return copenssl_covers(bytes, bytes.count, String(name.dropFirst(3)), 1) == 1
        }
        return copenssl_covers(bytes, bytes.count, String(name.dropFirst(4)), 0) == 1
    }

    init(taking pair: copenssl_pair) {
        certificate = String(cString: pair.certificate)
        key = String(cString: pair.key)
        copenssl_free(pair.certificate)
        copenssl_free(pair.key)
    }
}

/// Issues certificates with P-256 keys for the embedded cluster and for tests.
package struct CertificateAuthority: Sendable {
    package enum Usage: String, Sendable {
        case server = "serverAuth"
        case client = "clientAuth"
    }

    package let pair: CertificatePair

    /// Takes a CA made earlier.
    package init(pair: CertificatePair) {
        self.pair = pair
    }

    /// Makes a new self-signed CA.
    package init(commonName: String, days: Int32) throws(TLSError) {
        var made = copenssl_pair()
        ERR_clear_error()
        guard copenssl_make_authority(commonName, days, &made) == 1 else {
            throw TLSError(draining: "make a certificate authority")
        }
        pair = CertificatePair(taking: made)
    }

    /// Issues a certificate.
    ///
    /// - Parameters:
    ///   - commonName: at most 64 characters (RFC 5280, ub-common-name). For a client: the user name.
    ///   - organizations: for a client: its groups.
    ///   - alternativeNames: as in x509v3_config(5): `DNS:localhost`, `IP:127.0.0.1`.
    package func issue(
        commonName: String, organizations: [String] = [], alternativeNames: [String] = [], usage: Usage, days: Int32
    ) throws(TLSError) -> CertificatePair {
        var made = copenssl_pair()
        ERR_clear_error()
        let names = alternativeNames.isEmpty ? nil : alternativeNames.joined(separator: ",")
        let issued = withCStrings(organizations) { organizations in
            copenssl_issue(
                pair.certificate, pair.key, commonName, organizations, names, usage.rawValue, days, &made)
        }
        guard issued == 1 else { throw TLSError(draining: "issue a certificate for \(commonName)") }
        return CertificatePair(taking: made)
    }

    /// The DNS names that the first certificate of a PEM file is for.
    package static func dnsNames(_ pem: [UInt8]) -> [String] {
        var names: [String] = []
        while let name = copenssl_dns_name(pem, pem.count, Int32(names.count)) {
            names.append(String(cString: name))
            copenssl_free(name)
        }
        return names
    }

    /// Seconds until the first certificate of a PEM file ends; negative when it has, `nil` when it can't be read.
    package static func secondsLeft(_ pem: [UInt8]) -> Int64? {
        let left = copenssl_seconds_left(pem, pem.count)
        return left == Int64.min ? nil : left
    }
}

/// Lends an array of C strings that ends with NULL.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { Array($0.utf8CString) }
    func lend(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Result {
        guard index < copies.count else {
            return (pointers + [nil]).withUnsafeBufferPointer { buffer in
                withExtendedLifetime(copies) { body(buffer.baseAddress.unsafelyUnwrapped) }
            }
        }
        return copies[index].withUnsafeBufferPointer { lend(index + 1, pointers + [$0.baseAddress]) }
    }
    return lend(0, [])
}
