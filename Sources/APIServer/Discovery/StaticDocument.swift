package import KubeModel
import Synchronization

/// A document that does not change while the process runs, with its validator (RFC 9110 §8.8.3).
package struct StaticDocument: Sendable {
    package let value: JSONValue
    /// Compact, with a line feed at the end.
    package let bytes: [UInt8]
    /// Quoted.
    package let entityTag: String

    package init(_ value: JSONValue) {
        self.value = value
        bytes = value.serialized() + [UInt8(ascii: "\n")]
        // Tells documents of one server apart; nothing depends on its strength.
        var hash = FNV1a()
        hash.add(bytes)
        entityTag = "\"\(String(hash.value, radix: 16, uppercase: true))\""
    }
}

/// What does not change and is made when it is first asked for: few ask, and the start need not wait for it.
final class Deferred<Value: Sendable>: Sendable {
    private let make: @Sendable () -> Value
    private let made = Mutex<Value?>(nil)

    init(_ make: @escaping @Sendable () -> Value) {
        self.make = make
    }

    var value: Value {
        made.withLock { made in
            if let made { return made }
            let value = make()
            made = value
            return value
        }
    }
}
