import Foundation
import Reactor
import TLS

/// Certificates that the server makes for itself: what is in the directory is used, what is missing or about to end is
/// made.
struct Credentials {
    /// Days that a CA, and that a leaf is valid.
    private static let authorityDays: Int32 = 3650
    private static let leafDays: Int32 = 365
    /// A leaf with less left is made anew at start.
    private static let renewalSeconds: Int64 = 30 * 86400

    let directory: String
    let authority: CertificateAuthority

    /// Makes the CA and the serving pair, `apiserver.crt` and `apiserver.key`.
    ///
    /// - Parameter names: what the serving certificate must be good for, as in x509v3_config(5).
    init(directory: String, servingNames names: [String]) throws {
        self.directory = directory
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if let pair = try Self.read(directory, "ca") {
            guard (try? CertificatePool(bundle: Array(pair.certificate.utf8))) != nil else {
                throw Wiring.Failure(
                    description: "\(directory)/ca.crt has no certificate in it: put back what was there, or move "
                        + "\(directory) away, and all certificates in it are made anew")
            }
            authority = CertificateAuthority(pair: pair)
        } else if FileManager.default.fileExists(atPath: "\(directory)/ca.crt") {
            // A key alone is what a first start leaves that was broken off: the key is written first.
            throw Wiring.Failure(
                description:
                    "\(directory)/ca.crt is there without ca.key: put that back, or move \(directory) away, and "
                    + "all certificates in it are made anew, which ends the credentials that the old CA has signed")
        } else {
            authority = try CertificateAuthority(commonName: "hotplug-apiserver-ca", days: Self.authorityDays)
            try Self.write(authority.pair, directory, "ca")
        }
        let authority = authority
        _ = try Self.leaf(directory, "apiserver", isGood: { pair in names.allSatisfy(pair.covers) }) {
            try Self.issue(by: authority, directory) { authority throws(TLSError) in
                try authority.issue(
                    commonName: "hotplug-apiserver", alternativeNames: names, usage: .server, days: Self.leafDays)
            }
        }
    }

    /// The pair of a client who may do everything: `admin.crt` and `admin.key`.
    func administrator() throws -> CertificatePair {
        try Self.leaf(directory, "admin", isGood: { _ in true }) {
            try Self.issue(by: authority, directory) { authority throws(TLSError) in
                try authority.issue(
                    commonName: "kubernetes-admin", organizations: ["system:masters"], usage: .client,
                    days: Self.leafDays)
            }
        }
    }

    /// What goes wrong is in the CA's files, unless they were just made.
    private static func issue(
        by authority: CertificateAuthority, _ directory: String,
        _ issue: (CertificateAuthority) throws(TLSError) -> CertificatePair
    ) throws -> CertificatePair {
        do {
            return try issue(authority)
        } catch {
            throw Wiring.Failure(description: "\(directory)/ca.crt and \(directory)/ca.key: \(error)")
        }
    }

    private static func leaf(
        _ directory: String, _ name: String, isGood: (CertificatePair) -> Bool, make: () throws -> CertificatePair
    ) throws -> CertificatePair {
        if let pair = try read(directory, name),
            (CertificateAuthority.secondsLeft(Array(pair.certificate.utf8)) ?? 0) > renewalSeconds, isGood(pair)
        {
            return pair
        }
        let pair = try make()
        try write(pair, directory, name)
        return pair
    }

    private static func read(_ directory: String, _ name: String) throws -> CertificatePair? {
        let certificate = "\(directory)/\(name).crt"
        let key = "\(directory)/\(name).key"
        guard FileManager.default.fileExists(atPath: certificate), FileManager.default.fileExists(atPath: key) else {
            return nil
        }
        // What is no text, is no certificate either: whoever looks into it says so.
        return CertificatePair(
            certificate: String(decoding: try SmallFile.read(certificate), as: UTF8.self),
            key: String(decoding: try SmallFile.read(key), as: UTF8.self))
    }

    private static func write(_ pair: CertificatePair, _ directory: String, _ name: String) throws {
        try PrivateFile.write(pair.key, to: "\(directory)/\(name).key")
        try PrivateFile.write(pair.certificate, to: "\(directory)/\(name).crt")
    }

    /// A kubeconfig for `kubernetes-admin`, everything inline.
    func kubeconfig(server: String, admin: CertificatePair) -> String {
        func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        return """
            apiVersion: v1
            kind: Config
            clusters:
            - name: hotplug-apiserver
              cluster:
                server: \(server)
                certificate-authority-data: \(encoded(authority.pair.certificate))
            users:
            - name: kubernetes-admin
              user:
                client-certificate-data: \(encoded(admin.certificate))
                client-key-data: \(encoded(admin.key))
            contexts:
            - name: kubernetes-admin@hotplug-apiserver
              context:
                cluster: hotplug-apiserver
                user: kubernetes-admin
                namespace: default
            current-context: kubernetes-admin@hotplug-apiserver

            """
    }
}

/// Files that only their owner may read.
enum PrivateFile {
    /// Replaces the file in one step, unless it says the same already: that needs no room on a disk.
    static func write(_ text: String, to path: String) throws {
        let bytes = Array(text.utf8)
        if let known = try? SmallFile.read(path), known == bytes { return }
        try FileSystem.replace(path, with: bytes)
    }
}
