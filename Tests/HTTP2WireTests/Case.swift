import HTTP2Frames
import Testing

/// Bytes after the preface, and what must become of them.
struct Case: Sendable, CustomTestStringConvertible {
    let section: String
    let what: String
    /// Sent first; what it brings is not looked at.
    let before: [UInt8]
    let bytes: [UInt8]
    let outcome: Outcome

    init(_ section: String, _ what: String, after before: [UInt8] = [], _ bytes: [UInt8], _ outcome: Outcome) {
        self.section = section
        self.what = what
        self.before = before
        self.bytes = bytes
        self.outcome = outcome
    }

    var testDescription: String { "§\(section) \(what)" }

    func check() throws {
        let test = try TestSession()
        _ = test.outcome(of: before)
        #expect(test.outcome(of: bytes) == outcome)
    }
}

/// Requests that tables use: a GET that is whole, and a PUT whose content is to come.
enum Requests {
    static func get(_ stream: Int32 = 1) -> [UInt8] { Frame.headers(stream: stream, Frame.request()) }
    static func put(_ stream: Int32 = 1) -> [UInt8] {
        Frame.headers(stream: stream, Frame.request("PUT"), flags: Frame.endHeaders)
    }
}
