import ArgumentParser
import HTTP2Wire
import HTTPServer
import TLS

extension TLSSettings.Version: ExpressibleByArgument {}

/// Flags of TLS and of the limits, named as kube-apiserver's.
struct ServingFlags: ParsableArguments {
    @Option(help: "The serving certificate, PEM, with its chain. Needs --tls-private-key-file.")
    var tlsCertFile: String?

    @Option(help: "The private key of --tls-cert-file.")
    var tlsPrivateKeyFile: String?

    @Option(
        help: """
            certificate,key[:name,*.domain]: another certificate, for clients that ask for one of the names by SNI. \
            Without names, those in the certificate. May repeat.
            """)
    var tlsSniCertKey: [String] = []

    @Option(help: "The lowest version of TLS: VersionTLS12 or VersionTLS13.")
    var tlsMinVersion = TLSSettings.Version.tls12

    @Option(help: "Cipher suites by their IANA names, separated by commas. Default: Mozilla's intermediate profile.")
    var tlsCipherSuites: String?

    @Flag(help: "Serve HTTP/1.1 only.")
    var disableHttp2Serving = false

    @Option(help: "Streams at once on an HTTP/2 connection.")
    var http2MaxStreamsPerConnection = 100

    @Option(help: "Reading requests that may be served at once; more get 429. 0 means any number.")
    var maxRequestsInflight = 400

    @Option(help: "Changing requests that may be served at once; more get 429. 0 means any number.")
    var maxMutatingRequestsInflight = 200

    @Option(help: "How long a request may take, such as 60s; then it gets 504.")
    var requestTimeout = GoDuration(seconds: 60)

    @Option(
        help: """
            How long to serve on after SIGTERM while /readyz fails already, such as 10s: those who balance requests \
            over several servers must hear of it first.
            """)
    var shutdownDelayDuration = GoDuration(seconds: 0)

    /// What is wrong with the values, all of it.
    func problems() -> [String] {
        var problems: [String] = []
        if (tlsCertFile == nil) != (tlsPrivateKeyFile == nil) {
            problems.append("--tls-cert-file and --tls-private-key-file go together")
        }
        for pair in tlsSniCertKey where SNICertificate(pair) == nil {
            problems.append("--tls-sni-cert-key \(pair) is not certificate,key[:name,*.domain]")
        }
        if !(1...10_000).contains(http2MaxStreamsPerConnection) {
            problems.append(
                "--http2-max-streams-per-connection \(http2MaxStreamsPerConnection) is not in 1...10000")
        }
        if maxRequestsInflight < 0 { problems.append("--max-requests-inflight is negative") }
        if maxMutatingRequestsInflight < 0 { problems.append("--max-mutating-requests-inflight is negative") }
        if !(1000...3_600_000).contains(requestTimeout.milliseconds) {
            problems.append("--request-timeout \(requestTimeout.defaultValueDescription) is not in 1s...1h")
        }
        if shutdownDelayDuration.milliseconds > 600_000 {
            problems.append("--shutdown-delay-duration is longer than 10m")
        }
        do { _ = try settings() } catch { problems.append("--tls-cipher-suites: \(error.reason)") }
        return problems
    }

    func settings() throws(TLSError) -> TLSSettings {
        var settings = TLSSettings()
        settings.minimumVersion = tlsMinVersion
        settings.http2 = !disableHttp2Serving
        if let tlsCipherSuites {
            try settings.setCipherSuites(tlsCipherSuites.split(separator: ",").map(String.init))
        }
        return settings
    }

    /// The server's limits, for a process that may have so many descriptors open, on so many loops.
    func configuration(descriptors: Int, loops: Int) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.requestTimeout = requestTimeout.milliseconds
        configuration.http2.concurrentStreamsMax = http2MaxStreamsPerConnection
        configuration.connectionsPerLoopMax = max(
            1, min(Self.connectionsMax, Self.descriptorsForConnections(of: descriptors)) / loops)
        return configuration
    }

    /// Connections of all loops.
    private static let connectionsMax = 10_000
    /// Descriptors that are kept for files, the store, listeners and the client of a real cluster; at most half of them.
    private static let descriptorsKept = 200

    static func descriptorsForConnections(of descriptors: Int) -> Int {
        descriptors - min(descriptorsKept, descriptors / 2)
    }
}

/// One `--tls-sni-cert-key`.
struct SNICertificate {
    let certificate: String
    let key: String
    /// Empty means those in the certificate.
    let names: [String]

    init?(_ text: String) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let files = halves[0].split(separator: ",", omittingEmptySubsequences: false)
        guard files.count == 2, !files[0].isEmpty, !files[1].isEmpty else { return nil }
        certificate = String(files[0])
        key = String(files[1])
        names = halves.count > 1 ? halves[1].split(separator: ",").map(String.init) : []
        if halves.count > 1, names.isEmpty { return nil }
    }
}
