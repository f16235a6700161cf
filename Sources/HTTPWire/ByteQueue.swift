/// Bytes that wait to be sent, first in, first out.
///
/// Holds at most twice what waits, beside what was put in last: what has been sent does not pile up under a queue that
/// is never empty.
package struct ByteQueue {
    /// The bytes; those before `start` have been sent.
    package private(set) var bytes: [UInt8]
    package private(set) var start: Int

    /// Takes over `bytes`, of which the first `sent` have been sent.
    package init(_ bytes: [UInt8] = [], sent: Int = 0) {
        self.bytes = bytes
        start = sent
    }

    /// Bytes that wait.
    package var count: Int { bytes.count - start }
    package var isEmpty: Bool { bytes.count == start }

    package mutating func append(_ new: [UInt8]) {
        guard !isEmpty else {
            bytes = new
            start = 0
            return
        }
        // Only when it is more than what waits: each octet is moved once at most.
        if start > count {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// Drops the first `count` bytes, at most all of them.
    package mutating func removeFirst(_ count: Int) {
        start += min(count, self.count)
        if isEmpty {
            bytes = []
            start = 0
        }
    }
}
