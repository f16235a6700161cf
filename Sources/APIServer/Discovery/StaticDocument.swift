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

/// A static document that is made when it is first asked for: few ask, and the start need not wait for it.
final class DeferredDocument: Sendable {
    private let make: @Sendable () -> JSONValue
    private let made = Mutex<StaticDocument?>(nil)

    init(_ make: @escaping @Sendable () -> JSONValue) {
        self.make = make
    }

    var document: StaticDocument {
        made.withLock { made in
            if let made { return made }
            let document = StaticDocument(make())
            made = document
            return document
        }
    }
}
