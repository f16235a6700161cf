import Foundation
import KubeModel
import Testing

/// The document's flow, and what can go wrong in it; each test has a server of its own, where nobody but the test
/// writes.
@Suite struct AddInterfaceTests {
    @Test func `adds an interface to a running VMI once`() throws {
        let server = try ServerProcess(["--no-embedded-kubevirt"])
        let client = try server.connect()
        let before = try client.object()
        let reply = try client.request("PUT", Subresource.path(), Subresource.body())
        #expect(reply.status == 202)
        #expect(reply.body.isEmpty)
        #expect(reply.field("content-type") == nil)
        #expect(reply.fields("warning") == [])
        #expect(try client.networks() == ["defaultnetwork", "dyniface1=new-fancy-net"])

        let after = try client.object()
        #expect(
            after[path: "spec", "domain", "devices", "interfaces"]?.array?.last?.serialized()
                == Array(#"{"name":"dyniface1","bridge":{}}"#.utf8))
        #expect(
            after[path: "spec", "networks"]?.array?.last?.serialized()
                == Array(#"{"name":"dyniface1","multus":{"networkName":"new-fancy-net"}}"#.utf8))
        #expect(after[path: "metadata", "uid"] == before[path: "metadata", "uid"])
        #expect(after[path: "metadata", "generation"] == 2)

        // Repeated, it changes nothing.
        #expect(try client.request("PUT", Subresource.path(), Subresource.body()).status == 202)
        #expect(try client.object()[path: "metadata", "resourceVersion"] == after[path: "metadata", "resourceVersion"])
    }

    @Test func `refuses a name that is taken, and names what it is taken by`() throws {
        let server = try ServerProcess(["--no-embedded-kubevirt"])
        let client = try server.connect()
        #expect(try client.request("PUT", Subresource.path(), Subresource.body()).status == 202)
        for (name, shown) in [("dyniface1", "new-fancy-net"), ("defaultnetwork", "defaultnetwork")] {
            let reply = try client.request("PUT", Subresource.path(), Subresource.body(name, "other-net"))
            #expect(reply.outcome == "409 Conflict")
            #expect(reply.message.hasPrefix(#"Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "#))
            #expect(reply.message.contains(shown), "\(reply.message)")
            #expect(reply.json?[path: "details", "name"] == "vmi-fedora")
        }
        #expect(try client.networks() == ["defaultnetwork", "dyniface1=new-fancy-net"])
    }

    @Test func `persists on a stopped VM in its template alone`() throws {
        let server = try ServerProcess(["--no-embedded-kubevirt"])
        let client = try server.connect()
        let path = Subresource.path(of: "virtualmachines", "vm-fedora")
        for _ in 1...2 {
            #expect(try client.request("PUT", path, Subresource.body()).status == 202)
            #expect(
                try client.networks(of: "virtualmachines", "vm-fedora") == [
                    "defaultnetwork", "dyniface1=new-fancy-net",
                ])
        }
        #expect(try client.request("GET", Subresource.objectPath("virtualmachineinstances", "vm-fedora")).status == 404)
        let conflict = try client.request("PUT", path, Subresource.body("dyniface1", "other"))
        #expect(conflict.outcome == "409 Conflict")
        #expect(conflict.message.contains(#"virtualmachine.kubevirt.io "vm-fedora""#))
    }

    @Test func `refuses while the feature gate is off, before it reads the body`() throws {
        let server = try ServerProcess(["--no-embedded-kubevirt"])
        let kubectl = server.kubectl()
        let off = #"{"spec":{"configuration":{"developerConfiguration":{"featureGates":["hotplugnics"]}}}}"#
        #expect(try kubectl("patch", "kubevirt", "kubevirt", "--type=merge", "-p", off).status == 0)
        let message = #"Unable to Add Interface because the "HotplugNICs" feature gate is not enabled."#
        let client = try server.connect()
        for (verb, body) in [
            ("addinterface", Subresource.body()), ("addinterface", "garbage {"), ("removeinterface", #"{"name":"a"}"#),
        ] {
            let reply = try client.request("PUT", Subresource.path(verb), body)
            #expect(reply.outcome == "400 BadRequest")
            #expect(reply.message == message)
            #expect(reply.json?["details"] == nil)
        }
        let shown = try kubectl("replace", "--raw", Subresource.path(), "-f", "-", input: Subresource.body())
        #expect(shown.status == 1)
        #expect(shown.errors == "Error from server (BadRequest): \(message)\n")
        #expect(try client.networks() == ["defaultnetwork"])
        let on = off.replacing("hotplugnics", with: "HotplugNICs")
        #expect(try kubectl("patch", "kubevirt", "kubevirt", "--type=merge", "-p", on).status == 0)
        #expect(try client.request("PUT", Subresource.path(), Subresource.body()).status == 202)
    }

    @Test func `marks a removed interface absent, and leaves the default network`() throws {
        let server = try ServerProcess(["--no-embedded-kubevirt"])
        let client = try server.connect()
        #expect(try client.request("PUT", Subresource.path(), Subresource.body()).status == 202)
        let path = Subresource.path("removeinterface")
        for _ in 1...2 {
            let reply = try client.request("PUT", path, #"{"name":"dyniface1"}"#)
            #expect(reply.status == 202)
            #expect(reply.body.isEmpty)
            #expect(try client.networks() == ["defaultnetwork", "dyniface1=new-fancy-net absent"])
        }
        #expect(try client.request("PUT", path, #"{"name":"nothing"}"#).status == 202)
        let refused = try client.request("PUT", path, #"{"name":"defaultnetwork"}"#)
        #expect(refused.outcome == "422 Invalid")
        #expect((refused.json?[path: "details", "causes"]?.array ?? []).isEmpty == false)
        let nameless = try client.request("PUT", path, "{}")
        #expect(nameless.outcome == "400 BadRequest")
        #expect(nameless.message == "RemoveInterfaceOptions requires `name` to be set")
        // Its name is not free.
        #expect(try client.request("PUT", Subresource.path(), Subresource.body()).outcome == "409 Conflict")
    }

    @Test func `goes through all checks and changes nothing in a dry run`() throws {
        let server = try ServerProcess(["--no-embedded-kubevirt"])
        let client = try server.connect()
        for resource in ["virtualmachineinstances", "virtualmachines"] {
            let name = resource == "virtualmachines" ? "vm-fedora" : "vmi-fedora"
            let before = try client.request("GET", Subresource.objectPath(resource, name)).body
            let path = Subresource.path(of: resource, name, query: "?dryRun=All")
            #expect(try client.request("PUT", path, Subresource.body()).status == 202)
            #expect(try client.request("PUT", path, Subresource.body("bad.name")).outcome == "422 Invalid")
            let taken = Subresource.body("defaultnetwork")
            #expect(try client.request("PUT", path, taken).outcome == "409 Conflict")
            for value in ["x", "all", ""] {
                let reply = try client.request(
                    "PUT", Subresource.path(of: resource, name, query: "?dryRun=\(value)"), Subresource.body())
                #expect(reply.outcome == "400 BadRequest", "\(value)")
            }
            #expect(try client.request("GET", Subresource.objectPath(resource, name)).body == before)
        }
    }

    @Test func `warns of a definition that does not exist, and kubectl shows it`() throws {
        let server = try ServerProcess(["--no-embedded-kubevirt"])
        let kubectl = server.kubectl()
        let added = try kubectl(
            "replace", "--raw", Subresource.path(), "-f", "-", input: Subresource.body("dyniface1", "no-such-net"))
        #expect(added.status == 0)
        #expect(added.errors.hasPrefix("Warning: "))
        #expect(added.errors.contains("default/no-such-net"), "\(added)")
        #expect(try server.connect().networks().last == "dyniface1=no-such-net")
        let reply = try server.connect().request(
            "PUT", Subresource.path(), Subresource.body("dyniface2", "no-such-net"))
        #expect(reply.fields("warning").contains { $0.hasPrefix("299 - \"") && $0.contains("no-such-net") })
    }

    @Test func `refuses a definition that does not exist under --nad-check=enforce`() throws {
        let server = try ServerProcess(["--nad-check=enforce", "--no-embedded-kubevirt"])
        let client = try server.connect()
        let refused = try client.request("PUT", Subresource.path(), Subresource.body("dyniface1", "no-such-net"))
        #expect(refused.outcome == "422 Invalid")
        #expect(refused.message.contains("no-such-net"))
        #expect(try client.request("PUT", Subresource.path(), Subresource.body()).status == 202)
        #expect(try client.networks() == ["defaultnetwork", "dyniface1=new-fancy-net"])
    }
}
