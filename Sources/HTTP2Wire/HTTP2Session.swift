// HTTP2Wire: HTTP/2 (RFC 9113) by libnghttp2, as bytes in, bytes out. The only module that knows nghttp2; may import
// CNghttp2 and HTTPWire; knows no socket, clock or thread.

import CNghttp2
package import HTTPWire

/// The server's end of one HTTP/2 connection.
///
/// Bytes go in by `receive`, which answers what happened; what is to be sent comes out of `takeOutput`. Times are
/// milliseconds of a clock that never goes back. Belongs to one loop.
package final class HTTP2Session {
    package enum Event {
        /// A request's head; its content, if it has any, follows.
        case request(stream: Int32, HTTPRequestHead)
        /// Something that is no request, and what to answer.
        case malformed(stream: Int32, HTTPWireError)
        case content(stream: Int32, [UInt8])
        case endOfContent(stream: Int32)
        /// The response's queue has room again.
        case writable(stream: Int32)
        /// The stream is no more: done, or reset by either side.
        case closed(stream: Int32)
    }

    private(set) var session: OpaquePointer?
    let limits: HTTP2Limits
    let httpLimits: HTTPLimits
    var streams: [Int32: HTTP2Stream] = [:]
    var events: [Event] = []
    var abuse: AbuseGuard
    var now: Int64 = 0
    private var scanner = FrameScanner()
    /// The highest stream that the peer has opened.
    var lastStream: Int32 = 0
    var settingsSent: Int64?
    private var isDead = false
    /// Whether the peer's bytes are of no interest any more.
    private(set) var isTerminated = false

    /// `nil` when there is no memory.
    package init?(limits: HTTP2Limits = HTTP2Limits(), httpLimits: HTTPLimits = HTTPLimits(), now: Int64) {
        self.limits = limits
        self.httpLimits = httpLimits
        self.now = now
        abuse = AbuseGuard(limits)
        guard
            let made = SessionCallbacks.makeSession(limits: limits, userData: Unmanaged.passUnretained(self).toOpaque())
        else { return nil }
        session = made
        settingsSent = now
        var settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
                value: UInt32(limits.concurrentStreamsMax)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: UInt32(limits.streamWindowBytes)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(httpLimits.headBytesMax)),
        ]
        nghttp2_submit_settings(made, UInt8(NGHTTP2_FLAG_NONE.rawValue), &settings, settings.count)
        nghttp2_session_set_local_window_size(
            made, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(limits.connectionWindowBytes))
    }

    deinit {
        nghttp2_session_del(session)
    }

    // MARK: In

    /// Takes bytes, and answers what they brought.
    ///
    /// After a failure the session is dead: send what `takeOutput` has, and close.
    package func receive(_ bytes: [UInt8], at now: Int64) -> [Event] {
        guard !isDead, !isTerminated else { return [] }
        self.now = now
        count(scanner.scan(bytes, at: now))
        let used = bytes.withUnsafeBufferPointer { nghttp2_session_mem_recv(session, $0.baseAddress, $0.count) }
        if used < 0 { isDead = true }
        return takeEvents()
    }

    private func takeEvents() -> [Event] {
        defer { events = [] }
        return events
    }

    // MARK: Out

    /// Appends frames to `output` until it has `limit` bytes or nothing is left, and answers what their leaving brought.
    package func takeOutput(into output: inout [UInt8], limit: Int, at now: Int64) -> [Event] {
        self.now = now
        while output.count < limit, !isDead {
            var data: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &data)
            if count < 0 { isDead = true }
            guard count > 0, let data else { break }
            output.append(contentsOf: UnsafeBufferPointer(start: data, count: count))
        }
        noteWindowWaits()
        return takeEvents()
    }

    /// Whether the connection has nothing more to do.
    package var isFinished: Bool {
        isDead || (nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0)
    }

    /// When the header block began that is not whole.
    var blockBegan: Int64? { scanner.blockBegan }

    /// How many streams are open.
    package var streamCount: Int { streams.count }

    // MARK: Responding

    /// Sends an interim 100 (RFC 9110 §10.1.1).
    package func sendContinue(stream: Int32) {
        withFields([(":status", "100")], nil) { fields, count in
            _ = nghttp2_submit_headers(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, nil, fields, count, nil)
        }
    }

    /// Starts a response.
    ///
    /// With `content` it is whole; without, `append` and `finish` follow. None of it is sent to a HEAD.
    package func respond(stream id: Int32, _ head: HTTPResponseHead, date: String, content: [UInt8]?) {
        guard let stream = streams[id], !stream.isResponding else { return }
        stream.isResponding = true
        var fields: [(String, String)] = [(":status", "\(head.status)"), ("date", date)]
        for field in head.fields { fields.append((field.name.lowercased(), field.value)) }
        let isHead = stream.method == "HEAD"
        let hasContent = head.status != 204 && head.status != 304
        if let content, hasContent { fields.append(("content-length", "\(content.count)")) }
        stream.output = ByteQueue(isHead || !hasContent ? [] : content ?? [])
        stream.isOutputComplete = content != nil || isHead
        let isBare = stream.isOutputComplete && stream.output.isEmpty
        withFields(fields, head.prepared) { fields, count in
            var provider = SessionCallbacks.dataProvider
            withUnsafePointer(to: &provider) { provider in
                _ = nghttp2_submit_response(session, id, fields, count, isBare ? nil : provider)
            }
        }
    }

    /// Adds content to a response; answers whether there is still room for more.
    package func append(stream id: Int32, _ content: [UInt8]) -> Bool {
        guard let stream = streams[id] else { return false }
        stream.output.append(content)
        resume(id, stream)
        return stream.output.count < limits.streamOutputBytesMax
    }

    /// Ends a response.
    package func finish(stream id: Int32) {
        guard let stream = streams[id] else { return }
        stream.isOutputComplete = true
        resume(id, stream)
    }

    private func resume(_ id: Int32, _ stream: HTTP2Stream) {
        guard stream.isDeferred else { return }
        stream.isDeferred = false
        nghttp2_session_resume_data(session, id)
    }

    /// Opens the windows again by content that the handler has taken.
    package func consume(stream id: Int32, _ count: Int) {
        guard let stream = streams[id], count > 0 else { return }
        let count = min(count, stream.unconsumed)
        stream.unconsumed -= count
        nghttp2_session_consume(session, id, count)
    }

    /// Resets a stream: NO_ERROR when only the rest of the request is unwanted (RFC 9113 §8.1).
    package func reset(stream id: Int32, refused: Bool = false) {
        reset(id, refused ? NGHTTP2_REFUSED_STREAM : NGHTTP2_NO_ERROR)
    }

    func reset(_ id: Int32, _ code: nghttp2_error_code) {
        guard streams[id] != nil else { return }
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, code.rawValue)
    }

    /// Breaks off a response that cannot be completed, so that the peer does not take it for whole.
    package func abort(stream id: Int32) {
        reset(id, NGHTTP2_INTERNAL_ERROR)
    }

    // MARK: Ending

    /// Tells the peer to open no more streams, and takes those that are on their way (RFC 9113 §6.8).
    package func announceShutdown() {
        nghttp2_submit_shutdown_notice(session)
    }

    /// Tells the peer which streams will be served; a client may send the others elsewhere.
    package func goAway() {
        nghttp2_submit_goaway(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(session),
            NGHTTP2_NO_ERROR.rawValue, nil, 0)
    }

    /// Ends the session for a peer that does harm.
    func terminate(_ code: nghttp2_error_code) {
        isTerminated = true
        nghttp2_session_terminate_session(session, code.rawValue)
    }

    /// Content that a closed stream left unread must not keep the connection's window closed.
    func forget(_ id: Int32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        if stream.unconsumed > 0 { nghttp2_session_consume_connection(session, stream.unconsumed) }
        events.append(.closed(stream: id))
    }

    private func withFields(
        _ fields: [(String, String)], _ prepared: PreparedFields?,
        _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Void
    ) {
        var block = prepared?.block ?? []
        let preparedBytes = block.count
        for (name, value) in fields {
            block.append(contentsOf: name.utf8)
            // nghttp2 refuses control characters by dropping the whole response.
            for octet in value.utf8 { block.append(octet < 0x20 && octet != 0x09 ? 0x20 : octet) }
        }
        block.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            var entries: [nghttp2_nv] = []
            entries.reserveCapacity(fields.count + (prepared?.lengths.count ?? 0))
            func append(_ name: Int, _ value: Int, at offset: inout Int) {
                entries.append(
                    nghttp2_nv(
                        name: base + offset, value: base + offset + name, namelen: name, valuelen: value,
                        flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
                offset += name + value
            }
            // Pseudo-header fields, among the first here, go before all others (RFC 9113 §8.3).
            var offset = preparedBytes
            for (name, value) in fields { append(name.utf8.count, value.utf8.count, at: &offset) }
            offset = 0
            for length in prepared?.lengths ?? [] { append(length.name, length.value, at: &offset) }
            entries.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
        }
    }
}
