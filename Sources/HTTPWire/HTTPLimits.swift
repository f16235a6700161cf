/// What one HTTP message may cost.
///
/// Every limit is in bytes or a count; the answer to one past it stands beside it.
package struct HTTPLimits: Sendable {
    /// The request-line: 414.
    ///
    /// RFC 9112 §3 asks for at least 8 000.
    package var requestLineBytesMax = 16 * 1024
    /// One field line: 431.
    package var fieldLineBytesMax = 16 * 1024
    /// Request-line and fields together: 431.
    package var headBytesMax = 64 * 1024
    /// Field lines: 431.
    ///
    /// X-Remote-Group and X-Remote-Extra-* take one each.
    package var fieldsMax = 200
    /// Empty lines before a request-line (RFC 9112 §2.2): 400.
    package var blankLinesMax = 4
    /// Content, after decoding: 413.
    ///
    /// It is kube-apiserver's limit (apiserver `pkg/server/config.go`).
    package var bodyBytesMax = 3 * 1024 * 1024
    /// Chunk extensions, oversized chunk framing and trailers of one message: 400.
    package var chunkOverheadBytesMax = 16 * 1024

    package init() {}
}
