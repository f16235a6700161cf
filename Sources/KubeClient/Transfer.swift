import CCurl

/// One request on its way, and what has come of its answer: an easy handle of libcurl's.
///
/// Belongs to one loop.
final class Transfer {
    let easy: UnsafeMutableRawPointer
    private let endpoint: Endpoint
    private let body: [UInt8]
    private var sentBytes = 0
    private let responseBytesMax: Int
    private let headBytesMax: Int
    private var fieldLines: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var waiter: CheckedContinuation<Void, Never>?
    private var headBytes = 0
    /// Called after each piece of the answer.
    var received: (() -> Void)?
    /// Why it was ended on this side.
    private var cause: KubeClientError?

    private(set) var status = 0
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var hasHead = false
    /// Content that nobody has taken.
    private var content: [UInt8] = []
    private var outcome: CURLcode?

    /// `nil` when there is no memory.
    init?(
        _ request: KubeRequest, to endpoint: Endpoint, userAgent: String, timeout: Int64, responseBytesMax: Int,
        limits: KubeClientLimits
    ) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.endpoint = endpoint
        self.responseBytesMax = responseBytesMax
        headBytesMax = limits.headBytesMax
        body = request.body ?? []
        ccurl_set_error_text(easy, errorText)
        endpoint.apply(to: easy, target: request.target)
        ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
        ccurl_set_string(easy, CURLOPT_USERAGENT, userAgent)
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Int(timeout))
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(min(limits.connectTimeout, timeout)))
        setFieldLines(request)
        setCallbacks(request)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(fieldLines)
        curl_slist_free_all(connectTo)
        errorText.deallocate()
    }

    private func setFieldLines(_ request: KubeRequest) {
        var fields = endpoint.fields + request.fields
        if !fields.contains(where: { $0.name == "Accept" }) { fields.append(("Accept", "application/json")) }
        if endpoint.hasOtherName {
            fields.append(("Host", endpoint.url.authority))
            connectTo = curl_slist_append(nil, "::\(endpoint.url.authority)")
            ccurl_set_list(easy, CURLOPT_CONNECT_TO, connectTo)
        }
        // A colon and nothing leaves a field of libcurl's own out.
        let lines = fields.map { "\($0.name): \($0.value)" } + ["Expect:"]
        for line in lines { fieldLines = curl_slist_append(fieldLines, line) }
        ccurl_set_list(easy, CURLOPT_HTTPHEADER, fieldLines)
    }

    private func setCallbacks(_ request: KubeRequest) {
        let user = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_receivers(
            easy,
            { data, size, count, user in Transfer.lent(user)?.receiveHead(data, size &* count) ?? 0 },
            { data, size, count, user in Transfer.lent(user)?.receiveContent(data, size &* count) ?? 0 }, user)
        guard request.body != nil else {
            if request.method == "HEAD" { ccurl_set_long(easy, CURLOPT_NOBODY, 1) }
            return
        }
        ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
        ccurl_set_length(easy, body.count)
        ccurl_set_sender(
            easy, { data, size, count, user in Transfer.lent(user)?.send(into: data, size &* count) ?? 0 }, user)
        // On a connection that was open already libcurl repeats whatever got no answer; it cannot without this.
        guard request.isRepeatable else { return }
        ccurl_set_rewind(
            easy,
            { user, offset, origin in
                guard let transfer = Transfer.lent(user), offset == 0, origin == 0 else { return CURL_SEEKFUNC_FAIL }
                transfer.sentBytes = 0
                return CURL_SEEKFUNC_OK
            }, user)
    }

    private static func lent(_ user: UnsafeMutableRawPointer?) -> Transfer? {
        user.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: What libcurl calls

    private func send(into data: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
        guard let data else { return 0 }
        let count = min(capacity, body.count - sentBytes)
        body.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: data, count: count)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[sentBytes..<sentBytes + count]))
        }
        sentBytes += count
        return count
    }

    /// Takes one line of a head; a final response's follows those of its 1xx responses.
    private func receiveHead(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headBytes += count
        guard let data, headBytes <= headBytesMax else {
            fail(.tooLarge, "the answer's head is larger than \(headBytesMax) bytes")
            return 0
        }
        var octets = UnsafeRawBufferPointer(start: data, count: count)[...]
        while let last = octets.last, last == 0x0d || last == 0x0a { octets.removeLast() }
        let line = String(decoding: octets, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            fields = []
        } else if line.isEmpty {
            if status >= 200 {
                hasHead = true
                received?()
                wake()
            }
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields.append((line[..<colon].lowercased(), String(value)))
        }
        return count
    }

    private func receiveContent(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let data, content.count + count <= responseBytesMax else {
            fail(.tooLarge, "the answer is larger than \(responseBytesMax) bytes")
            return 0
        }
        content.append(contentsOf: UnsafeRawBufferPointer(start: data, count: count))
        received?()
        wake()
        return count
    }

    /// Tells why the transfer is about to be ended.
    func fail(_ kind: KubeClientError.Kind, _ reason: String) {
        cause = KubeClientError(kind, "\(endpoint.url): \(reason)")
    }

    /// Ends the transfer; called once.
    func finish(_ code: CURLcode) {
        outcome = code
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    // MARK: Waiting

    private func wait(_ isStillWanted: () -> Bool) async {
        while isStillWanted() {
            await withCheckedContinuation { continuation in
                if isStillWanted() { waiter = continuation } else { continuation.resume() }
            }
        }
    }

    /// The whole answer.
    func response() async throws(KubeClientError) -> KubeResponse {
        await wait { outcome == nil }
        if let failure { throw failure }
        return KubeResponse(status: status, fields: fields, body: content)
    }

    /// Waits for the answer's head.
    func head() async throws(KubeClientError) {
        await wait { outcome == nil && !hasHead }
        if !hasHead, let failure { throw failure }
    }

    /// The content that has come since the last call; `nil` at its end.
    func nextContent() async throws(KubeClientError) -> [UInt8]? {
        await wait { outcome == nil && content.isEmpty }
        if !content.isEmpty {
            defer { content = [] }
            return content
        }
        if let failure { throw failure }
        return nil
    }

    private var failure: KubeClientError? {
        guard let outcome, outcome != CURLE_OK else { return nil }
        if let cause { return cause }
        let text = String(cString: errorText)
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(outcome)) : text
        return KubeClientError(Self.kind(outcome), "\(endpoint.url): \(reason)")
    }

    private static func kind(_ code: CURLcode) -> KubeClientError.Kind {
        switch code {
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND, CURLE_WEIRD_SERVER_REPLY, CURLE_ABORTED_BY_CALLBACK,
            CURLE_WRITE_ERROR:
            .connectionLost
        default: .unreachable
        }
    }
}
