// Reactor: descriptors, epoll, the loop and its executor. The only module that knows sockets and threads;
// may import CLinux and Glibc, and knows nothing of TLS or HTTP.

import Glibc

/// A system call that failed: its name, and errno(3).
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    package let call: String
    package let errno: Int32

    package init(_ call: String, errno: Int32) {
        self.call = call
        self.errno = errno
    }

    /// `bind: Address already in use`.
    package var description: String { "\(call): \(String(cString: strerror(errno)))" }
}

/// How an I/O call ended.
///
/// Would-block and the end of the stream are outcomes, not errors.
package enum IOResult: Sendable, Equatable {
    /// Bytes moved; at least 1.
    case bytes(Int)
    case wouldBlock
    case endOfStream
    case failed(SystemError)
}

extension SystemError {
    /// No descriptor or memory is left: EMFILE, ENFILE, ENOBUFS, ENOMEM.
    package var isExhaustion: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) }

    package var isWouldBlock: Bool { errno == EAGAIN }
}
