// DelegatedAuth: who a request is from and what they may do, as the cluster in front says. Above APIServer; may import
// what that may, and KubeClient.

package import KubeModel
package import TLS

/// Whom a cluster lets say who somebody is: the ConfigMap kube-system/extension-apiserver-authentication
/// (kube-apiserver `pkg/controlplane/controller/clusterauthenticationtrust`).
///
/// Never changed once made: another reading is another value.
package struct AuthenticationTrust: Sendable {
    /// The front proxy: its CA, its names, and the fields in which it tells the user.
    package struct FrontProxy: Sendable {
        package let bundle: String
        package let authorities: CertificatePool
        /// Common names; empty means any that the CA has signed.
        package let allowedNames: [String]
        // In lower case.
        package let userFields: [String]
        package let uidFields: [String]
        package let groupFields: [String]
        package let extraPrefixes: [String]
    }

    package struct DataError: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let frontProxy: FrontProxy?
    package let clientBundle: String
    package let clientAuthorities: CertificatePool?

    /// Nobody.
    package static let none = AuthenticationTrust(frontProxy: nil, clientBundle: "", clientAuthorities: nil)

    private init(frontProxy: FrontProxy?, clientBundle: String, clientAuthorities: CertificatePool?) {
        self.frontProxy = frontProxy
        self.clientBundle = clientBundle
        self.clientAuthorities = clientAuthorities
    }

    /// Reads the ConfigMap; a key that is absent or empty is an empty list.
    ///
    /// `previous` lends its pools where the bundles are the same, so that what connections have verified stays.
    package init(configMap: JSONValue, previous: AuthenticationTrust = .none) throws(DataError) {
        let data = configMap["data"]
        clientBundle = data?["client-ca-file"]?.string ?? ""
        clientAuthorities = try Self.pool(
            clientBundle, "client-ca-file", (previous.clientBundle, previous.clientAuthorities))
        let bundle = data?["requestheader-client-ca-file"]?.string ?? ""
        let known = (previous.frontProxy?.bundle ?? "", previous.frontProxy?.authorities)
        guard let authorities = try Self.pool(bundle, "requestheader-client-ca-file", known) else {
            frontProxy = nil
            return
        }
        frontProxy = FrontProxy(
            bundle: bundle, authorities: authorities,
            allowedNames: try Self.texts(data, "requestheader-allowed-names"),
            userFields: try Self.fieldNames(data, "requestheader-username-headers"),
            uidFields: try Self.fieldNames(data, "requestheader-uid-headers"),
            groupFields: try Self.fieldNames(data, "requestheader-group-headers"),
            extraPrefixes: try Self.fieldNames(data, "requestheader-extra-headers-prefix"))
    }

    /// What an operator should hear: with the same CA for both and no names, every client is a front proxy.
    package var warning: String? {
        guard let frontProxy, frontProxy.allowedNames.isEmpty else { return nil }
        return frontProxy.bundle == clientBundle
            ? "requestheader-client-ca-file is client-ca-file and requestheader-allowed-names is empty: every client "
                + "with a certificate of the cluster can speak as anybody"
            : "requestheader-allowed-names is empty: every certificate of requestheader-client-ca-file can speak as "
                + "anybody"
    }

    private static func pool(
        _ bundle: String, _ key: String, _ known: (bundle: String, pool: CertificatePool?)
    ) throws(DataError) -> CertificatePool? {
        guard !bundle.isEmpty else { return nil }
        if bundle == known.bundle, let pool = known.pool { return pool }
        do throws(TLSError) {
            return try CertificatePool(bundle: Array(bundle.utf8))
        } catch {
            throw DataError(description: "\(key): \(error)")
        }
    }

    /// A JSON array of strings in a string.
    private static func texts(_ data: JSONValue?, _ key: String) throws(DataError) -> [String] {
        let text = data?[key]?.string ?? ""
        guard !text.isEmpty else { return [] }
        guard let items = (try? JSONValue(parsing: Array(text.utf8)))?.array else {
            throw DataError(description: "\(key): not a JSON array of strings")
        }
        let texts = items.compactMap(\.string)
        guard texts.count == items.count else {
            throw DataError(description: "\(key): not a JSON array of strings")
        }
        return texts
    }

    private static func fieldNames(_ data: JSONValue?, _ key: String) throws(DataError) -> [String] {
        try texts(data, key).map { $0.lowercased() }.filter { !$0.isEmpty }
    }
}
