import KubeModel
import Reactor
import TLS

/// What flags say of whom to believe, in place of the ConfigMap extension-apiserver-authentication
/// (apiserver `pkg/server/options/authentication.go`, DelegatingAuthenticationOptions).
///
/// A CA that is named here replaces what the ConfigMap says of the same clients, names and fields included; what is
/// not named is still the ConfigMap's to say.
package struct AuthenticationOptions: Sendable {
    /// The front proxy: its CA and what goes with it.
    package struct RequestHeader: Sendable {
        /// PEM.
        package var clientCAFile: String
        /// Common names; empty means any that the CA has signed.
        package var allowedNames: [String] = []
        package var usernameHeaders = ["x-remote-user"]
        package var uidHeaders: [String] = []
        package var groupHeaders = ["x-remote-group"]
        package var extraHeadersPrefix = ["x-remote-extra-"]

        package init(clientCAFile: String) {
            self.clientCAFile = clientCAFile
        }
    }

    package var requestHeader: RequestHeader?
    /// PEM: whose client certificates name users.
    package var clientCAFile: String?
    /// Whether the ConfigMap is never asked for.
    package var skipsLookup = false
    /// Whether to serve without the ConfigMap while it cannot be read: to whoever it would tell of, as to anybody.
    package var toleratesLookupFailure = false

    package init() {}

    /// Whether the ConfigMap has anything left to say.
    package var needsLookup: Bool { !skipsLookup && (requestHeader == nil || clientCAFile == nil) }

    /// The files named.
    var files: [String] { [requestHeader?.clientCAFile, clientCAFile].compactMap(\.self) }

    /// Whether a flag stands for this key of the ConfigMap.
    func replaces(_ key: String) -> Bool {
        key == "client-ca-file" ? clientCAFile != nil : requestHeader != nil && key.hasPrefix("requestheader-")
    }

    /// The keys of the ConfigMap as the flags have them.
    ///
    /// Reads the files; throws for one that cannot be read or holds no certificate, naming it and its flag.
    func data() throws(AuthenticationTrust.DataError) -> JSONObject {
        var data = JSONObject()
        if let clientCAFile { data["client-ca-file"] = try Self.bundle(clientCAFile, "client-ca-file") }
        if let requestHeader {
            data["requestheader-client-ca-file"] = try Self.bundle(
                requestHeader.clientCAFile, "requestheader-client-ca-file")
            for (key, names) in [
                ("requestheader-allowed-names", requestHeader.allowedNames),
                ("requestheader-username-headers", requestHeader.usernameHeaders),
                ("requestheader-uid-headers", requestHeader.uidHeaders),
                ("requestheader-group-headers", requestHeader.groupHeaders),
                ("requestheader-extra-headers-prefix", requestHeader.extraHeadersPrefix),
            ] {
                let list = JSONValue.array(names.map { .string($0) })
                data[key] = .string(String(decoding: list.serialized(), as: UTF8.self))
            }
        }
        return data
    }

    private static func bundle(_ file: String, _ key: String) throws(AuthenticationTrust.DataError) -> JSONValue {
        let bytes: [UInt8]
        do throws(SmallFile.Failure) {
            bytes = try SmallFile.read(file)
        } catch {
            throw AuthenticationTrust.DataError(
                description: "--\(key): \(error): name a file of CA certificates in PEM")
        }
        guard (try? CertificatePool(bundle: bytes)) != nil else {
            throw AuthenticationTrust.DataError(
                description: "--\(key): \(file) has no certificate in it: name a file of CA certificates in PEM")
        }
        return .string(String(decoding: bytes, as: UTF8.self))
    }
}
