extension Duration {
    /// Whole milliseconds, in which the loops count.
    package var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
