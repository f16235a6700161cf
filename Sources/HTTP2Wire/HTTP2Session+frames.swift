import CNghttp2
import HTTPWire

/// What the callbacks tell the session. None of these calls back into `receive`.
extension HTTP2Session {
    func frameBegins(_ header: nghttp2_frame_hd) {
        let type = nghttp2_frame_type(UInt32(header.type))
        switch type {
        case NGHTTP2_HEADERS: headersBegin(on: header.stream_id)
        case NGHTTP2_DATA:
            let isLast = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            if header.length == 0, !isLast { countGlitch() }
        case NGHTTP2_WINDOW_UPDATE:
            if !abuse.allowWindowUpdate(at: now) { terminate(NGHTTP2_ENHANCE_YOUR_CALM) }
        case NGHTTP2_CONTINUATION, NGHTTP2_RST_STREAM: break
        default: countGlitch()
        }
    }

    /// nghttp2 ignores HEADERS with the id of a stream that has been skipped (RFC 9113 §5.1.1).
    ///
    /// Those of a stream that this side has reset may have been on their way (§5.1).
    private func headersBegin(on id: Int32) {
        guard id % 2 == 1, id < lastStream, streams[id] == nil else { return }
        guard let stream = nghttp2_session_find_stream(session, id),
            nghttp2_stream_get_state(stream) == NGHTTP2_STREAM_STATE_CLOSED
        else { return terminate(NGHTTP2_PROTOCOL_ERROR) }
        countGlitch()
    }

    /// Counts what nghttp2 drops before any callback: frames of unknown types, DATA of streams that are closed, and the
    /// octets of header blocks, which it inflates even where it ignores them.
    func count(_ headers: [FrameScanner.Header]) {
        for header in headers {
            if header.blockBytes > httpLimits.headBytesMax { terminate(NGHTTP2_ENHANCE_YOUR_CALM) }
            let isLate =
                header.type == NGHTTP2_DATA.rawValue && header.stream <= lastStream && streams[header.stream] == nil
            if header.type > NGHTTP2_CONTINUATION.rawValue || isLate { countGlitch() }
        }
    }

    private func countGlitch() {
        if !abuse.allowGlitch(at: now) { terminate(NGHTTP2_ENHANCE_YOUR_CALM) }
    }

    func headersBegin(_ frame: nghttp2_frame) {
        guard frame.headers.cat == NGHTTP2_HCAT_REQUEST else { return }
        lastStream = max(lastStream, frame.hd.stream_id)
        streams[frame.hd.stream_id] = HTTP2Stream()
    }

    func headerArrives(_ frame: nghttp2_frame, name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        guard let stream = streams[frame.hd.stream_id] else { return }
        // RFC 9113 §6.5.2 counts 32 octets for each field.
        stream.fieldBytes += name.count + value.count + 32
        guard stream.fieldBytes <= httpLimits.headBytesMax else {
            // It has been told of this limit, and answering would mean inflating the rest.
            return terminate(NGHTTP2_ENHANCE_YOUR_CALM)
        }
        guard !stream.hasRequest, stream.failure == nil else { return }
        guard stream.fields.count < httpLimits.fieldsMax else {
            // The stream's alone: a front proxy's connection carries other users' requests.
            stream.failure = HTTPWireError(431, "there are more than \(httpLimits.fieldsMax) header fields")
            return
        }
        if name.first == UInt8(ascii: ":") {
            if name.elementsEqual(":method".utf8) { stream.method = String(decoding: value, as: UTF8.self) }
            if name.elementsEqual(":path".utf8) { stream.path = Array(value) }
            if name.elementsEqual(":authority".utf8) { stream.authority = Array(value) }
            if name.elementsEqual(":path".utf8), value.count > httpLimits.requestLineBytesMax {
                stream.failure = HTTPWireError(
                    414, "the request target is longer than \(httpLimits.requestLineBytesMax) bytes")
            }
        } else {
            if name.count + value.count > httpLimits.fieldLineBytesMax {
                stream.failure = HTTPWireError(
                    431, "a header field is larger than \(httpLimits.fieldLineBytesMax) bytes")
            }
            if Self.isWhiteSpace(value.first) || Self.isWhiteSpace(value.last) {
                let field = String(decoding: name.prefix(Self.toldNameBytes), as: UTF8.self)
                stream.failure = HTTPWireError(
                    400, "the value of header field \(field) begins or ends with white space")
            }
            stream.fields.append(name: name, value: value)
        }
    }

    /// Octets of a field's name that a message repeats.
    private static let toldNameBytes = 64

    private static func isWhiteSpace(_ octet: UInt8?) -> Bool { octet == 0x20 || octet == 0x09 }

