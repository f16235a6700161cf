import HTTPWire
import Testing

struct ByteQueueTests {
    @Test func `bytes leave in the order in which they came`() {
        var queue = ByteQueue([1, 2, 3, 4], sent: 1)
        var left: [UInt8] = []
        func take(_ count: Int) {
            left += queue.bytes[queue.start...].prefix(count)
            queue.removeFirst(count)
        }
        take(2)
        queue.append([5, 6])
        #expect(queue.count == 3)
        take(2)
        queue.append([7])
        take(1)
        take(1)
        #expect(queue.isEmpty)
        queue.append([8])
        take(1)
        #expect(left == [2, 3, 4, 5, 6, 7, 8])
    }

    @Test func `no more is dropped than is there`() {
        var queue = ByteQueue([1, 2])
        queue.removeFirst(3)
        #expect(queue.isEmpty)
        queue.append([3])
        #expect(queue.count == 1)
    }

    @Test func `a queue that is never empty kept all that had been sent`() {
        var queue = ByteQueue([UInt8](repeating: 0, count: 100_000))
        let piece = [UInt8](repeating: 1, count: 10_000)
        for _ in 0..<1_000 {
            queue.append(piece)
            queue.removeFirst(piece.count)
            #expect(queue.bytes.count <= 2 * queue.count + piece.count)
        }
        #expect(queue.count == 100_000)
    }

    @Test func `an empty queue holds nothing`() {
        var queue = ByteQueue()
        queue.append([UInt8](repeating: 0, count: 1_000))
        queue.removeFirst(1_000)
        #expect(queue.bytes.isEmpty)
    }
}

struct TransferPaceTests {
    private static let pace = TransferPace(idleTimeout: 30, grace: 100, rateMin: 1_000)

    @Test(
        arguments: [
            // Nothing has moved.
            ([], 1_030),
            // A pause.
            ([(50, 1_020)], 1_050),
            // The least rate: one byte a millisecond.
            ([(1, 1_090)], 1_101), ([(500, 1_090)], 1_120), ([(10, 1_030), (10, 1_060), (10, 1_110)], 1_130),
        ] as [([(Int, Int64)], Int64)])
    func `a transfer ends after a pause, and after its grace when it is below the least rate`(
        moves: [(Int, Int64)], deadline: Int64
    ) {
        var wait = TransferWait(began: 1_000)
        for (count, time) in moves { wait.moved(count, at: time) }
        #expect(Self.pace.deadline(of: wait) == deadline)
    }

    @Test func `nothing moved is no progress`() {
        var wait = TransferWait(began: 0)
        wait.moved(0, at: 10)
        #expect(wait.lastByte == 0)
    }

    @Test func `a rate of 0 traps nobody`() {
        #expect(TransferPace(idleTimeout: 1, grace: 1, rateMin: 0).deadline(of: TransferWait(began: 0)) == 1)
    }
}
