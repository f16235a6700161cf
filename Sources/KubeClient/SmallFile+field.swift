import Reactor

extension SmallFile {
    /// Reads a regular file; `field` is what names it, for the error.
    static func read(_ path: String, for field: String) throws(ConfigurationError) -> [UInt8] {
        do throws(Failure) {
            return try read(path)
        } catch {
            throw ConfigurationError("\(field): \(error)")
        }
    }
}
