import FoundationEssentials
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

/// Base64 (RFC 4648 §4), line breaks allowed.
enum Base64 {
    static func decode(_ text: String) -> [UInt8]? {
        let kept = text.unicodeScalars.filter { !"\n\r \t".unicodeScalars.contains($0) }
        return Data(base64Encoded: String(String.UnicodeScalarView(kept))).map(Array.init)
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }
}
