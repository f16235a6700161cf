import KubeModel
import Reactor

/// What an exec plugin hands out: `ExecCredential.status`.
struct ExecCredential: Sendable, Equatable {
    var token: String?
    /// PEM.
    var certificate: String?
    var key: String?
    /// Seconds since 1970.
    var expiry: Int64?

    /// Reads a plugin's standard output; `problem` is what is wrong with it, without its content.
    init(_ output: [UInt8], apiVersion: String) throws(ConfigurationError) {
        guard let value = try? JSONValue(parsing: output) else {
            throw ConfigurationError("its output is not JSON")
        }
        guard value["kind"]?.string == "ExecCredential", value["apiVersion"]?.string == apiVersion else {
            throw ConfigurationError("its output is no ExecCredential of \(apiVersion)")
        }
        let status = value["status"]
        token = status?["token"]?.string
        certificate = status?["clientCertificateData"]?.string
        key = status?["clientKeyData"]?.string
        guard token != nil || certificate != nil else {
            throw ConfigurationError("its status has neither a token nor a client certificate")
        }
        guard (certificate == nil) == (key == nil) else {
            throw ConfigurationError("its status has a client certificate without its key, or the other way round")
        }
        guard let text = status?["expirationTimestamp"]?.string else { return }
        expiry = RFC3339.seconds(text)
        guard expiry != nil else { throw ConfigurationError("its expirationTimestamp \"\(text)\" is not RFC 3339") }
    }
}

extension ExecPlugin {
    /// Milliseconds after which a plugin is killed.
    static let timeout: Int64 = 60_000
    /// Bytes of its output.
    static let outputBytesMax = 1 << 20

    /// Runs the plugin for a cluster; the loop goes on meanwhile.
    func run(
        for configuration: ClientConfiguration, on loop: isolated EventLoop
    ) async throws(ConfigurationError) -> ExecCredential {
        do throws(ConfigurationError) {
            let variables =
                environment.map { "\($0.name)=\($0.value)" }
                + ["KUBERNETES_EXEC_INFO=" + String(decoding: info(configuration).serialized(), as: UTF8.self)]
            let process = try ChildProcess(command: command, arguments: arguments, adding: variables, on: loop)
            let output = try await process.output(
                timeout: Self.timeout, bytesMax: Self.outputBytesMax, on: loop)
            return try ExecCredential(output, apiVersion: apiVersion)
        } catch {
            let hint = installHint.isEmpty ? "" : "\n\(installHint)"
            throw ConfigurationError("exec plugin \(command): \(error)\(hint)")
        }
    }

    private func info(_ configuration: ClientConfiguration) -> JSONValue {
        var spec: JSONObject = ["interactive": false]
        if providesClusterInfo {
            var cluster: JSONObject = ["server": .string("\(configuration.server)")]
            if let name = configuration.tlsServerName { cluster["tls-server-name"] = .string(name) }
            if configuration.isInsecure { cluster["insecure-skip-tls-verify"] = true }
            if let proxy = configuration.proxy { cluster["proxy-url"] = .string(proxy) }
            switch configuration.authorities {
            case nil: break
            case .data(let bytes): cluster["certificate-authority-data"] = .string(Base64.encode(bytes))
            case .file(let path):
                if let bytes = try? SmallFile.read(path, for: "certificate-authority") {
                    cluster["certificate-authority-data"] = .string(Base64.encode(bytes))
                }
            }
            spec["cluster"] = .object(cluster)
        }
        return ["apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": .object(spec)]
    }
}
