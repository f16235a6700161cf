import COpenSSL

/// What an operator may choose of TLS; the rest is Mozilla's intermediate profile 6.0.
package struct TLSSettings: Sendable, Equatable {
    package enum Version: String, Sendable, CaseIterable {
        case tls12 = "VersionTLS12"
        case tls13 = "VersionTLS13"
    }

    package var minimumVersion = Version.tls12
    /// OpenSSL's names for TLS 1.2; empty means the profile's.
    private(set) var suites12: [String] = []
    /// For TLS 1.3; empty means all three.
    private(set) var suites13: [String] = []
    /// Whether h2 is offered by ALPN, before http/1.1.
    package var http2 = true

    package init() {}

    /// Takes cipher suites by their IANA names, in order of preference.
    ///
    /// Throws for a name that OpenSSL does not have.
    package mutating func setCipherSuites(_ names: [String]) throws(TLSError) {
        suites12 = []
        suites13 = []
        for name in names {
            let openSSLName = String(cString: copenssl_suite_name(name))
            guard openSSLName != "(NONE)" else { throw TLSError("cipher suites", reason: "\(name) is not known") }
            if openSSLName.hasPrefix("TLS_") { suites13.append(name) } else { suites12.append(openSSLName) }
        }
    }
}
