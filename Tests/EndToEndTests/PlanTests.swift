import Foundation
import KubeModel
import Testing

/// `hotplug-apiserver plan`: no server.
@Suite struct PlanTests {
    private func plan(_ arguments: String..., input: String = "") throws -> Command.Result {
        try Command.run([Project.binary, "plan"] + arguments, input: input)
    }

    private func json(_ result: Command.Result) throws -> JSONValue {
        try JSONValue(parsing: Array(result.output.utf8))
    }

    @Test func `prints the patch and the spec for the document's VMI`() throws {
        let result = try plan(
            "-f", Project.example("30-vmi-fedora"), "--name", "dyniface1", "--network-attachment-definition-name",
            "new-fancy-net")
        #expect(result.status == 0, "\(result)")
        let output = try json(result)
        #expect(
            output["patch"]
                == (try JSONValue(
                    parsing: Array(
                        """
                        [{"op": "test", "path": "/spec/networks", "value": [{"name": "defaultnetwork", "pod": {}}]},
                         {"op": "test", "path": "/spec/domain/devices/interfaces",
                          "value": [{"masquerade": {}, "name": "defaultnetwork"}]},
                         {"op": "add", "path": "/spec/networks/-",
                          "value": {"name": "dyniface1", "multus": {"networkName": "new-fancy-net"}}},
                         {"op": "add", "path": "/spec/domain/devices/interfaces/-",
                          "value": {"name": "dyniface1", "bridge": {}}}]
                        """.utf8))))
        #expect(output[path: "spec", "networks"]?.array?.count == 2)
        #expect(output[path: "spec", "domain", "resources", "requests", "memory"] == "1024M")
        // In the document's order, in two-space steps.
        #expect(
            output["spec"]?.object?.members.map(\.name) == [
                "domain", "networks", "terminationGracePeriodSeconds", "volumes",
            ])
        #expect(result.output.hasPrefix("{\n  \"patch\": [\n    {\n      \"op\": \"test\",\n"))
    }

    @Test func `changes the template of a VM, from standard input`() throws {
        let text = try String(contentsOfFile: Project.example("40-vm-fedora"), encoding: .utf8)
        let result = try plan("-f", "-", "--name", "a", "--network-attachment-definition-name", "ns/n", input: text)
        #expect(result.status == 0, "\(result)")
        let paths = try json(result)["patch"]?.array?.compactMap { $0["path"]?.string } ?? []
        #expect(paths.allSatisfy { $0.hasPrefix("/spec/template/spec/") })
        #expect(try json(result)[path: "spec", "networks"]?.array?.last?[path: "multus", "networkName"] == "ns/n")
    }

    /// `Data(contentsOf:)` refused pipes as if they were secret.
    @Test func `reads an object from a pipe that has a name`() throws {
        let result = try Command.run([
            "bash", "-c", #""$0" plan -f <(cat "$1") --name a --network-attachment-definition-name n"#, Project.binary,
            Project.example("30-vmi-fedora"),
        ])
        #expect(result.status == 0, "\(result)")
        #expect(try json(result)["patch"]?.array?.count == 4)
    }

    @Test func `has an empty patch for what is there`() throws {
        let object = """
            {"kind": "VirtualMachineInstance", "apiVersion": "kubevirt.io/v1", "metadata": {"name": "x"}, "spec": {
              "domain": {"devices": {"interfaces": [{"name": "a", "bridge": {}}]}},
              "networks": [{"name": "a", "multus": {"networkName": "n"}}]}}
            """
        let same = try plan("-f", "-", "--name", "a", "--network-attachment-definition-name", "n", input: object)
        #expect(same.status == 0, "\(same)")
        #expect(try json(same)["patch"] == [])
        let removed = try plan("-f", "-", "--name", "a", "--remove", input: object)
        #expect(
            try json(removed)[path: "spec", "domain", "devices", "interfaces"] == [
                ["name": "a", "bridge": [:], "state": "absent"]
            ])
    }

    @Test(arguments: [
        (["--name", "defaultnetwork", "--network-attachment-definition-name", "n"], "Error (409 Conflict): "),
        (["--name", "bad.name", "--network-attachment-definition-name", "n"], "Error (422 Invalid): "),
        (["--name", "a", "--network-attachment-definition-name", "a/b/c"], "Error (422 Invalid): "),
        (["--name", "defaultnetwork", "--remove"], "Error (422 Invalid): "),
    ]) func `prints a refusal as the server would answer it, and exits with 1`(flags: [String], prefix: String) throws {
        let result = try Command.run(
            [Project.binary, "plan", "-f", Project.example("30-vmi-fedora")] + flags)
        #expect(result.status == 1)
        #expect(result.errors.hasPrefix(prefix), "\(result)")
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        (["--name", "a"], "--filename"), (["-f", "x"], "--name"),
        (["-f", "x", "--name", "a"], "--network-attachment-definition-name is required"),
        (["-f", "/no/file", "--name", "a", "--remove"], "/no/file cannot be read"),
        (["-f", "/dev/null", "--name", "a", "--remove"], "/dev/null holds no object"),
        (["-f", "/", "--name", "a", "--remove"], "/ cannot be read"),
    ]) func `names what is missing`(flags: [String], message: String) throws {
        let result = try Command.run([Project.binary, "plan"] + flags)
        #expect(result.status == 64, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
    }
}
