/// How to reach a cluster and as whom: a kubeconfig's context, or what a pod is given.
package struct ClientConfiguration: Sendable, Equatable {
    /// PEM text, or the file that holds it, which is read again as it changes.
    package enum PEMSource: Sendable, Equatable {
        case data([UInt8])
        case file(String)
    }

    package enum Credential: Sendable, Equatable {
        case none
        case token(String)
        /// Read again as it changes.
        case tokenFile(String)
        case basic(user: String, password: String)
        case exec(ExecPlugin)
    }

    package struct Impersonation: Sendable, Equatable {
        package var user = ""
        package var uid = ""
        package var groups: [String] = []
        package var extra: [(key: String, values: [String])] = []

        package static func == (left: Impersonation, right: Impersonation) -> Bool {
            left.user == right.user && left.uid == right.uid && left.groups == right.groups
                && left.extra.elementsEqual(right.extra) { $0.key == $1.key && $0.values == $1.values }
        }
    }

    package var server: ServerURL
    package var authorities: PEMSource?
    package var isInsecure = false
    package var tlsServerName: String?
    /// `http`, `https` or `socks5` with its URL; `nil` means HTTPS_PROXY and NO_PROXY of the environment.
    package var proxy: String?
    package var clientCertificate: PEMSource?
    package var clientKey: PEMSource?
    package var credential = Credential.none
    package var impersonation = Impersonation()
    /// The namespace that the context or the pod is in.
    package var namespace = "default"

    package init(server: ServerURL) {
        self.server = server
    }
}

/// What is wrong with a configuration: names the file, the field and what to do.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// A command that hands out credentials (client.authentication.k8s.io).
package struct ExecPlugin: Sendable, Equatable {
    package static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

    package var apiVersion: String
    /// A path, or a name to be found by PATH.
    package var command: String
    package var arguments: [String] = []
    package var environment: [(name: String, value: String)] = []
    package var providesClusterInfo = false
    /// What to tell when the command is missing.
    package var installHint = ""

    package init(apiVersion: String, command: String) {
        self.apiVersion = apiVersion
        self.command = command
    }

    package static func == (left: ExecPlugin, right: ExecPlugin) -> Bool {
        left.apiVersion == right.apiVersion && left.command == right.command && left.arguments == right.arguments
            && left.environment.elementsEqual(right.environment) { $0 == $1 }
            && left.providesClusterInfo == right.providesClusterInfo && left.installHint == right.installHint
    }
}
