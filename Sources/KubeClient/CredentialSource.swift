import Reactor
import Synchronization

/// Turns a configuration into endpoints: reads files again as they change and runs the exec plugin when its
/// credentials have expired.
///
/// What was read last stays good while it cannot be read again.
final class CredentialSource: Sendable {
    private struct Reading: Sendable {
        let endpoint: Endpoint
        let expiry: ContinuousClock.Instant
    }

    private typealias Outcome = Result<Endpoint, KubeClientError>

    private let configuration: ClientConfiguration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let latest = Mutex<Reading?>(nil)
    private let readings = SingleFlight<Bool, Outcome>()

    /// Seconds for which files are not looked at again: a minute less a leeway (client-go `transport/token_source.go`).
    private static let fileLifetime = Duration.seconds(50)
    /// Seconds before their end at which exec credentials are replaced.
    private static let execLeeway: Int64 = 10
    /// Some ten years.
    private static let execLifetimeSecondsMax: Int64 = 10 * 365 * 86_400

    init(
        _ configuration: ClientConfiguration, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.configuration = configuration
        self.now = now
    }

    /// Whether asking again after a 401 may bring other credentials.
    var isRenewable: Bool {
        switch configuration.credential {
        case .tokenFile, .exec: true
        case .none, .token, .basic: false
        }
    }

    /// Forgets what a server refused.
    func drop() { latest.withLock { $0 = nil } }

    func endpoint(on loop: isolated EventLoop) async throws(KubeClientError) -> Endpoint {
        let known = latest.withLock { $0 }
        if let known, known.expiry > now() { return known.endpoint }
        return try await readings.value(for: true) { await read(known, on: loop) }.get()
    }

    private func read(_ known: Reading?, on loop: isolated EventLoop) async -> Outcome {
        do {
            let reading = try await reading(on: loop)
            latest.withLock { $0 = reading }
            return .success(reading.endpoint)
        } catch {
            if let known, !isExec { return .success(known.endpoint) }
            return .failure(KubeClientError(.unreachable, "\(configuration.server): no credentials: \(error)"))
        }
    }

    private var isExec: Bool { if case .exec = configuration.credential { true } else { false } }

    private func reading(on loop: isolated EventLoop) async throws(ConfigurationError) -> Reading {
        var endpoint = Endpoint(url: configuration.server)
        endpoint.isInsecure = configuration.isInsecure
        endpoint.tlsServerName = configuration.tlsServerName
        endpoint.proxy = configuration.proxy
        endpoint.authorities = try Self.pem(configuration.authorities, "certificate authority")
        endpoint.clientCertificate = try Self.pem(configuration.clientCertificate, "client certificate")
        endpoint.clientKey = try Self.pem(configuration.clientKey, "client key")
        var expiry = now() + Self.fileLifetime
        // Credentials are never sent in the clear.
        guard configuration.server.isSecure else { return Reading(endpoint: endpoint, expiry: expiry) }
        switch configuration.credential {
        case .none: break
        case .token(let token): endpoint.setBearer(token)
        case .tokenFile(let path): endpoint.setBearer(try Self.token(path))
        case .basic(let user, let password):
            endpoint.fields.append(("Authorization", "Basic " + Base64.encode("\(user):\(password)".utf8)))
        case .exec(let plugin):
            let credential = try await plugin.run(for: configuration, on: loop)
            if let token = credential.token { endpoint.setBearer(token) }
            if let certificate = credential.certificate {
                endpoint.clientCertificate = Array(certificate.utf8)
                endpoint.clientKey = credential.key.map { Array($0.utf8) }
            }
            // Without an end they are good until the server refuses them.
            let seconds = credential.expiry.map { max($0 - WallClock.seconds - Self.execLeeway, 0) }
            expiry = now() + .seconds(min(seconds ?? .max, Self.execLifetimeSecondsMax))
        }
        endpoint.impersonate(configuration.impersonation)
        return Reading(endpoint: endpoint, expiry: expiry)
    }

    private static func pem(
        _ source: ClientConfiguration.PEMSource?, _ field: String
    ) throws(ConfigurationError) -> [UInt8]? {
        switch source {
        case nil: nil
        case .data(let bytes): bytes
        case .file(let path): try SmallFile.read(path, for: field)
        }
    }

    private static func token(_ path: String) throws(ConfigurationError) -> String {
        let text = String(decoding: try SmallFile.read(path, for: "token file"), as: UTF8.self)
        let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init)
        guard let token else { throw ConfigurationError("token file: \(path) is empty") }
        return token
    }
}

extension Endpoint {
    mutating func setBearer(_ token: String) {
        fields.append(("Authorization", "Bearer \(token)"))
    }

    /// client-go `transport/round_trippers.go`, impersonatingRoundTripper.
    mutating func impersonate(_ identity: ClientConfiguration.Impersonation) {
        guard !identity.user.isEmpty else { return }
        fields.append(("Impersonate-User", identity.user))
        if !identity.uid.isEmpty { fields.append(("Impersonate-Uid", identity.uid)) }
        fields += identity.groups.map { ("Impersonate-Group", $0) }
        for (key, values) in identity.extra {
            fields += values.map { ("Impersonate-Extra-\(KubeRequest.encoded(key))", $0) }
        }
    }
}
