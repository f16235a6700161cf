/// The fields of a protobuf message one after the other
/// (https://protobuf.dev/programming-guides/encoding/).
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        /// Text, a message or bytes.
        case octets(ArraySlice<UInt8>)
        /// Four or eight octets, which nothing that we read has.
        case fixed
    }

    private var rest: ArraySlice<UInt8>

    init(_ message: ArraySlice<UInt8>) {
        rest = message
    }

    /// `nil` at the end.
    mutating func next() throws(ProtobufObject.Malformed) -> (number: UInt64, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        let number = tag >> 3
        guard number > 0 else { throw ProtobufObject.Malformed(description: "a field has the number 0") }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1:
            _ = try take(8)
            return (number, .fixed)
        case 2:
            let length = try varint()
            return (number, .octets(try take(length)))
        case 5:
            _ = try take(4)
            return (number, .fixed)
        default: throw ProtobufObject.Malformed(description: "a field has the wire type \(tag & 7)")
        }
    }

    private mutating func take(_ count: UInt64) throws(ProtobufObject.Malformed) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw ProtobufObject.Malformed(description: "it ends too early") }
        let taken = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        return taken
    }

    private mutating func varint() throws(ProtobufObject.Malformed) -> UInt64 {
        var value: UInt64 = 0
        for position in 0..<10 {
            guard let octet = rest.popFirst() else { throw ProtobufObject.Malformed(description: "it ends too early") }
            // The tenth octet has one bit.
            guard position < 9 || octet <= 1 else { break }
            value |= UInt64(octet & 0x7f) << UInt64(7 * position)
            if octet < 0x80 { return value }
        }
        throw ProtobufObject.Malformed(description: "a number has more than 64 bits")
    }
}
