import CLinux

/// The wall clock.
package enum WallClock {
    /// Seconds since 1970-01-01T00:00:00Z.
    package static var seconds: Int64 { clinux_realtime_seconds() }
}

/// The limits that the kernel sets this process.
package enum ProcessLimits {
    /// Raises the number of descriptors that may be open to the hard limit, and answers it. Wraps `setrlimit(2)`.
    package static func raiseDescriptorLimit() -> Int { Int(clinux_raise_descriptor_limit()) }
}
