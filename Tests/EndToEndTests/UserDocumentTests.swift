import Foundation
import KubeModel
import Testing

/// The user's document, line by line, in its order: its commands and manifests are taken from it, and kubectl is the
/// real one.
@Suite(.enabled(if: Project.hasUserDocument && Project.hasVirtctlRequests)) struct UserDocumentTests {
    private let blocks: [UserDocument.Block]

    init() throws {
        blocks = try UserDocument().blocks
    }

    @Test func `has the code blocks that the tests here go through`() {
        #expect(blocks.map(\.language) == ["yaml", "yaml", "bash", "bash", "bash", "bash", "bash"])
    }

    private func succeeds(
        _ result: Command.Result, _ sourceLocation: SourceLocation = #_sourceLocation
    ) -> String {
        #expect(result.status == 0, "\(result)", sourceLocation: sourceLocation)
        return result.output
    }

    private func wait(
        _ reader: Reader, _ object: String, for condition: String, _ sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        _ = succeeds(try reader.kubectl("wait", object, "--for=\(condition)", "--timeout=25s"), sourceLocation)
    }

    /// Up to the first `virtctl`: the gate, the VMI that runs, and the NetworkAttachmentDefinition.
    private func prepare(_ reader: Reader) throws {
        let gates = try reader.kubectl(
            "get", "kubevirt", "-A",
            "-ojsonpath={.items[*].spec.configuration.developerConfiguration.featureGates}")
        #expect(succeeds(gates).contains("HotplugNICs"))
        for block in blocks[0...1] { _ = succeeds(try reader.run("kubectl apply -f -", input: block.text)) }
        try wait(reader, "vmi/vmi-fedora", for: "condition=Ready")
    }

    private func accepts(_ reader: Reader, _ line: String) throws {
        let reply = try reader.virtctl(line)
        #expect(reply.status == 202, "\(reply.text)")
        #expect(reply.body.isEmpty)
    }

    /// What `kubectl wait` is told to wait for, of the interface that came last: an index is an error as long as there
    /// is none, and kubectl 1.27 reads no `==`.
    private static func last(_ infoSource: String) -> String {
        "jsonpath={.status.interfaces[-1:].infoSource}=\(infoSource)"
    }

    private static let attached = last("domain, multus-status")

    @Test(arguments: Kubectl.allPaths)
    func `an interface is added to a running VMI, and its status shows it`(path: String) throws {
        let reader = try Reader(path)
        try prepare(reader)
        try accepts(reader, blocks[2].text)
        try wait(reader, "vmi/vmi-fedora", for: Self.attached)
        let interfaces = try JSONValue(parsing: Array(succeeds(try reader.run(blocks[3].text)).utf8))
        #expect(interfaces.array?.compactMap { $0["name"]?.string } == ["defaultnetwork", "dyniface1"])
        #expect(interfaces.array?.last?["podInterfaceName"] == "pod9a6a0c3b4d8")
        #expect(interfaces.array?.last?["mac"]?.string?.isEmpty == false)
    }

    /// "For the q35 machine type … a single network interface".
    @Test func `a second interface finds no PCI slot, which the warning, the status and an event say`() throws {
        let reader = try Reader(Kubectl.path)
        try prepare(reader)
        try accepts(reader, blocks[2].text)
        try wait(reader, "vmi/vmi-fedora", for: Self.attached)
        let second = try reader.kubectl(
            "replace", "--raw", Subresource.path(), "-f", "-", input: Subresource.body("dyniface2"))
        _ = succeeds(second)
        #expect(second.errors.contains("PCI slots"), "\(second)")
        try wait(reader, "vmi/vmi-fedora", for: Self.last("multus-status"))
        // The event is written after the status.
        var described = ""
        for _ in 0..<100 where !described.contains("No more available PCI slots") {
            described = succeeds(try reader.kubectl("describe", "vmi", "vmi-fedora"))
        }
        #expect(described.contains("No more available PCI slots"), "\(described)")
        #expect(described.contains("VirtualMachineInstance started."))
        let removed = try reader.kubectl(
            "replace", "--raw", Subresource.path("removeinterface"), "-f", "-", input: #"{"name":"dyniface1"}"#)
        _ = succeeds(removed)
        try wait(
            reader, "vmi/vmi-fedora",
            for: Self.attached)
        #expect(try reader.server.connect().networks() == ["defaultnetwork", "dyniface2=new-fancy-net"])
    }

    @Test func `without Multus's dynamic networks controller the interface waits for a migration`() throws {
        let reader = try Reader(Kubectl.path, ["--embedded-multus=none"])
        try prepare(reader)
        let reply = try reader.virtctl(blocks[4].text)
        #expect(reply.status == 202)
        #expect(reply.fields("warning").contains { $0.contains("has migrated") }, "\(reply.text)")
        // "At this point the new interface is added to the spec but will not be attached to the running VM."
        try wait(reader, "vmi/vmi-fedora", for: "condition=MigrationRequired")
        #expect(try reader.server.connect().networks() == ["defaultnetwork", "dyniface1=new-fancy-net"])
        let before = succeeds(try reader.run(blocks[3].text))
        #expect(!before.contains("dyniface1"), "\(before)")

        // The document's line lacks the `|` before `kubectl`.
        let lines = blocks[5].text.split(separator: "\n").map(String.init)
        #expect(lines.first == "cat <<EOF kubectl apply -f -")
        #expect(lines.last == "EOF")
        let line = (["cat <<EOF | kubectl apply -f -"] + lines.dropFirst()).joined(separator: "\n")
        #expect(
            succeeds(try reader.run(line))
                == "virtualmachineinstancemigration.kubevirt.io/migration-job created\n")
        try wait(reader, "vmim/migration-job", for: "jsonpath={.status.phase}=Succeeded")
        // "Once the migration is completed the VM will have the new interface attached."
        try wait(reader, "vmi/vmi-fedora", for: Self.attached)
        let node = try reader.kubectl("get", "vmi", "vmi-fedora", "-ojsonpath={.status.nodeName}")
        #expect(succeeds(node) == "node02")
    }

    /// The VMI of the document as the template of a VM of its name.
    private func machine() throws -> String {
        let instance = try JSONValue(yaml: Array(blocks[0].text.utf8))
        let machine: JSONValue = [
            "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": ["name": "vmi-fedora"],
            "spec": ["running": true, "template": ["metadata": [:], "spec": instance["spec"] ?? [:]]],
        ]
        return String(decoding: machine.serialized(), as: UTF8.self)
    }

    private static let running = "jsonpath={.status.printableStatus}=Running"
    private static let stopped = "jsonpath={.status.printableStatus}=Stopped"

    private func put(_ reader: Reader, _ verb: String) throws {
        let path = Subresource.path(verb, of: "virtualmachines")
        _ = succeeds(try reader.kubectl("replace", "--raw", path, "-f", "-", input: "{}"))
    }

    @Test(arguments: [true, false])
    func `a persisted interface is there after a restart, of a running VM and of a stopped one`(
        isRunning: Bool
    ) throws {
        let reader = try Reader(Kubectl.path)
        try prepare(reader)
        _ = succeeds(try reader.kubectl("delete", "vmi", "vmi-fedora"))
        _ = succeeds(try reader.kubectl("apply", "-f", "-", input: try machine()))
        try wait(reader, "vm/vmi-fedora", for: Self.running)
        if !isRunning {
            try put(reader, "stop")
            try wait(reader, "vm/vmi-fedora", for: Self.stopped)
        }
        try accepts(reader, blocks[6].text)
        let client = try reader.server.connect()
        #expect(
            try client.networks(of: "virtualmachines", "vmi-fedora") == ["defaultnetwork", "dyniface1=new-fancy-net"])
        if isRunning {
            try wait(reader, "vmi/vmi-fedora", for: Self.attached)
            try put(reader, "stop")
            try wait(reader, "vm/vmi-fedora", for: Self.stopped)
        }
        #expect(try client.request("GET", Subresource.objectPath()).status == 404)
        try put(reader, "start")
        try wait(reader, "vm/vmi-fedora", for: Self.running)
        #expect(try client.networks() == ["defaultnetwork", "dyniface1=new-fancy-net"])
        // At boot, without a slot kept for hotplug: there is one for another interface again.
        let status = try client.object()[path: "status", "interfaces"]?.array ?? []
        #expect(status.compactMap { $0["infoSource"]?.string } == ["domain", "domain, multus-status"])
        let reply = try client.request("PUT", Subresource.path(), Subresource.body("dyniface2"))
        #expect(reply.status == 202)
        #expect(reply.fields("warning") == [])
    }

    @Test func `an interface that was not persisted is gone after a restart`() throws {
        let reader = try Reader(Kubectl.path)
        try prepare(reader)
        _ = succeeds(try reader.kubectl("delete", "vmi", "vmi-fedora"))
        _ = succeeds(try reader.kubectl("apply", "-f", "-", input: try machine()))
        try wait(reader, "vm/vmi-fedora", for: Self.running)
        try accepts(reader, blocks[2].text)
        try wait(reader, "vmi/vmi-fedora", for: Self.attached)
        try put(reader, "stop")
        try wait(reader, "vm/vmi-fedora", for: Self.stopped)
        try put(reader, "start")
        try wait(reader, "vm/vmi-fedora", for: Self.running)
        #expect(try reader.server.connect().networks() == ["defaultnetwork"])
    }
}
