import Foundation
import KubeModel
import Testing

/// kubectl as people use it, in each version that is there; each keeps to objects of its own.
@Suite(.sharedServer) struct KubectlTests {
    struct Kind: Sendable {
        let resource: String
        let kind: String
        let apiVersion: String
    }

    private static let kinds = [
        Kind(resource: "vm", kind: "VirtualMachine", apiVersion: "kubevirt.io/v1"),
        Kind(resource: "vmi", kind: "VirtualMachineInstance", apiVersion: "kubevirt.io/v1"),
        Kind(resource: "net-attach-def", kind: "NetworkAttachmentDefinition", apiVersion: "k8s.cni.cncf.io/v1"),
    ]

    private func expect(
        _ result: Command.Result, _ output: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == 0, "\(result)", sourceLocation: sourceLocation)
        #expect(result.output == output, "\(result)", sourceLocation: sourceLocation)
    }

    /// One version's commands on an object `x` of one kind, in a namespace of the version's own.
    private struct Session {
        let kubectl: Kubectl
        let namespace: String
        let kind: Kind

        /// As kubectl calls it: `virtualmachine.kubevirt.io/x`.
        var shown: String { "\(kind.kind.lowercased()).\(kind.apiVersion.prefix { $0 != "/" })/x" }

        func manifest(_ value: String) -> String {
            let domain = "domain: {devices: {}}"
            let machine =
                switch kind.kind {
                case "VirtualMachine": "running: false, template: {spec: {\(domain)}}, "
                case "VirtualMachineInstance": "\(domain), "
                default: ""
                }
            return """
                apiVersion: \(kind.apiVersion)
                kind: \(kind.kind)
                metadata: {name: x}
                spec: {\(machine)a: {b: "\(value)"}, list: [1, 2]}
                """
        }

        func callAsFunction(_ words: String..., input: String = "", editor: String = "") throws -> Command.Result {
            try Command.run(
                [kubectl.path, "-n", namespace] + words, input: input,
                environment: ["KUBECONFIG": kubectl.kubeconfig, "HOME": kubectl.home, "KUBE_EDITOR": editor])
        }
    }

    private func session(_ path: String, _ kind: Kind) throws -> Session {
        let namespace = Kubectl.label(path)
        let kubectl = try SharedServer.current.kubectl(path)
        let created = try kubectl("create", "namespace", namespace)
        #expect(created.status == 0 || created.errors.contains("AlreadyExists"), "\(created)")
        return Session(kubectl: kubectl, namespace: namespace, kind: kind)
    }

    @Test(arguments: Kubectl.allPaths)
    func `creates, reads, patches, replaces and deletes each kind`(path: String) throws {
        for kind in Self.kinds {
            let run = try session(path, kind)
            expect(try run("create", "--validate=false", "-f", "-", input: run.manifest("1")), "\(run.shown) created\n")
            #expect(try run("get", kind.resource).output.contains("x "))
            let patched = try run(
                "patch", kind.resource, "x", "--type=json", "-p",
                #"[{"op":"test","path":"/spec/a/b","value":"1"},{"op":"add","path":"/spec/list/-","value":3}]"#)
            if kind.resource == "vmi" {
                // Nobody but KubeVirt changes the spec of a machine that runs.
                #expect(patched.errors.contains("update of VMI object is restricted"), "\(patched)")
                #expect(try run("label", kind.resource, "x", "l=v").status == 0)
            } else {
                expect(patched, "\(run.shown) patched\n")
                expect(
                    try run("patch", kind.resource, "x", "--type=merge", "-p", #"{"spec":{"a":null}}"#),
                    "\(run.shown) patched\n")
                expect(
                    try run("get", kind.resource, "x", "-ojsonpath={.spec.list} {.spec.a} {.metadata.generation}"),
                    "[1,2,3]  3")
                expect(
                    try run("replace", "--validate=false", "-f", "-", input: run.manifest("2")),
                    "\(run.shown) replaced\n")
            }
            let deleted = try run("delete", kind.resource, "x")
            #expect(deleted.status == 0, "\(deleted)")
            #expect(deleted.output.contains(#""x" deleted"#), "\(deleted)")
        }
    }

    @Test(arguments: Kubectl.allPaths) func `edits, labels, and shows why a change is refused`(path: String) throws {
        let run = try session(path, Kind(resource: "vm", kind: "VirtualMachine", apiVersion: "kubevirt.io/v1"))
        func fails(_ result: Command.Result, _ text: String) {
            #expect(result.status == 1, "\(result)")
            #expect(result.errors.contains(text), "\(result)")
        }
        let manifest = run.manifest("1").replacing("{name: x", with: "{name: other")
        let shown = run.shown.dropLast() + "other"
        expect(try run("create", "--validate=false", "-f", "-", input: manifest), "\(shown) created\n")
        fails(try run("create", "--validate=false", "-f", "-", input: manifest), "(AlreadyExists)")
        expect(
            try run("edit", "--validate=false", "vm", "other", editor: "sed -i s/b:.*/b:\\ edited/"),
            "\(shown) edited\n")
        expect(try run("get", "vm", "other", "-ojsonpath={.spec.a.b}"), "edited")
        expect(try run("label", "vm", "other", "l=v"), "\(shown) labeled\n")
        fails(
            try run(
                "replace", "--validate=false", "-f", "-",
                input: manifest.replacing("name: other", with: "name: other, resourceVersion: \"1\"")),
            "the object has been modified")
        fails(
            try run("patch", "vm", "other", "--type=json", "-p", #"[{"op":"test","path":"/spec/a/b","value":"2"}]"#),
            "The request is invalid: ")
        // The type of patch that kubectl takes when it is told none.
        fails(
            try run("patch", "vm", "other", "-p", "{}"),
            "accepted media types include: application/json-patch+json, application/merge-patch+json")
        #expect(try run("delete", "vm", "other", "--dry-run=server").status == 0)
        #expect(try run("delete", "vm", "other").status == 0)
        fails(try run("get", "vm", "other"), "Error from server (NotFound): ")
        fails(
            try run("get", "-n", "default", "vm", "other"),
            #"Error from server (NotFound): virtualmachines.kubevirt.io "other" not found"#)
    }

    @Test(arguments: Kubectl.allPaths) func `shows the columns of KubeVirt`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        for (words, parts) in [
            ("get vmi vmi-fedora", ["NAME AGE PHASE IP NODENAME READY\nvmi-fedora ", " Running "]),
            ("get vmi -A -o wide", ["NAMESPACE NAME ", " LIVE-MIGRATABLE PAUSED\ndefault vmi-fedora "]),
            ("get ns", ["NAME STATUS AGE\ndefault Active "]),
        ] {
            let shown = try Command.run(
                [path] + words.split(separator: " ").map(String.init),
                environment: ["KUBECONFIG": kubectl.kubeconfig, "HOME": kubectl.home])
            // One space between columns, whatever their widths.
            let columns = shown.output.split(separator: " ").joined(separator: " ")
            for part in parts { #expect(columns.contains(part), "\(words)\n\(shown)") }
        }
        let sorted = try kubectl("get", "vmi", "--sort-by=.metadata.name")
        #expect(sorted.output.contains("vmi-fedora"), "\(sorted)")
        let both = try kubectl("get", "vm,vmi,kubevirt", "--show-labels")
        #expect(both.status == 0, "\(both)")
        #expect(both.output.contains("virtualmachine.kubevirt.io/vm-fedora"), "\(both)")
    }

    @Test(arguments: Kubectl.allPaths) func `explains fields, and refuses one that there is not`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let explained = try kubectl("explain", "vmi.spec.domain.devices.interfaces")
        #expect(explained.status == 0, "\(explained)")
        #expect(explained.output.contains("macAddress"), "\(explained)")
        // By OpenAPI 2, which is read as protobuf.
        let older = try kubectl("explain", "vmi.spec.domain.devices.interfaces", "--output=plaintext-openapiv2")
        #expect(older.output.contains("macAddress"), "\(older)")
        let manifest = """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata: {name: strict}
            spec:
              running: false
              template:
                spec:
                  domain: {devices: {interfaces: [{name: a, bridge: {}}]}}
                  networks: [{name: a, multus: {networkName: net, defualt: true}}]
            """
        let refused = try kubectl("apply", "-f", "-", input: manifest)
        #expect(refused.status == 1, "\(refused)")
        #expect(
            refused.errors.contains(#"unknown field "spec.template.spec.networks[0].multus.defualt""#), "\(refused)")
        let warned = try kubectl("apply", "--dry-run=server", "--validate=warn", "-f", "-", input: manifest)
        #expect(warned.status == 0, "\(warned)")
        #expect(warned.errors.contains("Warning: unknown field"), "\(warned)")
    }

    @Test func `refuses a second KubeVirt, and a gate that is no list`() throws {
        let kubectl = try SharedServer.current.kubectl()
        let second = try kubectl(
            "create", "-f", "-",
            input: "{apiVersion: kubevirt.io/v1, kind: KubeVirt, metadata: {name: second}, spec: {}}")
        #expect(second.errors.contains("Kubevirt is already created: default/kubevirt"), "\(second)")
        let gates = try kubectl(
            "patch", "kubevirt", "kubevirt", "--type=merge", "-p",
            #"{"spec":{"configuration":{"developerConfiguration":{"featureGates":"HotplugNICs"}}}}"#)
        #expect(gates.errors.contains(#"featureGates in body must be of type array: "string""#), "\(gates)")
    }

    @Test(arguments: Kubectl.allPaths) func `tells who asks and what they may`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let may = try kubectl(
            "auth", "can-i", "update", "virtualmachineinstances/addinterface.subresources.kubevirt.io")
        #expect(may.output == "yes\n", "\(may)")
        let list = try kubectl("auth", "can-i", "--list")
        #expect(list.output.contains("*.* "), "\(list)")
        #expect(list.output.contains("selfsubjectreviews.authentication.k8s.io "), "\(list)")
        let who = try kubectl("auth", "whoami", "-ojsonpath={.status.userInfo.username}")
        #expect(who.output == "kubernetes-admin", "\(who)")
    }

    @Test(arguments: Kubectl.allPaths) func `discovers the server`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let resources = try kubectl("api-resources", "--no-headers")
        #expect(resources.status == 0, "\(resources)")
        let names = resources.output.split(separator: "\n").compactMap { $0.split(separator: " ").first }
        #expect(
            names.sorted() == [
                "customresourcedefinitions", "events", "kubevirts", "namespaces", "network-attachment-definitions",
                "pods",
                "selfsubjectaccessreviews", "selfsubjectreviews", "selfsubjectrulesreviews",
                "virtualmachineinstancemigrations", "virtualmachineinstances", "virtualmachines",
            ])
        #expect(resources.errors == "")
        let versions = try kubectl("api-versions")
        #expect(
            versions.output.split(separator: "\n").sorted() == [
                "apiextensions.k8s.io/v1", "authentication.k8s.io/v1", "authentication.k8s.io/v1beta1",
                "authorization.k8s.io/v1", "k8s.cni.cncf.io/v1", "kubevirt.io/v1", "kubevirt.io/v1alpha3",
                "subresources.kubevirt.io/v1",
                "subresources.kubevirt.io/v1alpha3", "v1",
            ])
        let version = try kubectl("version", "-ojson")
        #expect(version.status == 0, "\(version)")
        #expect(version.output.contains("hotplug-apiserver-"), "\(version)")
        for raw in ["/readyz?verbose", "/openapi/v2", "/openapi/v3/apis/subresources.kubevirt.io/v1"] {
            let result = try kubectl("get", "--raw", raw)
            #expect(result.status == 0, "\(raw)\n\(result)")
            #expect(result.output.isEmpty == false, "\(raw)")
        }
    }

    @Test(arguments: Kubectl.allPaths) func `shows what the server says of a request`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        func put(_ path: String, _ body: String) throws -> Command.Result {
            try kubectl("replace", "--raw", path, "-f", "-", input: body)
        }
        let dry = Subresource.path(query: "?dryRun=All")
        let added = try put(dry, Subresource.body())
        #expect(added.status == 0, "\(added)")
        #expect(added.output.isEmpty)
        for (path, body, errors) in [
            (
                dry, Subresource.body("defaultnetwork"),
                #"Error from server (Conflict): Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "vmi-fedora": "#
            ),
            (
                Subresource.path("addinterface", "nope"), Subresource.body(),
                #"Error from server (NotFound): virtualmachineinstance.kubevirt.io "nope" not found"#
            ),
            (dry, Subresource.body("bad.name"), "is invalid: "),
            (dry, "", "(BadRequest): AddInterfaceOptions requires `networkAttachmentDefinitionName` to be set"),
            (dry, "garbage", "(BadRequest): cannot unmarshal Request body to struct, error: "),
        ] {
            let result = try put(path, body)
            #expect(result.status == 1)
            #expect(result.errors.contains(errors), "\(result)")
        }
    }
}

