import KubeModel
package import Reactor
import Synchronization

/// A client of one cluster's kube-apiserver.
///
/// Each loop has connections of its own; a caller on one of the loops stays there, others are sent to each in turn.
package final class KubeClient: Sendable {
    package let server: ServerURL
    let limits: KubeClientLimits
    private let sites: [Site]
    private let userAgent: String
    private let credentials: CredentialSource
    private let turn = Atomic(0)

    /// - Parameters:
    ///   - loops: at least one.
    ///   - version: of this program, for User-Agent.
    ///   - now: the clock of the credentials, which tests may play.
    package init(
        _ configuration: ClientConfiguration, loops: [EventLoop], version: String,
        limits: KubeClientLimits = KubeClientLimits(), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        precondition(!loops.isEmpty, "a client needs a loop")
        server = configuration.server
        self.limits = limits
        sites = loops.map(Site.init)
        userAgent = "hotplug-apiserver/\(version) (\(GoPlatform.name))"
        credentials = CredentialSource(configuration, now: now)
    }

    /// Ends all transfers; nothing can be asked afterwards.
    package func close() async {
        for site in sites { await site.close(on: site.loop) }
    }

    /// Sends a request and answers the whole response, whatever its status.
    ///
    /// Repeated are: any request after 401 with renewed credentials, once; any that a 429 or 5xx with Retry-After asks
    /// for again, if it obeys that; a repeatable one whose connection was lost (client-go `rest/with_retry.go`).
    package func request(_ request: KubeRequest) async throws(KubeClientError) -> KubeResponse {
        let site = site()
        return try await perform(request, at: site, on: site.loop)
    }

    /// Sends a GET whose answer has no end.
    ///
    /// The stream belongs to the loop. Throws as `request` does, for what comes before the content; a timeout, too, when
    /// the head has not come after `watchHeadTimeout`.
    package func open(
        _ request: KubeRequest, on loop: isolated EventLoop
    ) async throws(KubeClientError) -> KubeStream {
        guard let site = sites.first(where: { $0.loop === loop }) else {
            throw KubeClientError(.unreachable, "\(server): the loop is not the client's")
        }
        let endpoint = try await credentials.endpoint(on: loop)
        let (transfer, transfers) = try site.start(
            request, to: endpoint, userAgent: userAgent, timeout: request.timeout,
            responseBytesMax: limits.streamBytesMax, limits: limits, on: loop)
        let stream = KubeStream(transfer, transfers, limits, on: loop)
        do throws(KubeClientError) {
            try await transfer.head()
        } catch {
            stream.cancel()
            throw error
        }
        if transfer.status == 401 { credentials.drop() }
        return stream
    }

    /// The loop that a watch should live on.
    package var firstLoop: EventLoop { sites[0].loop }

    private func site() -> Site {
        if let site = sites.first(where: { $0.loop.executor.isIsolatingCurrentContext() == true }) { return site }
        return sites[Int(UInt(bitPattern: turn.wrappingAdd(1, ordering: .relaxed).oldValue) % UInt(sites.count))]
    }

    private func perform(
        _ request: KubeRequest, at site: Site, on loop: isolated EventLoop
    ) async throws(KubeClientError) -> KubeResponse {
        let end = ContinuousClock.now + .milliseconds(request.timeout)
        var (retries, reconnects, hasRenewed) = (0, 0, false)
        while true {
            let endpoint = try await credentials.endpoint(on: loop)
            let left = (end - .now).milliseconds
            guard left > 0 else { throw KubeClientError(.timeout, "\(server): no answer in \(request.timeout) ms") }
            let response: KubeResponse
            do throws(KubeClientError) {
                let (transfer, _) = try site.start(
                    request, to: endpoint, userAgent: userAgent, timeout: left,
                    responseBytesMax: request.responseBytesMax, limits: limits, on: loop)
                response = try await transfer.response()
            } catch {
                guard error.kind == .connectionLost, request.isRepeatable, reconnects < limits.reconnectsMax else {
                    throw error
                }
                if reconnects > 0 { await loop.sleep(milliseconds: limits.reconnectPause) }
                reconnects += 1
                continue
            }
            if response.status == 401, credentials.isRenewable {
                credentials.drop()
                if !hasRenewed {
                    hasRenewed = true
                    continue
                }
            }
            guard response.status == 429 || response.status >= 500, request.obeysRetryAfter,
                retries < limits.retriesMax, let seconds = response.retryAfterSeconds,
                seconds <= limits.retryAfterMaxSeconds, .now + .seconds(seconds) < end
            else { return response }
            retries += 1
            await loop.sleep(milliseconds: Int64(seconds) * 1000)
        }
    }
}

/// The client's part of one loop.
private final class Site: @unchecked Sendable {
    // Sendable: what changes is touched on the loop alone, as each method's parameter says.
    let loop: EventLoop
    private var transfers: TransferLoop?
    /// Those that have transfers still.
    private var retired: [TransferLoop] = []
    private var isClosed = false

    init(loop: EventLoop) {
        self.loop = loop
    }

    func start(
        _ request: KubeRequest, to endpoint: Endpoint, userAgent: String, timeout: Int64, responseBytesMax: Int,
        limits: KubeClientLimits, on loop: isolated EventLoop
    ) throws(KubeClientError) -> (Transfer, TransferLoop) {
        guard !isClosed else { throw KubeClientError(.unreachable, "\(endpoint.url): the client is closed") }
        if let known = transfers, known.isRetired {
            retired.removeAll(where: \.isClosed)
            if !known.isClosed { retired.append(known) }
            transfers = nil
        }
        if transfers == nil { transfers = TransferLoop(selector: loop.selector, limits: limits) }
        let transfer = Transfer(
            request, to: endpoint, userAgent: userAgent, timeout: timeout, responseBytesMax: responseBytesMax,
            limits: limits)
        guard let transfers, let transfer else { throw KubeClientError(.unreachable, "\(endpoint.url): no memory") }
        transfers.start(transfer)
        return (transfer, transfers)
    }

    func close(on loop: isolated EventLoop) {
        isClosed = true
        for transfers in retired + [transfers].compactMap(\.self) { transfers.close() }
        retired = []
        transfers = nil
    }
}
