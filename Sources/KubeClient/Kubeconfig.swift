import KubeModel
import Reactor

extension ClientConfiguration {
    /// Reads one context of a kubeconfig file (client-go `tools/clientcmd/api/v1`).
    ///
    /// - Parameters:
    ///   - context: `nil` means `current-context`.
    ///   - server: another URL for the cluster; `nil` means the file's.
    package static func kubeconfig(
        path: String, context: String? = nil, server: String? = nil
    ) throws(ConfigurationError) -> ClientConfiguration {
        let bytes = try SmallFile.read(path, for: "kubeconfig")
        return try Kubeconfig(bytes, path: path).configuration(context: context, server: server)
    }
}

/// A kubeconfig's text, with the name of its file for errors and for relative paths.
struct Kubeconfig {
    private let root: JSONValue
    private let path: String

    init(_ bytes: [UInt8], path: String) throws(ConfigurationError) {
        self.path = path
        do throws(YAMLError) {
            root = try JSONValue(yaml: bytes)
        } catch {
            throw ConfigurationError("kubeconfig \(path): \(error)")
        }
        guard root.object != nil else { throw ConfigurationError("kubeconfig \(path): not a mapping") }
    }

    func configuration(context name: String?, server: String?) throws(ConfigurationError) -> ClientConfiguration {
        guard let name = name ?? root["current-context"]?.string, !name.isEmpty else {
            throw error("current-context", "not set; set it or name a context")
        }
        let context = try entry("contexts", name, "context")
        let clusterName = try context.requiredText("cluster")
        let cluster = try entry("clusters", clusterName, "cluster")
        let address = if let server { server } else { try cluster.requiredText("server") }
        guard let url = ServerURL(address) else {
            throw cluster.error("server", "\"\(address)\" is no URL like https://host:port")
        }
        var configuration = ClientConfiguration(server: url)
        configuration.namespace = try context.text("namespace") ?? "default"
        try readCluster(cluster, &configuration)
        if let userName = try context.text("user") {
            try readUser(try entry("users", userName, "user"), &configuration)
        }
        return configuration
    }

    private func entry(_ list: String, _ name: String, _ member: String) throws(ConfigurationError) -> Section {
        let match = (root[list]?.array ?? []).first { $0["name"]?.string == name }
        guard let match else { throw error(list, "no entry has the name \"\(name)\"") }
        return Section(
            value: match[member] ?? .null, place: "kubeconfig \(path): \(list)[name=\(name)].\(member)")
    }

    private func error(_ field: String, _ problem: String) -> ConfigurationError {
        ConfigurationError("kubeconfig \(path): \(field): \(problem)")
    }

    private func readCluster(
        _ cluster: Section, _ configuration: inout ClientConfiguration
    ) throws(ConfigurationError) {
        configuration.isInsecure = try cluster.flag("insecure-skip-tls-verify")
        configuration.tlsServerName = try cluster.text("tls-server-name")
        configuration.authorities = try pem(cluster, "certificate-authority")
        if configuration.isInsecure, configuration.authorities != nil {
            throw cluster.error("insecure-skip-tls-verify", "excludes certificate-authority; remove one of them")
        }
        guard let proxy = try cluster.text("proxy-url") else { return }
        guard ["http://", "https://", "socks5://"].contains(where: proxy.lowercased().hasPrefix) else {
            throw cluster.error("proxy-url", "must begin with http://, https:// or socks5://")
        }
        configuration.proxy = proxy
    }

