import FoundationEssentials

/// Base64 (RFC 4648 §4), line breaks allowed.
enum Base64 {
    static func decode(_ text: String) -> [UInt8]? {
        let kept = text.unicodeScalars.filter { !"\n\r \t".unicodeScalars.contains($0) }
        return Data(base64Encoded: String(String.UnicodeScalarView(kept))).map(Array.init)
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }
}
