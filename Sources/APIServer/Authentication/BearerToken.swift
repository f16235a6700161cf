/// The credential `Authorization: Bearer TOKEN` (RFC 6750 §2.1; apiserver `pkg/authentication/request/bearertoken`).
package enum BearerToken {
    /// The token in the values of the Authorization fields; `nil` when there is no credential of this kind.
    ///
    /// Throws for two fields: whoever reads the other one takes the request for another user's.
    package static func read(_ values: [String]) throws(AuthenticationError) -> String? {
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw AuthenticationError(reason: "two authorization fields") }
        let parts = value.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count >= 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}
