import Foundation
import Testing

private let isThere = (try? Command.run(["virtctl", "addinterface", "--help"]))?.output.contains("--persist") == true

/// A real virtctl that still has the verb, v1.0.0-rc.0 or older, where there is one in PATH.
@Suite(.enabled(if: isThere)) struct VirtctlTests {
    @Test func `does with a machine what it does with KubeVirt's`() throws {
        let server = try ServerProcess()
        let (client, kubectl) = (try server.connect(), server.kubectl())
        func virtctl(_ command: String) throws -> Command.Result {
            try Command.run(
                ["virtctl"] + command.split(separator: " ").map(String.init),
                environment: ["KUBECONFIG": server.kubeconfig, "HOME": server.directory.path])
        }
        func run(_ command: String, until status: String? = nil) throws {
            let result = try virtctl(command)
            #expect(result.status == 0, "\(command): \(result)")
            guard let status else { return }
            let waited = try kubectl(
                "wait", "vm/vm-fedora", "--for=jsonpath={.status.printableStatus}=\(status)", "--timeout=25s")
            #expect(waited.status == 0, "\(command): \(waited)")
        }
        let network = "--network-attachment-definition-name new-fancy-net --name dyniface1"
        #expect(try virtctl("version").output.contains(#"Server Version: version.Info{GitVersion:"v1.0"#))

        try run("addinterface vmi-fedora \(network)")
        #expect(try client.networks() == ["defaultnetwork", "dyniface1=new-fancy-net"])
        let other = try virtctl("addinterface vmi-fedora \(network.replacing("new-fancy-net", with: "other"))")
        #expect(other.status == 1)
        #expect(other.errors.contains(#"interface "dyniface1" exists and is on network attachment definition"#))

        try run("addinterface vm-fedora \(network) --persist")
        try run("start vm-fedora", until: "Running")
        #expect(try client.networks("vm-fedora") == ["defaultnetwork", "dyniface1=new-fancy-net"])
        try run("pause vm vm-fedora", until: "Paused")
        try run("unpause vm vm-fedora", until: "Running")
        try run("removeinterface vm-fedora --name dyniface1 --persist")
        #expect(
            try client.networks(of: "virtualmachines", "vm-fedora")
                == ["defaultnetwork", "dyniface1=new-fancy-net absent"])
        try run("stop vm-fedora", until: "Stopped")
        let missing = try virtctl("addinterface nope \(network)")
        #expect(missing.errors.contains(#"virtualmachineinstance.kubevirt.io "nope" not found"#), "\(missing)")
    }
}
