import Foundation
import Testing

/// One byte string of `http1.json` and what a server may do with it.
struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    struct Outcome: Decodable, Sendable {
        let expected: String
        let responses: Int?
        let status: [Int]?
        let appBefore: Int?

        enum CodingKeys: String, CodingKey {
            case expected, responses, status
            case appBefore = "app_before"
        }
    }

    enum Part: Decodable, Sendable {
        case text(String)
        case count(Int)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let count = try? value.decode(Int.self) {
                self = .count(count)
            } else {
                self = .text(try value.decode(String.self))
            }
        }
    }

    let id: String
    let recommended: Outcome
    let alsoAllowed: [Outcome]
    let mode: String
    /// The content that the application must see.
    let body: [UInt8]?
    let octets: [UInt8]

    var testDescription: String { id }

    enum CodingKeys: String, CodingKey {
        case id, mode
        case alsoAllowed = "also_ok"
        case body = "body_b64"
        case whole = "raw_b64"
        case parts = "raw_parts"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        mode = try values.decode(String.self, forKey: .mode)
        recommended = try Outcome(from: decoder)
        alsoAllowed = try values.decode([Outcome].self, forKey: .alsoAllowed)
        body = try values.decodeIfPresent(Data.self, forKey: .body).map(Array.init)
        if let whole = try values.decodeIfPresent(Data.self, forKey: .whole) {
            octets = Array(whole)
        } else {
            var octets: [UInt8] = []
            for part in try values.decode([[Part]].self, forKey: .parts) {
                guard case .text(let text) = part[0], case .count(let count) = part[1],
                    let piece = Data(base64Encoded: text)
                else { throw CocoaError(.coderInvalidValue) }
                for _ in 0..<count { octets.append(contentsOf: piece) }
            }
            self.octets = octets
        }
    }
}

enum VectorFile {
    private struct File: Decodable {
        let vectors: [Vector]
    }

    /// `shared/vectors/http1.json` beside this project or above it.
    private static let url: URL? = {
        var folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path() != "/" {
            let candidate = folder.appending(path: "shared/vectors/http1.json")
            if FileManager.default.fileExists(atPath: candidate.path()) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return nil
    }()

    static var exists: Bool { url != nil }

    static let vectors: [Vector] = {
        guard let url, let data = try? Data(contentsOf: url) else { return [] }
        return (try? JSONDecoder().decode(File.self, from: data).vectors) ?? []
    }()
}
