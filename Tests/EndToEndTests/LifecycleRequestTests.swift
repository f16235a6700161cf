import KubeModel
import Testing

/// What starts, stops, pauses and moves VMs, by the URLs that virtctl uses.
@Suite struct LifecycleRequestTests {
    private func names(_ client: APIConnection, _ version: String) throws -> [String] {
        let list = try client.request("GET", "/apis/subresources.kubevirt.io/\(version)", nil as String?)
        return (list.json?["resources"]?.array ?? []).compactMap { $0["name"]?.string }
    }

    private func path(_ verb: String, _ name: String = "vm-fedora", version: String = "v1") -> String {
        Subresource.path(verb, of: "virtualmachines", name, version: version)
    }

    @Test(arguments: ["v1", "v1alpha3"])
    func `are discovered where KubeVirt is played, and are not there where it is not`(version: String) throws {
        let interfaces = ["virtualmachines", "virtualmachineinstances"].flatMap { parent in
            ["\(parent)/addinterface", "\(parent)/removeinterface"]
        }
        let verbs =
            ["start", "stop", "restart", "migrate"].map { "virtualmachines/\($0)" }
            + ["pause", "unpause"].map { "virtualmachineinstances/\($0)" }
        let played = try ServerProcess()
        #expect(
            try names(played.connect(), version).sorted()
                == (interfaces + verbs).sorted())
        #expect(try played.connect().request("PUT", path("start", version: version), "{}").status == 202)
        // Of VMs only.
        let ofInstance = Subresource.path("start", version: version)
        #expect(try played.connect().request("PUT", ofInstance, "{}").outcome == "404 NotFound")

