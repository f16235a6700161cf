import Glibc

@testable import Reactor

/// Lends a loop, and stops it afterwards.
func withLoop<Value>(_ body: (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(name: "test")
    do {
        let value = try await body(loop)
        await loop.stop()
        return value
    } catch {
        await loop.stop()
        throw error
    }
}

extension EventLoop {
    /// Runs `body` on the loop.
    func run<Value: Sendable>(_ body: @Sendable (isolated EventLoop) throws -> Value) rethrows -> Value {
        try body(self)
    }
}

/// A pipe whose ends close with it.
struct TestPipe: ~Copyable {
    let reader: Descriptor
    let writer: Descriptor

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemError("pipe", errno: errno) }
        reader = Descriptor(ends[0])
        writer = Descriptor(ends[1])
    }

    func fill() {
        var octet: UInt8 = 1
        _ = Glibc.write(writer.rawValue, &octet, 1)
    }

    func drain() {
        var octet: UInt8 = 0
        _ = Glibc.read(reader.rawValue, &octet, 1)
    }
}

/// A handler made of closures.
final class Handler: ReadinessHandler, @unchecked Sendable {
    // Sendable: it stays on the loop that it is registered with.
    var onReady: ((Readiness, isolated EventLoop) -> Void)?
    var onDeadline: ((isolated EventLoop) -> Void)?
    var token: Selector.Token?

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) { onReady?(readiness, loop) }
    func deadlinePassed(on loop: isolated EventLoop) { onDeadline?(loop) }
}
