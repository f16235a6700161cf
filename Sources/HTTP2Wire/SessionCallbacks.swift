import CNghttp2
import HTTPWire

/// The C side of `HTTP2Session`: one thin function a slot of nghttp2's, which finds the session and calls it.
enum SessionCallbacks {
    /// A server's session with our options; `nil` when there is no memory.
    ///
    /// The caller owns it.
    static func makeSession(limits: HTTP2Limits, userData: UnsafeMutableRawPointer) -> OpaquePointer? {
        var callbacks: OpaquePointer?
        var options: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0, nghttp2_option_new(&options) == 0 else { return nil }
        defer {
            nghttp2_session_callbacks_del(callbacks)
            nghttp2_option_del(options)
        }
        nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, onBeginFrame)
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders)
        nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, onInvalidHeader)
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrameReceived)
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onDataChunk)
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClosed)
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, onFrameSent)

        nghttp2_option_set_no_auto_window_update(options, 1)
        // Such a request is malformed (RFC 9113 §8.2.1), and is told so: "Authorization: Bearer $TOKEN" without a TOKEN.
        nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(options, 1)
        nghttp2_option_set_max_outbound_ack(options, limits.outboundAcksMax)
        nghttp2_option_set_max_continuations(options, limits.continuationsMax)
        nghttp2_option_set_stream_reset_rate_limit(
            options, UInt64(limits.resetsReceivedBurst), UInt64(limits.resetsReceivedPerSecond))

        var session: OpaquePointer?
        guard nghttp2_session_server_new2(&session, callbacks, userData, options) == 0 else { return nil }
        return session
    }

    /// Pulls a response's content as the windows let it out.
    static var dataProvider: nghttp2_data_provider {
        nghttp2_data_provider(source: nghttp2_data_source(), read_callback: readContent)
    }
}

private func session(_ userData: UnsafeMutableRawPointer?) -> HTTP2Session? {
    userData.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
}

private let proceed: Int32 = 0

private func onBeginFrame(
    _: OpaquePointer?, header: UnsafePointer<nghttp2_frame_hd>?, userData: UnsafeMutableRawPointer?
) -> Int32 {
    if let header { session(userData)?.frameBegins(header.pointee) }
    return proceed
}

private func onBeginHeaders(
    _: OpaquePointer?, frame: UnsafePointer<nghttp2_frame>?, userData: UnsafeMutableRawPointer?
) -> Int32 {
    if let frame { session(userData)?.headersBegin(frame.pointee) }
    return proceed
}

private func onHeader(
    _: OpaquePointer?, frame: UnsafePointer<nghttp2_frame>?, name: UnsafePointer<UInt8>?, nameLength: Int,
    value: UnsafePointer<UInt8>?, valueLength: Int, flags: UInt8, userData: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame else { return proceed }
    session(userData)?.headerArrives(
        frame.pointee, name: UnsafeBufferPointer(start: name, count: nameLength),
        value: UnsafeBufferPointer(start: value, count: valueLength))
    return proceed
}

private func onInvalidHeader(
    _: OpaquePointer?, frame: UnsafePointer<nghttp2_frame>?, name: UnsafePointer<UInt8>?, nameLength: Int,
    value: UnsafePointer<UInt8>?, valueLength: Int, flags: UInt8, userData: UnsafeMutableRawPointer?
) -> Int32 {
    // The stream is reset as malformed (RFC 9113 §8.1.1): nghttp2 would drop the field and go on.
    NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
}

private func onFrameReceived(
    _: OpaquePointer?, frame: UnsafePointer<nghttp2_frame>?, userData: UnsafeMutableRawPointer?
) -> Int32 {
    if let frame { session(userData)?.frameArrived(frame.pointee) }
    return proceed
}

private func onDataChunk(
    _: OpaquePointer?, flags: UInt8, stream: Int32, data: UnsafePointer<UInt8>?, length: Int,
    userData: UnsafeMutableRawPointer?
) -> Int32 {
    session(userData)?.contentArrives(stream, UnsafeBufferPointer(start: data, count: length))
    return proceed
}

private func onStreamClosed(
    _: OpaquePointer?, stream: Int32, code: UInt32, userData: UnsafeMutableRawPointer?
) -> Int32 {
    session(userData)?.forget(stream)
    // Never an error: a fatal one here leaks (CVE-2023-35945).
    return proceed
}

private func onFrameSent(
    _: OpaquePointer?, frame: UnsafePointer<nghttp2_frame>?, userData: UnsafeMutableRawPointer?
) -> Int32 {
    if let frame { session(userData)?.frameSent(frame.pointee) }
    return proceed
}

private func readContent(
    _: OpaquePointer?, stream: Int32, buffer: UnsafeMutablePointer<UInt8>?, length: Int,
    flags: UnsafeMutablePointer<UInt32>?, _: UnsafeMutablePointer<nghttp2_data_source>?,
    userData: UnsafeMutableRawPointer?
) -> Int {
    guard let session = session(userData), let buffer, let flags else {
        return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }
    let target = UnsafeMutableBufferPointer(start: buffer, count: length)
    switch session.contentLeaves(stream, into: target) {
    case .bytes(let count, let isLast):
        if isLast { flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return count
    case .none: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
}
