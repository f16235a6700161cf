import Foundation
package import Fuzzing
import KubeModel

@testable import KubeClient

/// JSON (RFC 8259), read and written, beside Foundation's reader.
extension FuzzTarget {
    package static let json = FuzzTarget(
        "json",
        tokens: [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud834\\udd1e", "\\ud834", "\\u0000", "null", "true",
            "false",
            "-", "e+", "E-5", ".0", "\u{FEFF}", "\u{e9}", "e\u{301}",
        ],
        rounds: 3_000
    ) { octets in
        let foundation = try? JSONSerialization.jsonObject(with: Data(octets), options: .fragmentsAllowed)
        guard let (value, duplicates) = try? JSONValue.parse(octets) else {
            try promise(foundation == nil || isBeyondRFC(octets), "Foundation accepts what is refused")
            return false
        }
        for text in [value.serialized(), value.prettyPrinted()] {
            try promise((try? JSONValue(parsing: text)) == value, "the value is another after writing and reading")
        }
        try promise(
            (try? JSONValue(parsing: value.serialized()))?.serialized() == value.serialized(),
            "it is written differently")
        if let foundation {
            // Foundation does not say which of two members with one name wins, and drops U+FEFF at a string's start.
            try promise(
                !duplicates.isEmpty || octets.contains(0xef) || isSame(value, foundation),
                "Foundation reads another value")
        } else {
            try promise(isBeyondFoundation(octets, value), "Foundation refuses what is accepted")
        }
        return true
    }

    /// Foundation takes other encodings, a byte order mark and a comma behind the last element, and knows no limit of a
    /// number's length.
    private static func isBeyondRFC(_ octets: [UInt8]) -> Bool {
        String(decoding: octets, as: UTF8.self).contains(/,\s*[\]}]/)
            || octets.contains(0) || [0xef, 0xfe, 0xff].contains(octets.first)
            || octets.split(whereSeparator: { !"+-.eE0123456789".utf8.contains($0) }).contains { $0.count > 64 }
    }

    /// Foundation refuses lone surrogates, which Go's readers replace, and numbers beyond its types.
    private static func isBeyondFoundation(_ octets: [UInt8], _ value: JSONValue) -> Bool {
        String(decoding: octets, as: UTF8.self).contains(/\\u[dD][89a-fA-F]/) || hasHugeNumber(value)
    }

    private static func hasHugeNumber(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let number): Double(number.literal).map { !$0.isFinite || ($0.magnitude < 1e-300) } ?? true
        case .array(let elements): elements.contains(where: hasHugeNumber)
        case .object(let object): object.members.contains { hasHugeNumber($0.value) }
        default: false
        }
    }

    private static func isSame(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null: other is NSNull
        case .bool(let bool): (other as? NSNumber)?.boolValue == bool
        case .number(let number):
            (other as? NSNumber).map { isClose($0.doubleValue, Double(number.literal)) } ?? false
        case .string(let text): (other as? String).map { Array($0.utf8) == Array(text.utf8) } ?? false
        case .array(let elements):
            (other as? [Any]).map { others in
                others.count == elements.count && zip(elements, others).allSatisfy { isSame($0, $1) }
            } ?? false
        case .object(let object):
            (other as? [String: Any]).map { others in
                // Swift's dictionaries take canonically equivalent names for one.
                others.count < object.count
                    || object.members.allSatisfy { member in
                        others[member.name].map { isSame(member.value, $0) } ?? false
                    }
            } ?? false
        }
    }

    private static func isClose(_ left: Double, _ right: Double?) -> Bool {
        guard let right else { return false }
        return left == right || abs(left - right) <= abs(right) * 1e-9
    }
}

/// The cut of a watch's stream into objects.
extension FuzzTarget {
    package static let frames = FuzzTarget(
        "frames", tokens: ["{", "}", "[", "]", "\"", "\\\"", "\\", "\n", "{\"a\":\"}\"}"], rounds: 8_000
    ) { octets in
        let bytesMax = 64
        let whole = Self.cut([octets[...]], bytesMax: Int.max)
        let inPieces = Self.cut(pieces(of: octets), bytesMax: Int.max)
        try promise(whole == inPieces, "whole: \(whole?.count ?? -1) objects, in pieces: \(inPieces?.count ?? -1)")
        try promise(
            (whole ?? []).reduce(0) { $0 + $1.count } <= octets.count, "the objects have more octets than the stream")
        let byOctet = Self.cut(octets.indices.map { octets[$0...$0] }, bytesMax: bytesMax)
        try promise(
            byOctet == nil || byOctet == whole, "octet by octet and within the limit there are other objects")
        if let byOctet {
            try promise(byOctet.allSatisfy { $0.count <= bytesMax + 1 }, "an object is longer than the limit")
        }
        // A JSON text of its own is one object.
        if let value = try? JSONValue(parsing: octets), value.object != nil || value.array != nil {
            let values = (whole ?? []).map { try? JSONValue(parsing: $0) }
            try promise(values == [value], "one JSON text is cut into \(values.count)")
            return true
        }
        return whole?.isEmpty == false
    }

    /// `nil` when an object is too long.
    private static func cut(_ pieces: [ArraySlice<UInt8>], bytesMax: Int) -> [[UInt8]]? {
        var frames = JSONFrames(frameBytesMax: bytesMax)
        return try? pieces.flatMap { try frames.append(Array($0)) }
    }
}
