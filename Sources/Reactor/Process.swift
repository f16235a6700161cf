import CLinux
import Glibc

/// The wall clock.
package enum WallClock {
    /// Seconds since 1970-01-01T00:00:00Z.
    package static var seconds: Int64 { clinux_realtime_seconds() }

    /// Now in RFC 3339 with microseconds, UTC: `2026-11-24T10:11:13.123456Z`.
    package static var timestamp: String {
        var text = [CChar](repeating: 0, count: 32)
        clinux_timestamp(&text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The limits that the kernel sets this process.
package enum ProcessLimits {
    /// Raises the number of descriptors that may be open to the hard limit, and answers it.
    ///
    /// Wraps `setrlimit(2)`.
    package static func raiseDescriptorLimit() -> Int { Int(clinux_raise_descriptor_limit()) }
}

/// The memory that the allocator holds.
package enum ProcessMemory {
    /// Gives free pages back to the kernel, some milliseconds for tens of megabytes.
    ///
    /// Wraps `malloc_trim(3)`.
    package static func trim() { clinux_trim_memory() }

    /// Gives up the pages of code that were touched so far, most of which only a start needs; the others come back from
    /// the page cache as they are reached, 16 a fault.
    ///
    /// Wraps `madvise(2)`.
    package static func unmapCode() { clinux_unmap_code() }
}

/// Standard error, without a buffer.
package enum StandardError {
    /// Writes all of `text`, or as much as it takes.
    ///
    /// Wraps `write(2)`.
    package static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = Glibc.write(STDERR_FILENO, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                guard count > 0 || errno == EINTR else { return }
                offset += max(count, 0)
            }
        }
    }
}

package enum FileSystem {
    /// Replaces a file in one step: a reader sees the old one or the new one, and only its owner can read it.
    ///
    /// What a failure leaves is the old file alone.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(SystemError) {
        let temporary = "\(path).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open \(temporary)", errno: errno) }
        do throws(SystemError) {
            defer { close(descriptor) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 || errno == EINTR else { throw SystemError("write \(temporary)", errno: errno) }
                rest = rest.dropFirst(max(count, 0))
            }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = SystemError("rename \(temporary) to \(path)", errno: errno)
            unlink(temporary)
            throw error
        }
    }
}
