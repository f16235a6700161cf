import KubeModel
import Testing

@testable import APIServer

@Suite struct OpenAPIDocumentsTests {
    private static let dotted = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    private static let deprecated = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"

    private let documents = OpenAPIDocuments(
        group: Fixture.allSubresources, resources: [Fixture.core, Fixture.resources] + SelfReviews.groups)

    private func answer(_ path: String, accept: String? = nil, query: String? = nil) throws -> APIAnswer {
        try documents.answer(
            path.split(separator: "/").map(String.init), Fixture.head(accept.map { ["Accept": $0] } ?? [:]),
            QueryParameters(query))
    }

    private func value(_ answer: APIAnswer) -> JSONValue? {
        if case .document(let document) = answer.content { document.value } else { nil }
    }

    /// All values of `$ref` below `value`.
    private func references(_ value: JSONValue) -> [String] {
        let below = (value.array ?? []) + (value.object?.members.map(\.value) ?? [])
        return (value["$ref"]?.string).map { [$0] } ?? below.flatMap(references)
    }

    private func resolve(_ reference: String, in document: JSONValue) -> JSONValue? {
        reference.split(separator: "/").dropFirst().reduce(document as JSONValue?) { $0?[String($1)] }
    }

    @Test(arguments: [
        "openapi/v2", "openapi/v3/apis/subresources.kubevirt.io/v1", "openapi/v3/apis/kubevirt.io/v1",
        "openapi/v3/apis/kubevirt.io/v1alpha3", "openapi/v3/api/v1", "openapi/v3/apis/authorization.k8s.io/v1",
    ])
    func `refers to nothing that is not there`(path: String) throws {
        let document = try #require(value(answer(path)))
        let references = references(document)
        #expect(references.count > 10)
        for reference in references {
            #expect(reference.hasPrefix("#/"))
            #expect(resolve(reference, in: document)?["type"] == "object", "\(reference)")
        }
    }

