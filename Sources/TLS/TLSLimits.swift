/// What a peer may make TLS cost before and beside its data.
package enum TLSLimits {
    /// Ciphertext of a handshake: bytes.
    ///
    /// A client's certificate chain is the largest part.
    package static let handshakeBytesMax = 64 * 1024
    /// KeyUpdate messages (RFC 8446 §4.6.3) with no data between them: each costs a key derivation, and OpenSSL 3.0
    /// sets no limit.
    package static let keyUpdatesMax = 32
}