    private func readUser(_ user: Section, _ configuration: inout ClientConfiguration) throws(ConfigurationError) {
        configuration.clientCertificate = try pem(user, "client-certificate")
        configuration.clientKey = try pem(user, "client-key")
        if (configuration.clientCertificate == nil) != (configuration.clientKey == nil) {
            let missing = configuration.clientKey == nil ? "client-key" : "client-certificate"
            throw user.error(missing, "missing: a client certificate needs both itself and its key")
        }
        if user["auth-provider"] != nil {
            throw user.error("auth-provider", "is no longer part of Kubernetes; use exec")
        }
        if let exec = user["exec"] { configuration.credential = .exec(try plugin(exec)) }
        if let name = try user.text("username") {
            configuration.credential = .basic(user: name, password: try user.text("password") ?? "")
        }
        if let token = try user.text("token") { configuration.credential = .token(token) }
        if let file = try user.text("tokenFile") { configuration.credential = .tokenFile(absolute(file)) }
        if user["exec"] != nil {
            guard case .exec = configuration.credential else {
                throw user.error("exec", "excludes token, tokenFile and username; remove one of them")
            }
        }
        configuration.impersonation.user = try user.text("as") ?? ""
        configuration.impersonation.uid = try user.text("as-uid") ?? ""
        configuration.impersonation.groups = try user.texts("as-groups")
        if let extra = user["as-user-extra"] {
            for (key, _) in extra.value.object?.members ?? [] {
                configuration.impersonation.extra.append((key, try extra.texts(key)))
            }
        }
        let impersonation = configuration.impersonation
        if impersonation.user.isEmpty, impersonation != ClientConfiguration.Impersonation() {
            throw user.error("as", "missing: as-uid, as-groups and as-user-extra go with a user")
        }
    }

    private func plugin(_ exec: Section) throws(ConfigurationError) -> ExecPlugin {
        let version = try exec.requiredText("apiVersion")
        guard ExecPlugin.versions.contains(version) else {
            throw exec.error(
                "apiVersion", "\"\(version)\" is not one of \(ExecPlugin.versions.joined(separator: ", "))")
        }
        if try exec.text("interactiveMode") == "Always" {
            throw exec.error("interactiveMode", "Always cannot be: a server has no terminal")
        }
        let command = try exec.requiredText("command")
        // Go's exec.LookPath: only a name without a slash is looked for in PATH.
        var plugin = ExecPlugin(apiVersion: version, command: command.contains("/") ? absolute(command) : command)
        plugin.arguments = try exec.texts("args")
        plugin.providesClusterInfo = try exec.flag("provideClusterInfo")
        plugin.installHint = try exec.text("installHint") ?? ""
        for (index, item) in (exec["env"]?.value.array ?? []).enumerated() {
            let variable = Section(value: item, place: "\(exec.place).env[\(index)]")
            plugin.environment.append((try variable.requiredText("name"), try variable.text("value") ?? ""))
        }
        return plugin
    }

    /// The data if there is some, else the file.
    private func pem(_ section: Section, _ field: String) throws(ConfigurationError) -> ClientConfiguration.PEMSource? {
        if let text = try section.text("\(field)-data") {
            guard let bytes = Base64.decode(text), String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ") else {
                throw section.error("\(field)-data", "is not PEM in base64")
            }
            return .data(bytes)
        }
        guard let file = try section.text(field) else { return nil }
        _ = try SmallFile.read(absolute(file), for: "\(section.place).\(field)")
        return .file(absolute(file))
    }

    /// Relative paths start at the directory of the kubeconfig.
    private func absolute(_ file: String) -> String {
        guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file }
        return "\(path[..<slash])/\(file)"
    }
}

/// A mapping of a kubeconfig, and where it stands.
private struct Section {
    let value: JSONValue
    let place: String

    subscript(_ field: String) -> Section? {
        value[field].flatMap { $0.isNull ? nil : Section(value: $0, place: "\(place).\(field)") }
    }

    func error(_ field: String, _ problem: String) -> ConfigurationError {
        ConfigurationError("\(place).\(field): \(problem)")
    }

    /// `nil` when it is absent or empty.
    func text(_ field: String) throws(ConfigurationError) -> String? {
        guard let section = self[field] else { return nil }
        guard let text = section.value.string else { throw error(field, "is not a string") }
        return text.isEmpty ? nil : text
    }

    func requiredText(_ field: String) throws(ConfigurationError) -> String {
        guard let text = try text(field) else { throw error(field, "missing") }
        return text
    }

    func flag(_ field: String) throws(ConfigurationError) -> Bool {
        guard let section = self[field] else { return false }
        guard let flag = section.value.bool else { throw error(field, "is not true or false") }
        return flag
    }

    func texts(_ field: String) throws(ConfigurationError) -> [String] {
        guard let section = self[field] else { return [] }
        guard let items = section.value.array else { throw error(field, "is not a list") }
        var texts: [String] = []
        for (index, item) in items.enumerated() {
            guard let text = item.string else { throw error("\(field)[\(index)]", "is not a string") }
            texts.append(text)
        }
        return texts
    }
}
