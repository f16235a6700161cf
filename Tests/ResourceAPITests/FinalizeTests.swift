import KubeModel
import Testing

@testable import EmbeddedCluster

/// `kubectl replace --raw /api/v1/namespaces/NAME/finalize -f -`, the usual remedy.
@Suite(.timeLimit(.minutes(5))) struct FinalizeTests {
    @Test func `the finalize of a namespace was not found`() async throws {
        try await withAPI { api in
            let path = "/api/v1/namespaces/n"
            let object = #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#
            #expect(try await api.ask("POST", "", path: "/api/v1/namespaces", body: object).status == 201)
            let held: JSONValue = [
                "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
                "metadata": ["name": "held", "finalizers": ["x.io/hold"]], "spec": ["domain": ["devices": [:]]],
            ]
            _ = try await api.cluster.create(TestAPI.vmi, namespace: "n", object: held, options: WriteOptions())
            let (_, waiting) = try await api.ask("DELETE", "", path: path)
            #expect(waiting.hasTrueCondition("NamespaceContentRemaining"))
            let (status, last) = try await api.ask("PUT", "/finalize", path: path, body: object)
            #expect(status == 200)
            #expect(last["kind"] == "Namespace")
            #expect(try await api.ask("GET", "", path: path).status == 404)
        }
    }

    @Test func `a DELETE of all namespaces deleted them and answered 403`() async throws {
        try await withAPI { api in
            let object = #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#
            let (created, _) = try await api.ask("POST", "", path: "/api/v1/namespaces", body: object)
            #expect(created == 201)
            let (deleted, _) = try await api.ask("DELETE", "", path: "/api/v1/namespaces")
            #expect(deleted == 405)
            let (status, _) = try await api.ask("GET", "", path: "/api/v1/namespaces/n")
            #expect(status == 200)
        }
    }

    @Test(arguments: [
        ("POST", "/api/v1/pods", 405), ("DELETE", "/api/v1/pods", 405), ("GET", "/api/v1/pods", 200),
        ("GET", "/api/v1/pods/x", 404), ("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", 200),
        ("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", 405),
        ("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", 405),
        ("PUT", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x", 405),
    ]) func `what cannot be done with a resource is 405`(method: String, path: String, expected: Int) async throws {
        try await withAPI { api in
            let (status, _) = try await api.ask(method, "", path: path, body: "{}")
            #expect(status == expected)
        }
    }

    @Test(arguments: ["GET", "PATCH", "DELETE", "POST"]) func `nothing else can be done with it`(
        method: String
    ) async throws {
        try await withAPI { api in
            let (status, answer) = try await api.ask(
                method, "/finalize", path: "/api/v1/namespaces/default", body: "{}",
                type: "application/merge-patch+json")
            #expect(status == 405)
            #expect(answer["reason"] == "MethodNotAllowed")
            #expect(try await api.ask("GET", "/status", path: "/api/v1/namespaces/default").status == 200)
            #expect(try await api.ask("PUT", "/x/finalize", body: "{}").status == 404)
        }
    }
}