/// Discovery, as the clients ask for it.
@Suite(.sharedServer) struct DiscoveryTests {
    private static let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    @Test(arguments: ["/api", "/apis"]) func `answers aggregated discovery under its own type`(path: String) throws {
        let client = try SharedServer.current.connect(as: nil)
        let reply = try client.request(
            "GET", path, nil as String?,
            fields: [
                "Accept": "\(Self.aggregated),application/json;g=apidiscovery.k8s.io;v=v2beta1;as=x,application/json"
            ])
        #expect(reply.field("content-type") == Self.aggregated)
        #expect(reply.field("vary") == "Accept")
        #expect(reply.json?["kind"] == "APIGroupDiscoveryList")
        let tag = try #require(reply.field("etag"))
        let again = try client.request(
            "GET", path, nil as String?, fields: ["Accept": Self.aggregated, "If-None-Match": tag])
        #expect(again.status == 304)
        #expect(again.body.isEmpty)
        let legacy = try client.request("GET", path, nil as String?)
        #expect(legacy.field("content-type") == "application/json")
        #expect(legacy.json?["kind"] == (path == "/api" ? "APIVersions" : "APIGroupList"))
    }

    /// The way of virtctl after an error: the group, then the preferred version's version.
    @Test func `leads virtctl to a semantic version`() throws {
        let client = try SharedServer.current.connect()
        let group = try client.request("GET", "/apis/subresources.kubevirt.io", nil as String?)
        let preferred = try #require(group.json?[path: "preferredVersion", "groupVersion"]?.string)
        let version = try client.request("GET", "/apis/\(preferred)/version", nil as String?)
        let text = try #require(version.json?["gitVersion"]?.string)
        #expect(try /v\d+\.\d+\.\d+.*/.wholeMatch(in: text) != nil, "\(text)")
        #expect(
            try /v\d+\.\d+\.\d+.*/.wholeMatch(
                in: client.request("GET", "/version", nil as String?).json?["gitVersion"]?.string ?? "") != nil)
    }

    @Test func `lists its paths, each of which is there`() throws {
        let client = try SharedServer.current.connect(as: nil)
        let paths = try client.request("GET", "/", nil as String?).json?["paths"]?.array?.compactMap(\.string) ?? []
        #expect(paths.count >= 13)
        for path in paths { #expect(try client.request("GET", path, nil as String?).status == 200, "\(path)") }
    }

    @Test func `indents for curl, and answers health in text`() throws {
        let server = try SharedServer.current
        #expect(try server.curl("/version", credentials: []).output.hasPrefix("{\n  \"major\": \"1\",\n"))
        let ready = try server.curl("/readyz?verbose", ["-i", "--http1.1"], credentials: [])
        #expect(ready.output.contains("[+]ping ok\n[+]store ok\n[+]shutdown ok\nreadyz check passed\n"), "\(ready)")
        #expect(ready.output.contains("X-Content-Type-Options: nosniff"))
        #expect(try server.curl("/readyz/store", credentials: []).output == "ok")
    }

    @Test(arguments: ["/nope", "/apis/nope", "/apis/kubevirt.io/v2", "/apis/kubevirt.io/v1/namespaces/d/pods/x"])
    func `answers 404 as a Status`(path: String) throws {
        let reply = try SharedServer.current.connect().request("GET", path, nil as String?)
        #expect(reply.outcome == "404 NotFound")
        #expect(reply.message == "the server could not find the requested resource")
        #expect(reply.json?["details"] == [:])
    }
}
