import CLinux
import Glibc

/// What a descriptor is ready for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// Error or hang-up: reading tells which.
    ///
    /// Always reported, whatever the interest.
    package static let failed = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)

    // The set algebra of the standard library is generic code on this path, at a twentieth of a request.

    /// Whether it is ready for any of these.
    package func isAny(_ other: Readiness) -> Bool { rawValue & other.rawValue != 0 }

    /// The interest in reading and in writing.
    package init(reading: Bool, writing: Bool) {
        rawValue = (reading ? EPOLLIN.rawValue : 0) | (writing ? EPOLLOUT.rawValue : 0)
    }
}

/// Something on the loop that waits for a descriptor or a deadline.
package protocol ReadinessHandler: AnyObject {
    func ready(_ readiness: Readiness, on loop: isolated EventLoop)
    func deadlinePassed(on loop: isolated EventLoop)
}

/// The epoll(7) set of one loop, with the deadline of each member.
///
/// Lives on the loop's thread.
///
/// Level-triggered. A token carries the member's generation, so that an event of a descriptor that was closed earlier
/// in the same batch, its number perhaps taken again, reaches nobody.
package final class Selector {
    package struct Token: Hashable, Sendable {
        let index: Int
        let generation: UInt32

        var bits: UInt64 { UInt64(generation) << 32 | UInt64(index) }
    }

    private struct Member {
        var handler: (any ReadinessHandler)?
        var descriptor: Int32 = -1
        var generation: UInt32 = 0
        var interest: Readiness = []
    }

    static let eventsPerTurnMax = 256
    /// Milliseconds between two looks at the deadlines: how late one may be noticed.
    package static let deadlineTick: Int64 = 100
    private static let never = Int64.max

    private let epoll: Int32
    private var members: [Member] = [Member()]
    // Apart from the members, so that the sweep reads a dense array.
    private var deadlines: [Int64] = [never]
    private var free: [Int] = []
    private var events = [epoll_event](repeating: epoll_event(), count: eventsPerTurnMax)
    private var armedDeadlines = 0
    private var nextSweep: Int64 = 0
    private let wakeUp: Int32

    /// Milliseconds of the monotonic clock, taken once a turn.
    package private(set) var now: Int64 = clinux_monotonic_ms()

    init(wakeUp: Int32) throws(SystemError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1", errno: errno) }
        self.wakeUp = wakeUp
        // Index 0 is the loop's own wake-up.
        let failure = clinux_epoll_control(epoll, EPOLL_CTL_ADD, wakeUp, EPOLLIN.rawValue, 0)
        guard failure == 0 else { throw SystemError("epoll_ctl", errno: -failure) }
    }

    deinit {
        _ = Glibc.close(epoll)
    }

    /// How many descriptors are watched.
    package var count: Int { members.count - 1 - free.count }

    package func register(
        _ descriptor: Int32, interest: Readiness, handler: any ReadinessHandler
    ) throws(SystemError) -> Token {
        let token = takeToken()
        let failure = clinux_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, interest.rawValue, token.bits)
        guard failure == 0 else {
            free.append(token.index)
            throw SystemError("epoll_ctl", errno: -failure)
        }
        members[token.index].handler = handler
        members[token.index].descriptor = descriptor
        members[token.index].interest = interest
        return token
    }

    /// Registers a handler that waits for a deadline alone.
    package func registerTimer(at deadline: Int64, handler: any ReadinessHandler) -> Token {
        let token = takeToken()
        members[token.index].handler = handler
        setDeadline(deadline, for: token)
        return token
    }

    private func takeToken() -> Token {
        let index = free.popLast() ?? members.count
        if index == members.count {
            members.append(Member())
            deadlines.append(Self.never)
        }
        return Token(index: index, generation: members[index].generation)
    }

    /// Changes what is waited for; costs a system call only when it differs.
    package func setInterest(_ interest: Readiness, for token: Token) {
        guard isCurrent(token), members[token.index].interest != interest else { return }
        members[token.index].interest = interest
        _ = clinux_epoll_control(
            epoll, EPOLL_CTL_MOD, members[token.index].descriptor, interest.rawValue, token.bits)
    }

    /// Sets the time (milliseconds of `now`) at which the handler is told; `nil` means never.
    package func setDeadline(_ deadline: Int64?, for token: Token) {
        guard isCurrent(token) else { return }
        let deadline = deadline ?? Self.never
        if deadlines[token.index] == Self.never, deadline != Self.never { armedDeadlines += 1 }
        if deadlines[token.index] != Self.never, deadline == Self.never { armedDeadlines -= 1 }
        deadlines[token.index] = deadline
    }

    /// Forgets a descriptor; to be called before it is closed.
    package func deregister(_ token: Token) {
        guard isCurrent(token) else { return }
        setDeadline(nil, for: token)
        if members[token.index].descriptor >= 0 {
            _ = clinux_epoll_control(epoll, EPOLL_CTL_DEL, members[token.index].descriptor, 0, 0)
        }
        members[token.index].handler = nil
        members[token.index].descriptor = -1
        members[token.index].generation &+= 1
        free.append(token.index)
    }

    /// Forgets all, at the end of the loop: a handler may hold the selector.
    func deregisterAll() {
        for index in members.indices { deregister(Token(index: index, generation: members[index].generation)) }
    }

    private func isCurrent(_ token: Token) -> Bool {
        members[token.index].generation == token.generation && members[token.index].handler != nil
    }

    /// Waits for events or the next tick; answers how many there are.
    ///
    /// `isBusy` means: look, do not wait.
    func wait(isBusy: Bool) -> Int {
        let timeout: Int32
        if isBusy {
            timeout = 0
        } else if armedDeadlines > 0 {
            timeout = Int32(min(max(nextSweep - now, 0), Self.deadlineTick))
        } else {
            timeout = -1
        }
        // EINTR answers no event; the caller comes again.
        let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
        now = clinux_monotonic_ms()
        return max(Int(count), 0)
    }

    /// The handler and readiness of event `position`; `nil` when it is for nobody any more, or the wake-up.
    func event(_ position: Int) -> (handler: any ReadinessHandler, readiness: Readiness)? {
        let bits = events[position].data.u64
        let index = Int(bits & 0xffff_ffff)
        guard index != 0, index < members.count, members[index].generation == UInt32(bits >> 32),
            let handler = members[index].handler
        else { return nil }
        return (handler, Readiness(rawValue: events[position].events))
    }

    /// Whether event `position` is the loop's wake-up.
    func isWakeUp(_ position: Int) -> Bool { events[position].data.u64 == 0 }

    /// The handlers whose deadline has passed, at most once a tick.
    func passedDeadlines() -> [any ReadinessHandler] {
        guard armedDeadlines > 0, now >= nextSweep else { return [] }
        nextSweep = now + Self.deadlineTick
        var passed: [any ReadinessHandler] = []
        for index in deadlines.indices where deadlines[index] <= now {
            deadlines[index] = Self.never
            armedDeadlines -= 1
            if let handler = members[index].handler { passed.append(handler) }
        }
        return passed
    }
}
