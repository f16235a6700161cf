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
    /// Gives a file another name, in place of the file that has it.
    ///
    /// Wraps `rename(2)`.
    package static func rename(_ path: String, to newPath: String) throws(SystemError) {
        guard Glibc.rename(path, newPath) == 0 else { throw SystemError("rename \(path)", errno: errno) }
    }
}
