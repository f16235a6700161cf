import CLinux
import Glibc

/// The calls that a connection makes, as values, so that a test can play the kernel: EAGAIN, EINTR, short writes,
/// ECONNRESET, EMFILE.
///
/// Each answers what the system call would, with a negated errno(3) for a failure.
package struct SystemCalls: Sendable {
    package var read: @Sendable (_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int
    package var write: @Sendable (_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int
    package var accept: @Sendable (_ listener: Int32) -> (descriptor: Int32, peer: SocketAddress?)

    package static let linux = SystemCalls(
        read: { descriptor, buffer in
            let count = Glibc.recv(descriptor, buffer.baseAddress, buffer.count, 0)
            return count < 0 ? Int(-errno) : count
        },
        write: { descriptor, buffer in
            let count = Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            return count < 0 ? Int(-errno) : count
        },
        accept: { listener in
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = clinux_accept(listener, &storage, &length)
            return (descriptor, descriptor >= 0 ? SocketAddress(storage) : nil)
        })

    /// Reads into `buffer`, at most all of it.
    ///
    /// Wraps `recv(2)`; repeats on EINTR.
    package func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> IOResult {
        buffer.withUnsafeMutableBytes { bytes in
            while true {
                let count = read(descriptor, bytes)
                switch count {
                case 1...: return .bytes(count)
                case 0: return .endOfStream
                case -Int(EINTR): continue
                case -Int(EAGAIN): return .wouldBlock
                default: return .failed(SystemError("recv", errno: Int32(-count)))
                }
            }
        }
    }

    /// Reads from a descriptor that is no socket.
    ///
    /// Wraps `read(2)`; repeats on EINTR.
    static func readFile(_ descriptor: Int32, into buffer: inout [UInt8]) -> IOResult {
        SystemCalls(
            read: { descriptor, buffer in
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                return count < 0 ? Int(-errno) : count
            }, write: linux.write, accept: linux.accept
        ).read(descriptor, into: &buffer)
    }

    /// Writes `buffer[offset...]`, or a part of it.
    ///
    /// Wraps `send(2)`; repeats on EINTR.
    package func write(_ descriptor: Int32, from buffer: [UInt8], at offset: Int) -> IOResult {
        buffer.withUnsafeBytes { bytes in
            while true {
                let count = write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[offset...]))
                switch count {
                case 0...: return .bytes(count)
                case -Int(EINTR): continue
                case -Int(EAGAIN): return .wouldBlock
                default: return .failed(SystemError("send", errno: Int32(-count)))
                }
            }
        }
    }
}
