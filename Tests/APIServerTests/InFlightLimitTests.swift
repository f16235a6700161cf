import HTTPWire
import KubeModel
import Testing

@testable import APIServer

struct InFlightLimitTests {
    private static let path = "/apis/kubevirt.io/v1/namespaces/n/virtualmachines/x"
    private let alice = UserInfo(name: "alice")

    private func info(_ method: HTTPMethod) throws -> RequestInfo {
        try #require(RequestInfo(method: method, path: Self.path, query: QueryParameters(nil)))
    }

    @Test(arguments: [HTTPMethod.get, .put])
    func `serves as many as the limit at once, and answers 429 to one more`(_ method: HTTPMethod) throws {
        let limit = InFlightLimit(reading: 2, changing: 2)
        let info = try info(method)
        let place = try limit.acquire(alice, info)
        _ = try limit.acquire(alice, info)
        let refusal = #expect(throws: Status.self) { try limit.acquire(alice, info) }
        #expect(refusal?.code == 429)
        #expect(refusal?.details?.retryAfterSeconds == 1)
        // A refusal takes no place.
        limit.release(place)
        _ = try limit.acquire(alice, info)
        #expect(throws: Status.self) { try limit.acquire(alice, info) }
    }

    @Test func `counts reading and changing requests apart`() throws {
        let limit = InFlightLimit(reading: 1, changing: 1)
        _ = try limit.acquire(alice, info(.get))
        _ = try limit.acquire(alice, info(.put))
        #expect(throws: Status.self) { try limit.acquire(alice, info(.get)) }
        #expect(throws: Status.self) { try limit.acquire(alice, info(.put)) }
    }

    @Test func `serves the administrator of a server in trouble`() throws {
        let limit = InFlightLimit(reading: 1, changing: 1)
        let info = try info(.put)
        _ = try limit.acquire(alice, info)
        _ = try limit.acquire(UserInfo(name: "root", groups: [UserInfo.privilegedGroup]), info)
        #expect(throws: Status.self) { try limit.acquire(alice, info) }
    }

    @Test(arguments: ["/livez", "/readyz/store", "/healthz"])
    func `a probe waited behind requests that a cluster in trouble held`(_ path: String) throws {
        let limit = InFlightLimit(reading: 1, changing: 1)
        let probe = try #require(RequestInfo(method: .get, path: path, query: QueryParameters(nil)))
        let place = try limit.acquire(alice, info(.get))
        // One more than there are places, and none is taken.
        for _ in 0..<2 { limit.release(try limit.acquire(.anonymous, probe)) }
        limit.release(place)
        _ = try limit.acquire(alice, info(.get))
        #expect(throws: Status.self) { try limit.acquire(alice, info(.get)) }
    }

    @Test func `0 means any number`() throws {
        let limit = InFlightLimit(reading: 0, changing: 0)
        for _ in 0..<1_000 { _ = try limit.acquire(alice, info(.put)) }
    }
}
