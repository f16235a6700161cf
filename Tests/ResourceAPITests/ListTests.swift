import Foundation
import HTTPServer
import KubeModel
import Reactor
import Testing

@testable import APIServer
@testable import EmbeddedCluster

@Suite(.timeLimit(.minutes(5))) struct ListTests {
    private func names(_ list: JSONValue) -> [String] {
        list["items"]?.array?.compactMap(\.metadataName) ?? []
    }

    @Test func `pages show the state of the first one, whatever happens meanwhile`() async throws {
        try await withAPI { api in
            for name in ["a", "c", "e", "g"] { try await api.create(name) }
            let (_, first) = try await api.ask("GET", "?limit=2")
            #expect(names(first) == ["a", "c"])
            #expect(first[path: "metadata", "remainingItemCount"]?.int == 2)
            let version = first.metadataResourceVersion
            let token = try #require(first[path: "metadata", "continue"]?.string)
            try await api.delete("e")
            try await api.create("d")
            try await api.create("f")
            try await api.label("g", ["new": "yes"])
            let (_, second) = try await api.ask("GET", "?limit=1&continue=\(token)")
            #expect(names(second) == ["e"])
            #expect(second.metadataResourceVersion == version)
            #expect(second[path: "metadata", "remainingItemCount"]?.int == 1)
            let next = try #require(second[path: "metadata", "continue"]?.string)
            let (_, third) = try await api.ask("GET", "?limit=5&continue=\(next)")
            #expect(names(third) == ["g"])
            #expect(third["items"]?.array?[0][path: "metadata", "labels", "new"] == nil)
            #expect(third.metadataResourceVersion == version)
            #expect(third[path: "metadata", "continue"] == nil)
            #expect(third[path: "metadata", "remainingItemCount"] == nil)
        }
    }

    @Test func `a token that is too old is 410 with one that goes on`() async throws {
        try await withAPI(history: EventHistory.Limits(eventsMax: 1)) { api in
            for name in ["a", "b", "c"] { try await api.create(name) }
            let token = try #require(try await api.ask("GET", "?limit=1").json[path: "metadata", "continue"]?.string)
            try await api.delete("b")
            try await api.create("d")
            let (status, expired) = try await api.ask("GET", "?limit=1&continue=\(token)")
            #expect(status == 410)
            #expect(expired["reason"] == "Expired")
            let next = try #require(expired[path: "metadata", "continue"]?.string)
            let (_, rest) = try await api.ask("GET", "?limit=5&continue=\(next)")
            #expect(names(rest) == ["c", "d"])
            #expect(rest.metadataResourceVersion == "\(api.start + 5)")
        }
    }

    @Test(arguments: [0, 1, 2, 3, 4])
    func `shows exactly the state that is asked for`(_ offset: UInt64) async throws {
        let states: [[String]] = [[], ["a"], ["a", "b"], ["b"], ["a", "b"]]
        try await withAPI { api in
            try await api.create("a")
            try await api.create("b")
            try await api.delete("a")
            try await api.create("a")
            try await api.label("a", ["x": "y"])
            let query = "?resourceVersion=\(api.start + offset)&resourceVersionMatch=Exact"
            let (status, list) = try await api.ask("GET", query)
            #expect(status == 200)
            #expect(names(list) == states[Int(offset)])
            #expect(list.metadataResourceVersion == "\(api.start + offset)")
        }
    }

    @Test(arguments: [
        ("resourceVersion=0", 200, ""), ("resourceVersion=1", 200, ""),
        ("resourceVersion=1&resourceVersionMatch=NotOlderThan", 200, ""),
        ("resourceVersion=1&resourceVersionMatch=Exact", 410, "too old resource version: 1"),
        ("resourceVersion=1000000", 504, "Too large resource version: 1000000"),
        ("resourceVersion=1000000&resourceVersionMatch=Exact", 504, "Too large resource version"),
        ("resourceVersion=0&resourceVersionMatch=Exact", 422, "is forbidden for resourceVersion \"0\""),
        ("resourceVersionMatch=Exact", 422, "is forbidden unless resourceVersion is provided"),
        ("resourceVersion=1&resourceVersionMatch=Some", 422, "Unsupported value: \"Some\""),
        ("sendInitialEvents=true", 422, "sendInitialEvents is forbidden for list"),
        ("resourceVersion=x", 400, "resourceVersion: Invalid value: \"x\""),
        ("limit=x", 400, "limit: \"x\" is no integer"), ("continue=x", 400, "continue key is not valid"),
        ("limit=1&resourceVersion=1", 410, "too old resource version: 1"),
    ])
    func `takes the resourceVersions that kube-apiserver takes`(
        _ query: String, _ code: Int, _ message: String
    ) async throws {
        try await withAPI { api in
            let (status, json) = try await api.ask("GET", "?" + query)
            #expect(status == code)
            #expect(message.isEmpty || json["message"]?.string?.contains(message) == true, "\(json)")
            if code == 504 {
                #expect(json[path: "details", "causes"]?.array?[0]["reason"] == "ResourceVersionTooLarge")
            }
        }
    }

    @Test func `a continue token of a client's own counted down below the least number`() async throws {
        try await withAPI { api in
            try await api.create("x")
            for (remaining, code) in [("0", 200), ("-1", 400), ("-9223372036854775808", 400)] {
                let token = #"{"v":"meta.k8s.io/v1","rv":0,"ns":"","name":"","remaining":\#(remaining)}"#
                let text = Data(token.utf8).base64EncodedString().replacing("=", with: "")
                let (status, json) = try await api.ask("GET", "?limit=1&continue=\(text)")
                #expect(status == code, "\(json)")
            }
        }
    }

    @Test func `a limit fills its page with what the selector chooses`() async throws {
        try await withAPI { api in
            for number in 100..<400 {
                try await api.create("vmi-\(number)", labels: number % 100 == 50 ? ["chosen": "yes"] : [:])
            }
            let (_, first) = try await api.ask("GET", "?limit=2&labelSelector=chosen")
            #expect(names(first) == ["vmi-150", "vmi-250"])
            #expect(first[path: "metadata", "remainingItemCount"] == nil)
            let token = try #require(first[path: "metadata", "continue"]?.string)
            let (_, second) = try await api.ask("GET", "?limit=2&labelSelector=chosen&continue=\(token)")
            #expect(names(second) == ["vmi-350"])
            #expect(second[path: "metadata", "continue"] == nil)
        }
    }

    @Test func `a list that is longer than its buffer is sent as it is read, and whole`() async throws {
        try await withAPI { api in
            let text = JSONValue.string(String(repeating: "x", count: 20_000))
            for number in 100..<300 {
                let object: JSONValue = [
                    "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
                    "metadata": ["name": .string("vmi-\(number)")], "spec": ["text": text],
                ]
                _ = try await api.cluster.create(
                    TestAPI.vmi, namespace: "default", object: object, options: WriteOptions())
            }
            let stream = try await api.stream("")
            #expect(stream.fields["transfer-encoding"] == "chunked")
            let list = try JSONValue(parsing: Array(try await stream.rest().utf8))
            #expect(names(list) == (100..<300).map { "vmi-\($0)" })
            #expect(stream.isComplete)
            // A short one has a length.
            #expect(try await api.stream("?limit=3").fields["content-length"] != nil)
        }
    }

    @Test func `a list that is overtaken by changes is broken off, not ended`() async throws {
        try await withAPI(
            history: EventHistory.Limits(eventsMax: 1), configure: { $0.outboundBytesMax = 16 * 1024 }
        ) { api in
            let text = JSONValue.string(String(repeating: "x", count: 100_000))
            for number in 100..<200 {
                let object: JSONValue = [
                    "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
                    "metadata": ["name": .string("vmi-\(number)")], "spec": ["text": text],
                ]
                _ = try await api.cluster.create(
                    TestAPI.vmi, namespace: "default", object: object, options: WriteOptions())
            }
            let slow = try await HTTPStream(
                port: api.server.address.port, "GET", TestAPI.path, receiveBufferBytes: 4096)
            for number in 100..<103 { try await api.label("vmi-\(number)", ["x": "y"]) }
            _ = try? await slow.rest()
            #expect(!slow.isComplete)
        }
    }

    @Test(arguments: [("", ["a", "b", "c"]), ("?labelSelector=color%3Dred", ["a", "c"])])
    func `deletes a collection, and answers what it was`(_ query: String, _ deleted: [String]) async throws {
        try await withAPI { api in
            try await api.create("a", labels: ["color": "red"])
            try await api.create("b")
            try await api.create("c", labels: ["color": "red"])
            try await api.create("a", namespace: "kube-system")
            let (status, list) = try await api.ask("DELETE", query)
            #expect(status == 200)
            #expect(names(list).sorted() == deleted)
            let left = names(try await api.ask("GET", "", path: "/apis/kubevirt.io/v1/virtualmachineinstances").json)
            #expect(left == ["a", "b", "c"].filter { !deleted.contains($0) } + ["a"])
        }
    }

    @Test func `a dry run deletes no collection`() async throws {
        try await withAPI { api in
            try await api.create("a")
            #expect(names(try await api.ask("DELETE", "?dryRun=All").json) == ["a"])
            #expect(names(try await api.ask("GET", "").json) == ["a"])
        }
    }

    @Test func `server-side apply is refused with what to do instead`() async throws {
        try await withAPI { api in
            try await api.create("a")
            let (status, json) = try await api.ask(
                "PATCH", "/a?fieldManager=x", body: "spec: {}", type: "application/apply-patch+yaml")
            #expect(status == 415)
            #expect(json["message"]?.string?.contains("use kubectl apply without --server-side") == true)
        }
    }
}