    func frameArrived(_ frame: nghttp2_frame) {
        let id = frame.hd.stream_id
        let isLast = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch nghttp2_frame_type(UInt32(frame.hd.type)) {
        case NGHTTP2_HEADERS:
            guard let stream = streams[id] else { return }
            if isLast { stream.isRequestComplete = true }
            if stream.hasRequest {
                if isLast { events.append(.endOfContent(stream: id)) }
                return
            }
            stream.hasRequest = true
            do throws(HTTPWireError) {
                events.append(.request(stream: id, try stream.head(limits: httpLimits)))
            } catch {
                events.append(.malformed(stream: id, error))
            }
        case NGHTTP2_DATA:
            guard isLast, let stream = streams[id] else { return }
            stream.isRequestComplete = true
            events.append(.endOfContent(stream: id))
        case NGHTTP2_SETTINGS:
            if frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 { settingsSent = nil }
        default: break
        }
    }

    func contentArrives(_ id: Int32, _ content: UnsafeBufferPointer<UInt8>) {
        guard let stream = streams[id] else { return }
        stream.unconsumed += content.count
        if let unwanted = stream.unwanted {
            stream.unwanted?.bytesLeft -= content.count
            return unwanted.bytesLeft < content.count ? reset(stream: id) : consume(stream: id, content.count)
        }
        events.append(.content(stream: id, Array(content)))
    }

    func frameSent(_ frame: nghttp2_frame) {
        let id = frame.hd.stream_id
        switch nghttp2_frame_type(UInt32(frame.hd.type)) {
        case NGHTTP2_DATA:
            abuse.dataSent()
            streams[id]?.windowWait?.moved(frame.hd.length, at: now)
            if frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { responseEnded(id) }
        case NGHTTP2_HEADERS:
            if frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { responseEnded(id) }
        case NGHTTP2_RST_STREAM:
            let code = frame.rst_stream.error_code
            let isOurs = code == NGHTTP2_NO_ERROR.rawValue || code == NGHTTP2_REFUSED_STREAM.rawValue
            if !isOurs, !abuse.allowReset(at: now) { terminate(NGHTTP2_ENHANCE_YOUR_CALM) }
        default: break
        }
    }

    /// A response that is out while the request still comes: the rest is not wanted, but read for a while.
    private func responseEnded(_ id: Int32) {
        guard let stream = streams[id] else { return }
        stream.hasEnded = true
        guard !stream.isRequestComplete else { return }
        stream.unwanted = (limits.unwantedBytesMax, now + limits.unwantedTimeout)
        consume(stream: id, stream.unconsumed)
    }

    enum ContentLeaving {
        case bytes(Int, isLast: Bool)
        /// There is none now.
        case none
    }

    func contentLeaves(_ id: Int32, into target: UnsafeMutableBufferPointer<UInt8>) -> ContentLeaving {
        guard let stream = streams[id] else { return .bytes(0, isLast: true) }
        let count = min(target.count, stream.output.count)
        if count == 0, !stream.isOutputComplete {
            stream.isDeferred = true
            return .none
        }
        stream.output.bytes.withUnsafeBufferPointer { source in
            _ = target.update(fromContentsOf: source[stream.output.start..<(stream.output.start + count)])
        }
        let wasFull = stream.output.count >= limits.streamOutputBytesMax
        stream.output.removeFirst(count)
        if wasFull, stream.output.count < limits.streamOutputBytesMax { events.append(.writable(stream: id)) }
        return .bytes(count, isLast: stream.isOutputComplete && stream.output.isEmpty)
    }

    // MARK: Deadlines

    /// Notes which responses wait for the peer's windows; what waits for the socket is not their fault.
    func noteWindowWaits() {
        guard !streams.isEmpty else { return }
        let isShut = nghttp2_session_get_remote_window_size(session) <= 0
        for (id, stream) in streams {
            if stream.hasOutput, isShut || nghttp2_session_get_stream_remote_window_size(session, id) <= 0 {
                stream.windowWait = stream.windowWait ?? TransferWait(began: now)
            } else {
                stream.windowWait = nil
            }
        }
    }

    /// When the session must be looked at again, if nothing happens: milliseconds; `nil` means never.
    package var deadline: Int64? {
        var earliest = patience
        for stream in streams.values {
            if let unwanted = stream.unwanted { earliest = min(earliest ?? Int64.max, unwanted.deadline) }
            if let wait = stream.windowWait {
                earliest = min(earliest ?? Int64.max, limits.stallPace.deadline(of: wait))
            }
        }
        return earliest
    }

    /// When a peer that lets this side wait has done so for too long.
    private var patience: Int64? {
        guard !isTerminated else { return nil }
        var earliest: Int64?
        for began in [blockBegan, settingsSent] {
            if let began { earliest = min(earliest ?? Int64.max, began + limits.handshakeTimeout) }
        }
        return earliest
    }

    /// Resets streams whose unwanted content has no end or whose response the peer does not let out, and ends a session
    /// whose peer has let a deadline pass.
    package func deadlinePassed(at now: Int64) {
        self.now = now
        for (id, stream) in streams {
            if let unwanted = stream.unwanted, unwanted.deadline <= now {
                stream.unwanted = nil
                reset(stream: id)
            } else if let wait = stream.windowWait, limits.stallPace.deadline(of: wait) <= now {
                stream.windowWait = nil
                reset(id, NGHTTP2_ENHANCE_YOUR_CALM)
            }
        }
        guard let patience, patience <= now else { return }
        terminate(NGHTTP2_ENHANCE_YOUR_CALM)
    }
}
