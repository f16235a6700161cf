import COpenSSL

/// The digest SHA-256 (FIPS 180-4), by OpenSSL.
package enum SHA256 {
    /// The digest's 32 octets in hexadecimal, in lower case.
    package static func hexadecimal(_ text: String) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let bytes = Array(text.utf8)
        guard EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil) == 1 else { return "" }
        return digest.prefix(Int(length)).map { octet in
            (octet < 16 ? "0" : "") + String(octet, radix: 16)
        }.joined()
    }
}
