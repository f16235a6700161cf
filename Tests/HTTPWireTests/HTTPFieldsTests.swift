import HTTP1Messages
import Testing

@testable import HTTPWire

@Suite struct HTTPFieldsTests {
    private static var fields: HTTPFields {
        var fields = HTTPFields()
        fields.append("X-Remote-User", "alice")
        fields.append("x-remote-GROUP", "a")
        fields.append("X-Remote-Group", "b")
        fields.append("Empty", "")
        return fields
    }

    @Test func `finds the first value, whatever the case of its name`() {
        #expect(Self.fields["x-remote-user"] == "alice")
        #expect(Self.fields["x-remote-group"] == "a")
        #expect(Self.fields["empty"] == "")
        #expect(Self.fields["x-remote"] == nil)
        #expect(Self.fields["x-remote-users"] == nil)
    }

    @Test func `keeps duplicates in order`() {
        #expect(Self.fields.values("x-remote-group") == ["a", "b"])
        #expect(Self.fields.values("none") == [])
        #expect(Self.fields.count == 4)
    }

    @Test func `lists names in lower case`() {
        #expect(Self.fields.all.map(\.name) == ["x-remote-user", "x-remote-group", "x-remote-group", "empty"])
        #expect(Self.fields.all.map(\.value) == ["alice", "a", "b", ""])
    }

    @Test func `a value that is not UTF-8 becomes text and no trap`() {
        var fields = HTTPFields()
        fields.append(name: Array("A".utf8), value: [0x61, 0xFF])
        #expect(fields["a"] == "a\u{FFFD}")
    }

    @Test func `the fields of the second message are its own`() throws {
        let octets = Array("GET /a HTTP/1.1\r\nHost: t\r\nA: 1\r\n\r\nGET /b HTTP/1.1\r\nHost: u\r\nB: 2\r\n\r\n".utf8)
        let events = MessageReader(reading: octets).events
        #expect(
            events == [
                .request(line: "GET /a 1", fields: ["host: t", "a: 1"], framing: .none, content: []),
                .request(line: "GET /b 1", fields: ["host: u", "b: 2"], framing: .none, content: []),
            ])
    }
}
