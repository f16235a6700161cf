import HTTPServer
import KubeModel
import Reactor
import Testing

@testable import APIServer
@testable import EmbeddedCluster

@Suite(.timeLimit(.minutes(5)), .serialized) struct WatchTests {
    @Test func `answers at once, and tells of each change in a line`() async throws {
        try await withAPI { api in
            let watch = try await api.stream("?watch=1&resourceVersion=\(api.start)")
            #expect(watch.status == 200)
            #expect(watch.fields["content-type"] == "application/json")
            #expect(watch.fields["transfer-encoding"] == "chunked")
            try await api.create("a")
            #expect(try await watch.event()?.text == "ADDED a")
            try await api.label("a", ["x": "y"])
            let modified = try #require(try await watch.event())
            #expect(modified.text == "MODIFIED a")
            #expect(modified.object[path: "metadata", "labels", "x"]?.string == "y")
            try await api.delete("a")
            let deleted = try #require(try await watch.event())
            #expect(deleted.text == "DELETED a")
            #expect(deleted.object.metadataResourceVersion == "\(api.start + 3)")
        }
    }

    @Test(arguments: ["", "&resourceVersion=0"])
    func `without a resourceVersion begins with what there is`(_ query: String) async throws {
        try await withAPI { api in
            for number in 100..<400 { try await api.create("vmi-\(number)") }
            let watch = try await api.stream("?watch=true" + query)
            for number in 100..<400 { #expect(try await watch.event()?.text == "ADDED vmi-\(number)") }
            try await api.create("new")
            #expect(try await watch.event()?.text == "ADDED new")
        }
    }

    @Test func `ends cleanly when its time is up, with a bookmark before`() async throws {
        try await withAPI { api in
            let watch = try await api.stream(
                "?watch=1&resourceVersion=\(api.start)&timeoutSeconds=1&allowWatchBookmarks=true")
            try await api.create("a")
            #expect(try await watch.event()?.text == "ADDED a")
            let bookmark = try #require(try await watch.event())
            #expect(bookmark.text == "BOOKMARK")
            #expect(bookmark.object["kind"] == "VirtualMachineInstance")
            #expect(bookmark.object["apiVersion"] == "kubevirt.io/v1")
            #expect(bookmark.object.metadataResourceVersion == "\(api.start + 1)")
            #expect(try await watch.event() == nil)
            #expect(watch.isComplete)
        }
    }

    @Test func `a bookmark of a quiet resource is as new as the store`() async throws {
        try await withAPI { api in
            let watch = try await api.stream(
                "?watch=1&resourceVersion=\(api.start)&timeoutSeconds=1&allowWatchBookmarks=true",
                path: "/apis/kubevirt.io/v1/virtualmachines")
            try await api.create("a")
            let bookmark = try #require(try await watch.event())
            #expect(bookmark.text == "BOOKMARK")
            #expect(bookmark.object.metadataResourceVersion == "\(api.start + 1)")
        }
    }

    @Test func `sendInitialEvents ends what there is with a bookmark that says so`() async throws {
        try await withAPI { api in
            try await api.create("a")
            let watch = try await api.stream(
                "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
            #expect(try await watch.event()?.text == "ADDED a")
            let bookmark = try #require(try await watch.event())
            #expect(bookmark.text == "BOOKMARK")
            #expect(bookmark.object[path: "metadata", "annotations", "k8s.io/initial-events-end"]?.string == "true")
            #expect(bookmark.object.metadataResourceVersion == "\(api.start + 1)")
            try await api.create("b")
            #expect(try await watch.event()?.text == "ADDED b")
        }
    }

    @Test func `sendInitialEvents=false begins with what comes`() async throws {
        try await withAPI { api in
            try await api.create("a")
            let watch = try await api.stream("?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan")
            try await api.create("b")
            #expect(try await watch.event()?.text == "ADDED b")
        }
    }

    @Test(arguments: [
        ("sendInitialEvents=true", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
        (
            "resourceVersionMatch=NotOlderThan",
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        ),
        ("sendInitialEvents=true&resourceVersionMatch=Exact", "supported values: \"NotOlderThan\""),
    ])
    func `refuses what does not go together`(_ query: String, _ message: String) async throws {
        try await withAPI { api in
            let (status, json) = try await api.ask("GET", "?watch=1&" + query)
            #expect(status == 422)
            #expect(json["message"]?.string?.contains(message) == true, "\(json["message"]?.string ?? "")")
        }
    }

    @Test(arguments: [
        ("resourceVersion=abc", 400), ("timeoutSeconds=abc", 400), ("timeoutSeconds=-1", 400),
        ("fieldSelector=spec.x%3Dy", 400), ("labelSelector=a%20b", 400), ("resourceVersion=1000000", 504),
        ("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=1000000", 504),
    ])
    func `refuses what cannot be`(_ query: String, _ code: Int) async throws {
        try await withAPI { api in
            let (status, _) = try await api.ask("GET", "?watch=1&" + query)
            #expect(status == code)
        }
    }

    @Test func `a resourceVersion that is too old is an ERROR event and the end`() async throws {
        try await withAPI(history: EventHistory.Limits(eventsMax: 1)) { api in
            for name in ["a", "b"] { try await api.create(name) }
            let watch = try await api.stream("?watch=1&resourceVersion=\(api.start)")
            #expect(watch.status == 200)
            let error = try #require(try await watch.event())
            #expect(error.text == "ERROR")
            #expect(error.object["code"]?.int == 410)
            #expect(error.object["message"]?.string == "too old resource version: \(api.start) (\(api.start + 1))")
            #expect(try await watch.event() == nil)
            #expect(watch.isComplete)
        }
    }

    @Test func `an object that comes under the selector is added, one that leaves it is deleted`() async throws {
        try await withAPI { api in
            try await api.create("a", labels: ["color": "red"])
            try await api.create("b", labels: ["color": "blue"])
            let watch = try await api.stream("?watch=1&labelSelector=color%3Dred&resourceVersion=\(api.start + 2)")
            try await api.label("b", ["color": "red"])
            #expect(try await watch.event()?.text == "ADDED b")
            try await api.label("b", ["size": "big"])
            #expect(try await watch.event()?.text == "MODIFIED b")
            let left = try await api.label("a", ["color": "blue"])
            let deleted = try #require(try await watch.event())
            #expect(deleted.text == "DELETED a")
            // As the client knows it, at the state in which it left.
            #expect(deleted.object[path: "metadata", "labels", "color"]?.string == "red")
            #expect(deleted.object.metadataResourceVersion == "\(left)")
            try await api.label("a", ["size": "small"])
            try await api.delete("a")
            try await api.delete("b")
            #expect(try await watch.event()?.text == "DELETED b")
        }
    }

    @Test func `a name selects one object`() async throws {
        try await withAPI { api in
            for name in ["a", "b"] { try await api.create(name) }
            let watch = try await api.stream("?watch=1&fieldSelector=metadata.name%3Db")
            #expect(try await watch.event()?.text == "ADDED b")
            for name in ["a", "b"] { try await api.delete(name) }
            #expect(try await watch.event()?.text == "DELETED b")
        }
    }

    @Test func `watches do not count as requests in flight`() async throws {
        try await withAPI { api in
            var watches: [HTTPStream] = []
            for _ in 0..<8 { watches.append(try await api.stream("?watch=1&resourceVersion=\(api.start)")) }
            #expect(watches.map(\.status) == Array(repeating: 200, count: 8))
            let (status, _) = try await api.ask("GET", "")
            #expect(status == 200)
            try await api.create("a")
            for watch in watches { #expect(try await watch.event()?.text == "ADDED a") }
        }
    }

    @Test func `outlasts the time limit of requests`() async throws {
        try await withAPI(configure: { $0.requestTimeout = 50 }) { api in
            let watch = try await api.stream("?watch=1&resourceVersion=\(api.start)&timeoutSeconds=1")
            #expect(try await watch.event() == nil)
            #expect(watch.isComplete)
        }
    }

    @Test func `ends cleanly and at once when the server shuts down`() async throws {
        try await withAPI { api in
            let watch = try await api.stream("?watch=1&resourceVersion=\(api.start)")
            // Its end does not come from the grace, which is longer than the client's patience.
            async let shutdown: Void = api.server.shutdown(grace: 60_000)
            #expect(try await watch.event() == nil)
            #expect(watch.isComplete)
            await shutdown
        }
    }

    @Test func `a watcher that does not read is dropped, and holds up nobody`() async throws {
        let limits = EventHistory.Limits(eventsMax: 200)
        try await withAPI(
            history: limits, configure: { $0.outboundBytesMax = 16 * 1024 }
        ) { api in
            let slow = try await HTTPStream(
                port: api.server.address.port, "GET",
                TestAPI.path + "?watch=1&resourceVersion=\(api.start)", receiveBufferBytes: 4096)
            let text = JSONValue.string(String(repeating: "x", count: 100_000))
            for number in 0..<300 {
                let object: JSONValue = [
                    "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
                    "metadata": ["name": .string("vmi-\(number)")], "spec": ["text": text],
                ]
                _ = try await api.cluster.create(
                    TestAPI.vmi, namespace: "default", object: object, options: WriteOptions())
            }
            var last = ""
            var count = 0
            while let event = try await slow.event() {
                last = event.text
                count += 1
            }
            #expect(last == "ERROR")
            #expect(count < 300)
        }
    }
}