    @Test(arguments: ["openapi/v2", "openapi/v3/apis/subresources.kubevirt.io/v1alpha3"])
    func `describes each operation once, with its parameters and answers`(path: String) throws {
        let document = try #require(value(answer(path)))
        let paths = try #require(document["paths"]?.object).members.filter { $0.name.contains("/subresources.") }
        #expect(
            paths.contains { $0.name.hasSuffix("/namespaces/{namespace}/virtualmachines/{name}/addinterface") })
        var identifiers: Set<String> = []
        for (path, item) in paths {
            let operation = try #require(item["put"])
            #expect(item.object?.members.map(\.name) == ["put"])
            let (isNew, _) = identifiers.insert(operation["operationId"]?.string ?? "")
            #expect(isNew)
            let parameters = operation["parameters"]?.array ?? []
            let inPath = parameters.filter { $0["in"] == "path" }
            #expect(inPath.map { $0["name"]?.string } == ["namespace", "name"], "\(path)")
            #expect(inPath.allSatisfy { $0["required"] == true })
            let inQuery = parameters.filter { $0["in"] == "query" }.map { $0["name"]?.string }
            #expect(inQuery == ["dryRun", "fieldManager", "fieldValidation"])
            #expect(operation[path: "responses", "202"] != nil)
            #expect(operation[path: "responses", "200"] == nil)
            #expect(operation[path: "x-kubernetes-group-version-kind", "group"] == "kubevirt.io")
        }
    }

    @Test func `says the same in OpenAPI 2 as in OpenAPI 3, under names that are unique there`() throws {
        let old = try #require(value(answer("openapi/v2")))
        var identifiers: [String] = []
        for name in try #require(value(answer("openapi/v3"))?["paths"]?.object).members.map(\.name) {
            let new = try #require(value(answer("openapi/v3/\(name)")))
            for (path, item) in try #require(new["paths"]?.object).members {
                for (method, operation) in try #require(item.object).members {
                    let same = try #require(old["paths"]?[path]?[method], "\(method) \(path)")
                    identifiers.append(same["operationId"]?.string ?? "")
                    #expect(same["operationId"] == operation["operationId"])
                    #expect(same["x-kubernetes-action"] == operation["x-kubernetes-action"])
                    let names = operation["parameters"]?.array?.map { $0["name"] } ?? []
                    let body = operation["requestBody"]?["content"]?.object?.members.map(\.name)
                    #expect(same["parameters"]?.array?.map { $0["name"] } == names + (body == nil ? [] : ["body"]))
                    #expect(same["parameters"]?.array?.allSatisfy { $0["in"] == "body" || $0["type"] != nil } == true)
                    #expect(same["consumes"]?.array?.compactMap(\.string) == body)
                    #expect(
                        same["responses"]?.object?.members.map(\.name)
                            == operation["responses"]?.object?.members.map(\.name))
                }
            }
            for schema in try #require(new[path: "components", "schemas"]?.object).members {
                #expect(old["definitions"]?[schema.name] != nil, "\(schema.name)")
            }
        }
        #expect(identifiers.count > 60)
        #expect(Set(identifiers).count == identifiers.count)
    }

    @Test func `tells of the query of lists, of watches and of the deletion of lists`() throws {
        let document = try #require(value(answer("openapi/v3/apis/kubevirt.io/v1")))
        let item = document["paths"]?["/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines"]
        func query(_ method: String) -> [String] {
            (item?[method]?["parameters"]?.array ?? []).filter { $0["in"] == "query" }.compactMap { $0["name"]?.string }
        }
        #expect(
            query("get") == [
                "fieldSelector", "labelSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch",
                "watch",
                "timeoutSeconds", "allowWatchBookmarks", "sendInitialEvents",
            ])
        #expect(query("delete") == ["fieldSelector", "labelSelector", "dryRun"])
        #expect(item?["delete"]?["x-kubernetes-action"] == "deletecollection")
    }

    @Test func `tells of the finalize of namespaces, which takes a PUT alone`() throws {
        let paths = try #require(value(answer("openapi/v3/api/v1"))?["paths"])
        let item = try #require(paths["/api/v1/namespaces/{name}/finalize"]?.object)
        #expect(item.members.map(\.name) == ["put"])
        #expect(item["put"]?["operationId"] == "replaceCoreV1NamespaceFinalize")
        let status = paths["/api/v1/namespaces/{name}/status"]?.object?.members.map(\.name)
        #expect(status?.sorted() == ["get", "patch", "put"])
    }

    /// Where it is told of, kubectl makes its patches by the document, and warns of what is not in there.
    @Test(arguments: [
        ("api/v1", "/api/v1/namespaces/{name}", true),
        ("api/v1", "/api/v1/namespaces/{namespace}/pods/{name}", false),
        ("apis/kubevirt.io/v1", "/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines/{name}", false),
    ]) func `tells of strategic merge patches where all fields are known`(name: String, path: String, isTold: Bool)
        throws
    {
        let patch = try #require(value(answer("openapi/v3/\(name)"))?["paths"]?[path]?["patch"])
        let content = try #require(patch["requestBody"]?["content"]?.object).members.map(\.name)
        #expect(content.contains("application/strategic-merge-patch+json") == isTold)
        #expect(content.contains("application/merge-patch+json"))
    }

    @Test(arguments: [nil, "*/*", "application/json", "application/*", "application/json, " + dotted])
    func `serves OpenAPI 2 as JSON`(accept: String?) throws {
        let answer = try answer("openapi/v2", accept: accept)
        #expect(value(answer)?["swagger"] == "2.0")
        #expect(answer.fields.map(\.name) == ["Vary"])
    }

    /// kubectl asks by the name with `@`; Go can only read back the one with dots.
    @Test(arguments: [dotted, deprecated, deprecated + ",application/json", "text/html," + dotted])
    func `serves OpenAPI 2 as protobuf under its dotted name`(accept: String) throws {
        let answer = try answer("openapi/v2", accept: accept)
        guard case .bytes(let bytes, let type) = answer.content else {
            Issue.record("\(answer.content)")
            return
        }
        #expect(answer.status == 200)
        #expect(type == Self.dotted)
        let document = try #require(value(self.answer("openapi/v2")))
        #expect(try fields(bytes[...], 1) == ["2.0"])
        let definitions = try #require(try messages(bytes[...], 9).first)
        let names = try messages(definitions, 1).map { try fields($0, 1)[0] }
        #expect(names == document["definitions"]?.object?.members.map(\.name))
        let paths = try #require(try messages(bytes[...], 8).first)
        #expect(try messages(paths, 2).count == document["paths"]?.object?.members.count)
        // A machine's schema: NamedSchema, Schema, Properties.
        let index = try #require(names.firstIndex(of: "io.kubevirt.v1.VirtualMachine"))
        let schema = try #require(try messages(messages(definitions, 1)[index], 2).first)
        #expect(try messages(schema, 22).map { try fields($0, 1) } == [["object"]])
        let properties = try messages(schema, 25).flatMap { try messages($0, 1) }.map { try fields($0, 1)[0] }
        #expect(properties == ["apiVersion", "kind", "metadata", "spec", "status"])
        let kinds = try #require(try messages(schema, 31).first)
        #expect(try fields(kinds, 1) == ["x-kubernetes-group-version-kind"])
        let yaml = try #require(try messages(kinds, 2).map { try fields($0, 2)[0] }.first)
        #expect(
            try JSONValue.parseYAML(Array(yaml.utf8)).value
                == [["group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"]])
    }

    /// The messages of a field.
    private func messages(_ bytes: ArraySlice<UInt8>, _ number: UInt64) throws -> [ArraySlice<UInt8>] {
        var reader = ProtobufReader(bytes)
        var found: [ArraySlice<UInt8>] = []
        while let field = try reader.next() {
            if field.number == number, case .octets(let octets) = field.value { found.append(octets) }
        }
        return found
    }

    private func fields(_ bytes: ArraySlice<UInt8>, _ number: UInt64) throws -> [String] {
        try messages(bytes, number).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: ["text/html", "application/vnd.kubernetes.protobuf"])
    func `answers 406 to who accepts neither`(accept: String) throws {
        let answer = try answer("openapi/v2", accept: accept)
        #expect(answer.status == 406)
        guard case .none = answer.content else {
            Issue.record("\(answer.content)")
            return
        }
    }

    @Test func `links the documents of OpenAPI 3 by their hash`() throws {
        let root = try #require(value(answer("openapi/v3")))
        let paths = try #require(root["paths"]?.object)
        let names = [
            "apis/subresources.kubevirt.io/v1", "apis/subresources.kubevirt.io/v1alpha3", "api/v1",
            "apis/kubevirt.io/v1", "apis/kubevirt.io/v1alpha3", "apis/authorization.k8s.io/v1",
            "apis/authentication.k8s.io/v1", "apis/authentication.k8s.io/v1beta1",
        ]
        #expect(paths.members.map(\.name) == names)
        for (name, entry) in paths.members {
            let url = try #require(entry["serverRelativeURL"]?.string).split(separator: "?").map(String.init)
            #expect(url.first == "/openapi/v3/\(name)")
            let linked = try answer(url[0], query: url[1])
            #expect(value(linked)?["openapi"] == "3.0.0")
            #expect(linked.fields.map(\.value) == ["public, immutable"])
            // The hash of another version: the current document, to be asked for again.
            let stale = try answer(url[0], query: "hash=0")
            #expect(stale.status == 200)
            #expect(stale.fields.isEmpty)
            #expect(value(stale) == value(linked))
        }
    }

    @Test(arguments: ["openapi", "openapi/v1", "openapi/v2/x", "openapi/v3/apis", "openapi/v3/apis/g/v1"])
    func `knows no other document`(path: String) {
        #expect(throws: Status.pathNotFound) { try answer(path) }
    }

    /// What kubectl looks for before it leaves the check of fields to the server.
    @Test(arguments: ["v1", "v1alpha3"]) func `tells that patches take fieldValidation`(version: String) throws {
        let document = try #require(value(answer("openapi/v3/apis/kubevirt.io/\(version)")))
        let path = "/apis/kubevirt.io/\(version)/namespaces/{namespace}/virtualmachines/{name}"
        let patch = try #require(document["paths"]?[path]?["patch"])
        #expect(
            patch["x-kubernetes-group-version-kind"]
                == ["group": "kubevirt.io", "version": .string(version), "kind": "VirtualMachine"])
        #expect(patch["parameters"]?.array?.contains { $0["name"] == "fieldValidation" } == true)
        let schema = try #require(
            document[path: "components", "schemas"]?["io.kubevirt.\(version).VirtualMachine"])
        #expect(schema["x-kubernetes-group-version-kind"]?.array?.first == patch["x-kubernetes-group-version-kind"])
    }

    @Test(arguments: ["apis/kubevirt.io/v1", "api/v1", "apis/authentication.k8s.io/v1"])
    func `gives each operation on a resource a name of its own`(name: String) throws {
        let document = try #require(value(answer("openapi/v3/\(name)")))
        var identifiers: [String] = []
        for (path, item) in try #require(document["paths"]?.object).members {
            for (method, operation) in item.object?.members ?? [] {
                identifiers.append(operation["operationId"]?.string ?? "")
                let inPath = operation["parameters"]?.array?.filter { $0["in"] == "path" } ?? []
                #expect(inPath.count == path.count { $0 == "{" }, "\(method) \(path)")
                #expect(operation["responses"]?["404"] != nil)
            }
        }
        #expect(identifiers.isEmpty == false)
        #expect(Set(identifiers).count == identifiers.count, "\(identifiers)")
    }
}
