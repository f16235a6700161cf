import KubeModel
import Testing

@testable import APIServer

@Suite struct ProtobufObjectTests {
    /// A field with octets: text or a message.
    private static func field(_ number: UInt8, _ octets: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(octets.count)] + octets
    }

    private static func text(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    private static func body(_ raw: [UInt8], kind: String = "Namespace") -> [UInt8] {
        Array("k8s\0".utf8) + field(1, text(1, "v1") + text(2, kind)) + field(2, raw) + text(3, "") + text(4, "")
    }

    /// As `kubectl.1.33 create namespace x` sends it.
    private static let metadata =
        text(1, "x") + text(2, "") + text(3, "") + text(4, "") + text(5, "") + text(6, "") + [7 << 3, 0]
        + field(8, [])
    private static let namespace = body(field(1, metadata) + field(2, []) + field(3, text(1, "")))

    @Test func `reads what kubectl creates a namespace by`() throws {
        #expect(
            try ProtobufObject.decode(Self.namespace) == [
                "metadata": ["name": "x"], "apiVersion": "v1", "kind": "Namespace",
            ])
    }

    @Test(arguments: ["Pod", ""]) func `leaves other kinds to JSON`(kind: String) throws {
        #expect(try ProtobufObject.decode(Self.body([1], kind: kind)) == nil)
    }

    @Test func `reads labels, finalizers and numbers`() throws {
        let label = Self.text(1, "a") + Self.text(2, "b")
        let metadata =
            Self.text(1, "x") + Self.field(11, label) + Self.field(11, Self.text(1, "c")) + Self.text(14, "f/1")
            + Self.text(14, "f/2") + [7 << 3, 0xac, 0x02]
        #expect(
            try ProtobufObject.decode(Self.body(Self.field(1, metadata)))?["metadata"] == [
                "name": "x", "labels": ["a": "b", "c": ""], "finalizers": ["f/1", "f/2"], "generation": 300,
            ])
    }

    @Test func `lists and maps of millions of entries were copied once for each`() throws {
        for (entry, cost) in [(Self.text(14, ""), 1), (Self.field(11, Self.text(1, "k")), 2)] {
            // The type takes two fields, the metadata one.
            let most = (ProtobufObject.fieldsMax - 3) / cost
            for (count, isRead) in [(most, true), (most + 1, false)] {
                let metadata = Self.message(1, (0..<count).flatMap { _ in entry })
                let body = Array("k8s\0".utf8) + Self.field(1, Self.text(1, "v1") + Self.text(2, "Namespace"))
                let value = try? ProtobufObject.decode(body + Self.message(2, metadata))
                #expect((value != nil) == isRead, "\(count)")
            }
        }
    }

    /// A field whose length takes three octets.
    private static func message(_ number: UInt8, _ octets: [UInt8]) -> [UInt8] {
        let count = octets.count
        return [number << 3 | 2, UInt8(count & 0x7f | 0x80), UInt8((count >> 7) & 0x7f | 0x80), UInt8(count >> 14)]
            + octets
    }

    @Test func `refuses each truncation without reading past the end`() {
        // Four octets at the end say nothing.
        for count in 0..<Self.namespace.count - 4 {
            let value = try? ProtobufObject.decode(Array(Self.namespace.prefix(count)))
            #expect(value?["metadata"] == nil, "\(count)")
        }
    }

    @Test(
        arguments: [
            ([], "does not begin"), (Array("k8s".utf8), "does not begin"), (Array("{}".utf8), "does not begin"),
            (body(field(9, [1])), "field 9 is read as JSON only"),
            (body(field(1, field(8, [8, 1]))), "creationTimestamp must not be set"),
            (body(field(1, field(1, [0xff]))), "name is not UTF-8"),
            (body([1 << 3, 1]), "metadata has the wrong wire type"),
            (body([0]), "a field has the number 0"),
            (body([1 << 3 | 3]), "a field has the wire type 3"),
            (body([1 << 3 | 2, 5, 1]), "ends too early"),
            (body([1 << 3 | 2] + [UInt8](repeating: 0xff, count: 9) + [1]), "ends too early"),
            (body([1 << 3] + [UInt8](repeating: 0xff, count: 9) + [2]), "more than 64 bits"),
            (body([1 << 3] + [UInt8](repeating: 0xff, count: 11)), "more than 64 bits"),
            (body([1 << 3 | 5, 1, 2, 3]), "ends too early"), (body([1 << 3 | 1, 1, 2, 3]), "ends too early"),
        ] as [([UInt8], String)]) func `says what it does not take`(body: [UInt8], text: String)
    {
        let error = #expect(throws: ProtobufObject.Malformed.self) { try ProtobufObject.decode(body) }
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    }
}
