import HTTPServer
import KubeModel
import Reactor

/// A list, read page by page as the cluster was when it began.
///
/// A page that the client asked for, and a list that is short, are answered as a whole; a longer list is sent as it is
/// read, so that it costs the memory of a page and holds up no other client.
struct ResourceList: Sendable {
    /// Octets of items that are gathered before an answer is sent as it is read.
    static let bufferBytesMax = 1 << 20
    /// Objects read at once.
    static let pageItemsMax = 128

    private let cluster: any ServedCluster
    private let resource: Resource
    private let namespace: String?
    private let options: ListOptions
    private let rendering: ObjectRendering

    private var query: PageQuery
    private var metadata = ListMetadata(resourceVersion: 0)
    private var bytes: [UInt8] = []
    private var count = 0
    private var isAtEnd = false

    init(
        _ resource: Resource, in cluster: any ServedCluster, namespace: String?, options: ListOptions,
        rendering: ObjectRendering
    ) {
        self.resource = resource
        self.cluster = cluster
        self.namespace = namespace
        self.options = options
        self.rendering = rendering
        query = PageQuery(limit: Self.pageItemsMax)
        query.name = options.selector.fields.name
        query.after = options.continueToken?.after
        query.resourceVersion = options.startingState
        metadata.remainingItemCount = options.continueToken?.remaining
        query.countsRemaining = options.limit > 0 && options.selector.isEverything && options.continueToken == nil
    }

    /// Throws 410 Expired when the state that the client asks for is gone, 504 when it has not been reached.
    mutating func answer() async throws(Status) -> APIAnswer {
        do throws(Status) {
            repeat { try await readPage() } while !isAtEnd && !isPageFull && !isLong
        } catch {
            throw expiredInTheMiddle(error)
        }
        if options.limit > 0 || isAtEnd {
            let end = isAtEnd ? nil : query.after
            if let end {
                metadata.continueToken =
                    ContinueToken(
                        resourceVersion: query.resourceVersion ?? 0, after: end, remaining: metadata.remainingItemCount
                    ).text
            }
            if end == nil || !options.selector.isEverything { metadata.remainingItemCount = nil }
            return APIAnswer(
                .json(rendering.listStart(metadata) + bytes + rendering.listEnd + [UInt8(ascii: "\n")]))
        }
        metadata.remainingItemCount = nil
        let list = self
        return APIAnswer(stream: { writer in
            var list = list
            await list.send(to: writer)
        })
    }

    private var isPageFull: Bool { options.limit > 0 && (count >= options.limit || isLong) }
    private var isLong: Bool { bytes.count >= Self.bufferBytesMax }

    /// Adds the selected ones of some objects to `bytes`.
    private mutating func readPage() async throws(Status) {
        // Between two pages others have their turn.
        if metadata.resourceVersion > 0 { await EventLoop.yield() }
        let left = options.limit > 0 ? options.limit - count : Self.pageItemsMax
        query.limit = options.selector.isEverything ? min(left, Self.pageItemsMax) : Self.pageItemsMax
        let page = try await cluster.page(resource, namespace: namespace, query: query)
        if let least = options.leastState, page.resourceVersion < least {
            throw .resourceVersionTooLarge(requested: least, current: page.resourceVersion)
        }
        if query.countsRemaining { metadata.remainingItemCount = page.remaining.map { $0 + page.items.count } }
        query.countsRemaining = false
        metadata.resourceVersion = page.resourceVersion
        if !options.isInconsistent { query.resourceVersion = page.resourceVersion }
        for item in page.items {
            if isPageFull { return }
            query.after = item.name
            metadata.remainingItemCount = metadata.remainingItemCount.map { max(0, $0 - 1) }
            guard try options.selector.matches(item.name, item.object) else { continue }
            if count > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: try rendering.object(item.object))
            count += 1
        }
        if let end = page.end { query.after = end } else { isAtEnd = true }
    }

    private mutating func send(to writer: ResponseWriter) async {
        do throws(Status) {
            guard await writer.write(rendering.listStart(metadata)) else { return }
            while true {
                guard await writer.write(bytes) else { return }
                bytes = []
                if isAtEnd { break }
                try await readPage()
            }
            _ = await writer.write(rendering.listEnd + [UInt8(ascii: "\n")])
        } catch {
            // Too slow a reader, and too many changes meanwhile: what was sent is no list.
            writer.abort()
        }
    }

    /// A token that is too old gets one with which the rest can be had, as it is now
    /// (apiserver `pkg/storage/etcd3/errors.go`).
    private func expiredInTheMiddle(_ status: Status) -> Status {
        guard status.code == 410, let token = options.continueToken else { return status }
        var status = status
        status.message =
            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
            + "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
            + "the results. Continuing with the provided token results in an inconsistent list - objects that were "
            + "created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
        status.continueToken = ContinueToken(resourceVersion: 0, after: token.after, remaining: nil).text
        return status
    }
}

extension ListOptions {
    /// The state that a list must show; `nil` for the latest.
    fileprivate var startingState: UInt64? {
        if let continueToken { return isInconsistent ? nil : continueToken.resourceVersion }
        guard let resourceVersion, resourceVersion > 0 else { return nil }
        // A limit without a match means exactly this state: pages were so before there was a match.
        return match == .exact || (match == nil && limit > 0) ? resourceVersion : nil
    }

    /// The state that a list must have reached.
    fileprivate var leastState: UInt64? { startingState == nil && continueToken == nil ? resourceVersion : nil }

    /// Whether each page shows the latest state.
    fileprivate var isInconsistent: Bool { continueToken?.resourceVersion == 0 }
}
