import KubeModel
import Testing

@testable import APIServer

@Suite struct DiscoveryDocumentsTests {
    private let documents = DiscoveryDocuments(groups: [Fixture.core, Fixture.subresources, Fixture.resources])

    private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test func `lists the groups`() throws {
        #expect(
            documents.groupList.value
                == (try json(
                    """
                    {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                      {"name": "subresources.kubevirt.io",
                       "versions": [
                         {"groupVersion": "subresources.kubevirt.io/v1", "version": "v1"},
                         {"groupVersion": "subresources.kubevirt.io/v1alpha3", "version": "v1alpha3"}],
                       "preferredVersion": {"groupVersion": "subresources.kubevirt.io/v1", "version": "v1"}},
                      {"name": "kubevirt.io", "versions": [
                         {"groupVersion": "kubevirt.io/v1", "version": "v1"},
                         {"groupVersion": "kubevirt.io/v1alpha3", "version": "v1alpha3"}],
                       "preferredVersion": {"groupVersion": "kubevirt.io/v1", "version": "v1"}}]}
                    """)))
    }

    /// What virtctl reads after an error: it goes on to the preferred version.
    @Test func `shows a group with its preferred version`() throws {
        #expect(Set(documents.groups.keys) == ["subresources.kubevirt.io", "kubevirt.io"])
        #expect(
            documents.groups["subresources.kubevirt.io"]?.value
                == (try json(
                    """
                    {"kind": "APIGroup", "apiVersion": "v1", "name": "subresources.kubevirt.io",
                     "versions": [
                       {"groupVersion": "subresources.kubevirt.io/v1", "version": "v1"},
                       {"groupVersion": "subresources.kubevirt.io/v1alpha3", "version": "v1alpha3"}],
                     "preferredVersion": {"groupVersion": "subresources.kubevirt.io/v1", "version": "v1"}}
                    """)))
    }

    @Test(arguments: ["v1", "v1alpha3"]) func `lists the subresources with kind and verbs`(version: String) throws {
        #expect(
            documents.resources["subresources.kubevirt.io/\(version)"]?.value
                == (try json(
                    """
                    {"kind": "APIResourceList", "apiVersion": "v1",
                     "groupVersion": "subresources.kubevirt.io/\(version)", "resources": [
                      {"name": "virtualmachines/addinterface", "singularName": "", "namespaced": true,
                       "group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine", "verbs": ["update"]},
                      {"name": "virtualmachineinstances/addinterface", "singularName": "", "namespaced": true,
                       "group": "kubevirt.io", "version": "v1", "kind": "VirtualMachineInstance",
                       "verbs": ["update"]}]}
                    """)))
    }

    @Test func `lists the resources with their names, and status only where there is one`() throws {
        let list = try #require(documents.resources["kubevirt.io/v1"]?.value["resources"]?.array)
        #expect(
            list.map { $0["name"]?.string } == ["virtualmachines", "virtualmachines/status", "virtualmachineinstances"])
        #expect(
            list.last
                == (try json(
                    """
                    {"name": "virtualmachineinstances", "singularName": "virtualmachineinstance", "namespaced": true,
                     "kind": "VirtualMachineInstance", "shortNames": ["vmi", "vmis"], "categories": ["all"],
                     "verbs": [
                      "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]}
                    """)))
    }

    @Test func `the finalize of namespaces was not told of`() throws {
        let list = try #require(documents.resources["v1"]?.value["resources"]?.array)
        let finalize: JSONValue = [
            "name": "namespaces/finalize", "singularName": "", "namespaced": false, "kind": "Namespace",
            "verbs": ["update"],
        ]
        #expect(list.contains(finalize))
        let item = documents.aggregatedCore["v2"]?.value["items"]?.array?.first
        let namespaces = item?["versions"]?.array?.first?["resources"]?.array?.first
        #expect(namespaces?["subresources"]?.array?.map { $0["subresource"] } == ["finalize", "status"])
    }

    @Test func `all namespaces could be deleted at once`() throws {
        let list = try #require(documents.resources["v1"]?.value["resources"]?.array)
        let namespaces = try #require(list.first { $0["name"] == "namespaces" })
        #expect(
            namespaces["verbs"]?.array == ["create", "delete", "get", "list", "patch", "update", "watch"])
    }

    /// A null kind crashes clients of v0.26; a null list of verbs makes others drop the entry.
    @Test(arguments: ["v2", "v2beta1"]) func `aggregates all groups`(version: String) throws {
        let document = try #require(documents.aggregated[version]?.value)
        #expect(document["kind"] == "APIGroupDiscoveryList")
        #expect(document["apiVersion"] == .string("apidiscovery.k8s.io/\(version)"))
        let items = try #require(document["items"]?.array)
        #expect(items.map { $0[path: "metadata", "name"]?.string } == ["subresources.kubevirt.io", "kubevirt.io"])
        let versions = try #require(items.first?["versions"]?.array)
        #expect(versions.map { $0["version"]?.string } == ["v1", "v1alpha3"])
        #expect(versions.allSatisfy { $0["freshness"] == "Current" })
        #expect(
            versions.first?["resources"]?.array?.first
                == (try json(
                    """
                    {"resource": "virtualmachines", "responseKind": {"group": "", "version": "", "kind": ""},
                     "scope": "Namespaced", "singularResource": "", "verbs": [], "subresources": [
                       {"subresource": "addinterface", "verbs": ["update"], "responseKind":
                         {"group": "subresources.kubevirt.io", "version": "v1", "kind": "VirtualMachine"}}]}
                    """)))
        #expect(
            items.last?["versions"]?.array?.first?["resources"]?.array?.first
                == (try json(
                    """
                    {"resource": "virtualmachines", "scope": "Namespaced", "singularResource": "virtualmachine",
                     "responseKind": {"group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"},
                     "shortNames": ["vm", "vms"], "categories": ["all"],
                     "verbs": [
                      "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"], "subresources": [
                       {"subresource": "status", "verbs": ["get", "patch", "update"], "responseKind":
                         {"group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"}}]}
                    """)))
    }

    /// When only one of `/api` and `/apis` is aggregated, client-go asks for each group again.
    @Test func `aggregates the core group apart`() throws {
        #expect(Set(documents.aggregatedCore.keys) == Set(documents.aggregated.keys))
        let item = try #require(documents.aggregatedCore["v2"]?.value["items"]?.array?.first)
        #expect(item[path: "metadata", "name"] == "")
        let resources = try #require(item["versions"]?.array?.first?["resources"]?.array)
        #expect(resources.map { $0["scope"] } == ["Cluster", "Namespaced"])
        #expect(resources.first?["responseKind"] == ["group": "", "version": "v1", "kind": "Namespace"])
    }

    @Test func `lists the versions of the core group`() throws {
        #expect(documents.versions.value["kind"] == "APIVersions")
        #expect(documents.versions.value["versions"] == ["v1"])
        #expect(documents.resources["v1"]?.value["groupVersion"] == "v1")
        #expect(documents.groups[""] == nil)
    }

    @Test func `aggregates no core group where none is served`() {
        let documents = DiscoveryDocuments(groups: [Fixture.subresources])
        #expect(documents.aggregatedCore["v2"]?.value["items"] == [])
        #expect(documents.versions.value["versions"] == [])
    }

    /// Manifests of KubeVirt before v1 say v1alpha3.
    @Test func `lists the resources under each of their versions`() throws {
        let names = ["kubevirt.io/v1", "kubevirt.io/v1alpha3"].map { version in
            documents.resources[version]?.value["resources"]?.array?.map { $0["name"]?.string }
        }
        #expect(names[0] != nil)
        #expect(names[0] == names[1])
    }

    @Test func `gives each document a validator of its content`() throws {
        let first = StaticDocument(["a": 1])
        #expect(first.bytes == Array("{\"a\":1}\n".utf8))
        #expect(first.entityTag == StaticDocument(["a": 1]).entityTag)
        #expect(first.entityTag != StaticDocument(["a": 2]).entityTag)
        #expect(first.entityTag.hasPrefix("\"") && first.entityTag.hasSuffix("\""))
    }

    @Test(arguments: [
        ("v1.33.0+x-1.2", "1", "33"), ("v1.0.0", "1", "0"), ("v10.2", "10", "2"), ("v3", "3", ""), ("", "", ""),
    ]) func `splits the version`(gitVersion: String, major: String, minor: String) {
        let json = VersionInfo(gitVersion: gitVersion).json
        #expect(json["major"]?.string == major)
        #expect(json["minor"]?.string == minor)
        #expect(json["gitVersion"]?.string == gitVersion)
        let keys = [
            "buildDate", "compiler", "gitCommit", "gitTreeState", "gitVersion", "goVersion", "major", "minor",
            "platform",
        ]
        #expect(json.object?.members.map(\.name).sorted() == keys)
    }
}
