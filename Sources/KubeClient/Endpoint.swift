import CCurl

/// Where requests go and as whom: what the configuration and the credentials come to at one moment.
struct Endpoint: Sendable {
    var url: ServerURL
    /// PEM; `nil` means the system's CAs.
    var authorities: [UInt8]?
    var clientCertificate: [UInt8]?
    var clientKey: [UInt8]?
    var isInsecure = false
    /// The name in the server's certificate; `nil` means the URL's host.
    var tlsServerName: String?
    /// `nil` means what the environment says.
    var proxy: String?
    /// Authorization and Impersonate-* fields; empty on plain HTTP.
    var fields: [(name: String, value: String)] = []

    /// Whether the name to check is not the one to connect to.
    var hasOtherName: Bool { url.isSecure && tlsServerName != nil }

    /// Sets the options of an easy handle.
    func apply(to easy: UnsafeMutableRawPointer, target: String) {
        ccurl_set_open_socket(easy)
        for (option, value) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_TCP_KEEPALIVE, 1),
            (CURLOPT_TCP_KEEPIDLE, 30), (CURLOPT_TCP_KEEPINTVL, 15), (CURLOPT_PIPEWAIT, 1),
            (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1), (CURLOPT_PATH_AS_IS, 1),
            (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)), (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
        ] { ccurl_set_long(easy, option, value) }
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        applyAddress(to: easy, target: target)
        guard url.isSecure else { return }
        ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, isInsecure ? 0 : 1)
        ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, isInsecure ? 0 : 2)
        if let authorities {
            ccurl_set_blob(easy, CURLOPT_CAINFO_BLOB, authorities, authorities.count)
            // Nobody else's, were the bundle empty.
            ccurl_set_string(easy, CURLOPT_CAPATH, nil)
        }
        if let clientCertificate, let clientKey {
            ccurl_set_blob(easy, CURLOPT_SSLCERT_BLOB, clientCertificate, clientCertificate.count)
            ccurl_set_blob(easy, CURLOPT_SSLKEY_BLOB, clientKey, clientKey.count)
            // libcurl 7.88 hands a key that is encrypted the password that it has, and crashes without one.
            ccurl_set_string(easy, CURLOPT_KEYPASSWD, "")
        }
    }

    private func applyAddress(to easy: UnsafeMutableRawPointer, target: String) {
        if hasOtherName, let tlsServerName {
            // libcurl checks the certificate for the name in the URL.
            ccurl_set_string(easy, CURLOPT_URL, "https://\(tlsServerName):\(url.port)\(url.prefix)\(target)")
        } else {
            ccurl_set_string(easy, CURLOPT_URL, "\(url)\(target)")
        }
        if let proxy {
            ccurl_set_string(easy, CURLOPT_PROXY, proxy)
        } else if url.isLoopback {
            // As Go's ProxyFromEnvironment.
            ccurl_set_string(easy, CURLOPT_NOPROXY, "*")
        }
    }
}
