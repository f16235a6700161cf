/// A JSON Pointer (RFC 6901): the names and indices that lead from the root of a value to a place in it.
package struct JSONPointer: Sendable, Equatable, CustomStringConvertible {
    /// Unescaped; empty for the whole value.
    package var tokens: [String]

    package init(tokens: [String]) {
        self.tokens = tokens
    }

    /// Reads the text form: empty, or `/` before each token; `~1` stands for `/` and `~0` for `~`.
    package init(_ text: String) throws(JSONPatchError) {
        tokens = []
        if text.isEmpty { return }
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw .malformed("JSON pointer \"\(text)\" does not begin with \"/\"")
        }
        for token in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let token = Self.unescaped(token) else {
                throw .malformed("JSON pointer \"\(text)\" has a \"~\" that neither 0 nor 1 follows")
            }
            tokens.append(token)
        }
    }

    package var description: String {
        tokens.map { "/" + Self.escaped($0) }.joined()
    }

    /// The place one level down.
    package func appending(_ token: String) -> JSONPointer { JSONPointer(tokens: tokens + [token]) }

    private static func unescaped(_ token: Substring.UTF8View) -> String? {
        var result: [UInt8] = []
        var isEscape = false
        for octet in token {
            switch (isEscape, octet) {
            case (true, UInt8(ascii: "0")): result.append(UInt8(ascii: "~"))
            case (true, UInt8(ascii: "1")): result.append(UInt8(ascii: "/"))
            case (true, _): return nil
            case (false, UInt8(ascii: "~")): break
            case (false, _): result.append(octet)
            }
            isEscape = !isEscape && octet == UInt8(ascii: "~")
        }
        return isEscape ? nil : String(decoding: result, as: UTF8.self)
    }

    private static func escaped(_ token: String) -> String {
        var result: [UInt8] = []
        for octet in token.utf8 {
            switch octet {
            case UInt8(ascii: "~"): result.append(contentsOf: "~0".utf8)
            case UInt8(ascii: "/"): result.append(contentsOf: "~1".utf8)
            default: result.append(octet)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
