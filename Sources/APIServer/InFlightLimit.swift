import KubeModel
import Synchronization

/// How many requests are served at once; one more gets 429 before it has any effect
/// (apiserver `pkg/server/filters/maxinflight.go`).
package final class InFlightLimit: Sendable {
    private let reading = Atomic(0)
    private let changing = Atomic(0)
    private let readingMax: Int
    private let changingMax: Int

    /// 0 means any number.
    package init(reading: Int, changing: Int) {
        readingMax = reading
        changingMax = changing
    }

    /// Takes a place; `release` gives it back.
    ///
    /// Throws 429 when there is none.
    ///
    /// `system:masters` always gets one: the administrator must be able to look at a server in trouble. Probes need none:
    /// one that waits behind requests would have a server restarted for its cluster's trouble (apiserver
    /// `pkg/apis/flowcontrol/bootstrap`, `probes`).
    func acquire(_ user: UserInfo, _ info: RequestInfo) throws(Status) -> Place {
        if info.isProbe { return .exempt }
        let isChanging = !["get", "list", "watch", "head"].contains(info.verb)
        let counter = isChanging ? Place.changing : .reading
        let limit = isChanging ? changingMax : readingMax
        let count = add(1, to: counter)
        guard limit == 0 || count <= limit || user.groups.contains(UserInfo.privilegedGroup) else {
            add(-1, to: counter)
            throw .tooManyRequests(retryAfterSeconds: 1)
        }
        return counter
    }

    func release(_ place: Place) {
        add(-1, to: place)
    }

    enum Place: Sendable {
        case exempt
        case reading
        case changing
    }

    @discardableResult
    private func add(_ change: Int, to place: Place) -> Int {
        switch place {
        case .exempt: 0
        case .reading: reading.wrappingAdd(change, ordering: .relaxed).newValue
        case .changing: changing.wrappingAdd(change, ordering: .relaxed).newValue
        }
    }
}