        let bare = try ServerProcess(["--no-embedded-kubevirt"])
        #expect(try names(bare.connect(), version).sorted() == interfaces.sorted())
        #expect(try bare.connect().request("PUT", path("start", version: version), "{}").outcome == "404 NotFound")
    }

    @Test func `answer as virt-api does`() throws {
        let server = try ServerProcess()
        let client = try server.connect()
        let conflict = #"Operation cannot be fulfilled on virtualmachine.kubevirt.io "vm-fedora": "#
        for (verb, name, body, outcome, message) in [
            ("start", "nope", "{}", "404 NotFound", #"virtualmachine.kubevirt.io "nope" not found"#),
            ("stop", "vm-fedora", "{}", "409 Conflict", conflict + "VM is not running"),
            (
                "restart", "vm-fedora", "", "409 Conflict",
                conflict + "RunStategy Halted does not support manual restart requests"
            ),
            ("start", "vm-fedora", "{", "400 BadRequest", "Can not unmarshal Request body to struct, error: "),
            ("start", "vm-fedora", #"{"dryRun":["Never"]}"#, "400 BadRequest", "dryRun: Unsupported value"),
        ] {
            let reply = try client.request("PUT", path(verb, name), body)
            #expect(reply.outcome == outcome, "\(reply.text)")
            #expect(reply.message.hasPrefix(message), "\(reply.text)")
        }
        let dry = try client.request("PUT", path("start") + "?dryRun=All", "{}")
        #expect(dry.status == 202)
        #expect(dry.body.isEmpty)
        #expect(try client.object("virtualmachines", "vm-fedora")[path: "spec", "running"] == false)
    }

    @Test func `a VM starts, which kubectl sees, and a kill in between stops nothing for good`() throws {
        let server = try ServerProcess()
        #expect(try server.connect().request("PUT", path("start"), "{}").status == 202)
        // Acknowledged is stored, however far the controllers have got.
        let again = try server.restarted()
        let result = try again.kubectl()(
            "wait", "vm/vm-fedora", "--for=jsonpath={.status.printableStatus}=Running", "--timeout=25s")
        #expect(result.status == 0, "\(result)")
        #expect(
            try again.connect().object("virtualmachineinstances", "vm-fedora")[path: "status", "phase"] == "Running")
    }

    @Test func `a VM is paused, goes on and migrates, and refusals tell why`() throws {
        let server = try ServerProcess()
        let (client, kubectl) = (try server.connect(), server.kubectl())
        func put(_ path: String) throws -> String {
            let reply = try client.request("PUT", path, "{}")
            return reply.status == 202 ? "" : "\(reply.outcome): \(reply.message)"
        }
        func wait(_ status: String) throws {
            let result = try kubectl(
                "wait", "vm/vm-fedora", "--for=jsonpath={.status.printableStatus}=\(status)", "--timeout=25s")
            #expect(result.status == 0, "\(result)")
        }
        let (pause, unpause) = (Subresource.path("pause", "vm-fedora"), Subresource.path("unpause", "vm-fedora"))
        #expect(
            try put(path("migrate")) == #"404 NotFound: virtualmachineinstance.kubevirt.io "vm-fedora" not found"#)
        #expect(try put(path("start")) == "")
        try wait("Running")
        #expect(try put(pause) == "")
        try wait("Paused")
        #expect(try put(pause).hasSuffix("VMI is already paused"))
        #expect(try put(unpause) == "")
        try wait("Running")
        #expect(try put(unpause).hasSuffix("VMI is not paused"))
        #expect(try put(path("migrate")) == "")
        let moved = try kubectl(
            "wait", "vmi/vm-fedora", "--for=jsonpath={.status.nodeName}=node02", "--timeout=25s")
        #expect(moved.status == 0, "\(moved)")
    }

    /// The interface waits for its definition, the VM for its VMI, the migration for its pod: each goes on from what is
    /// stored.
    @Test func `a kill in the middle of hotplug and migration stops neither`() throws {
        let server = try ServerProcess()
        let client = try server.connect()
        #expect(try client.request("PUT", Subresource.path(), Subresource.body("late", "later")).status == 202)
        #expect(try client.request("PUT", Subresource.path(), Subresource.body("gone", "later")).status == 202)
        let migration = """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachineInstanceMigration
            metadata: {name: job}
            spec: {vmiName: vmi-fedora}
            """
        #expect(try server.kubectl()("create", "-f", "-", input: migration).status == 0)
        let again = try server.restarted()
        let kubectl = again.kubectl()
        let refused = try kubectl("create", "-f", "-", input: migration.replacing("name: job", with: "name: two"))
        #expect(refused.errors.contains("in-flight migration detected. Active migration job ("), "\(refused)")
        let removed = try again.connect().request(
            "PUT", Subresource.path("removeinterface"), #"{"name":"gone"}"#)
        #expect(removed.status == 202)
        let definition = """
            apiVersion: k8s.cni.cncf.io/v1
            kind: NetworkAttachmentDefinition
            metadata: {name: later}
            spec: {config: "{}"}
            """
        #expect(try kubectl("create", "-f", "-", input: definition).status == 0)
        let third = try again.restarted()
        for (object, condition) in [
            ("vmim/job", "{.status.phase}=Succeeded"), ("vmi/vmi-fedora", "{.status.nodeName}=node02"),
            ("vmi/vmi-fedora", "{.status.interfaces[-1:].infoSource}=domain, multus-status"),
        ] {
            let result = try third.kubectl()("wait", object, "--for=jsonpath=\(condition)", "--timeout=25s")
            #expect(result.status == 0, "\(result)")
        }
        #expect(try third.connect().networks() == ["defaultnetwork", "late=later"])
        let pods = try third.kubectl()("get", "pods", "-o", "name")
        #expect(pods.output.split(separator: "\n").count == 1, "\(pods)")
    }

    /// The VMI is KubeVirt's to write then.
    @Test func `under --vmi-propagation=kubevirt the interface gets from the template to the guest`() throws {
        let server = try ServerProcess(["--vmi-propagation=kubevirt"])
        let kubectl = server.kubectl()
        let client = try server.connect()
        #expect(try client.request("PUT", path("start"), "{}").status == 202)
        func wait(_ object: String, _ condition: String) throws {
            let result = try kubectl("wait", object, "--for=jsonpath=\(condition)", "--timeout=25s")
            #expect(result.status == 0, "\(result)")
        }
        try wait("vm/vm-fedora", "{.status.printableStatus}=Running")
        let reply = try client.request("PUT", path("addinterface"), Subresource.body())
        #expect(reply.status == 202, "\(reply.text)")
        try wait("vmi/vm-fedora", "{.status.interfaces[-1:].infoSource}=domain, multus-status")
        // Nobody but a VM brings interfaces to a VMI.
        #expect(try client.request("PUT", Subresource.path(), Subresource.body()).outcome == "422 Invalid")
    }

    @Test(arguments: [("--embedded-reserved-ports=33", "0...32"), ("--embedded-multus=thin", "dynamic")])
    func `a wrong flag is named`(flag: String, hint: String) throws {
        let result = try Command.run([Project.binary, "serve", flag])
        #expect(result.status != 0)
        #expect(result.errors.contains(hint), "\(result)")
    }
}
