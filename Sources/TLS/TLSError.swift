// TLS: sessions that take bytes and give bytes, contexts, certificates. The only module that knows OpenSSL; may import
// COpenSSL, and knows nothing of sockets or HTTP.

import COpenSSL
import Glibc

/// OpenSSL refused: what was tried, and the reasons from its error stack.
package struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
    package let operation: String
    package let reason: String

    /// Takes the calling thread's error stack, and empties it.
    init(draining operation: String) {
        self.operation = operation
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            var text = [CChar](repeating: 0, count: 256)
            if let reason = ERR_reason_error_string(code) {
                reasons.append(String(cString: reason))
            } else {
                ERR_error_string_n(code, &text, text.count)
                reasons.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
        }
        reason = reasons.isEmpty ? "no reason given" : reasons.joined(separator: ", ")
    }

    package init(_ operation: String, reason: String) {
        self.operation = operation
        self.reason = reason
    }

    package var description: String { "\(operation): \(reason)" }
}
