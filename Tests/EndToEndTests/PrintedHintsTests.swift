import Foundation
import Testing

/// What a newcomer does first.
@Suite struct PrintedHintsTests {
    /// The hints stayed in a buffer as long as standard output was no terminal.
    private func hints(_ server: ServerProcess) throws -> [String] {
        _ = try server.output.wait(for: "the last hint") { $0.contains("virtctl addinterface") }
        return server.output.lines.filter { $0.hasPrefix("  ") }.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test func `each line works as printed, into a pipe too`() throws {
        let server = try ServerProcess()
        let lines = try hints(server).filter { !$0.hasPrefix("virtctl") }
        let exported = try #require(lines.first { $0.hasPrefix("export KUBECONFIG=") })
        #expect(lines.count == 8, "\(lines)")
        var outputs: [String] = []
        for line in lines where line != exported {
            let result = try Command.run(
                ["bash", "-c", "\(exported); \(line)"], environment: ["HOME": server.directory.path])
            #expect(result.status == 0, "\(line)\n\(result)")
            outputs.append(result.output)
        }
        #expect(outputs[0].contains("virtualmachineinstance.kubevirt.io/vmi-fedora"))
        #expect(outputs[0].contains("networkattachmentdefinition.k8s.cni.cncf.io/new-fancy-net"))
        #expect(outputs[2].contains(#""networkName":"new-fancy-net""#), "\(outputs[2])")
        for output in outputs[3...4] { #expect(output.contains(" 202"), "\(output)") }
        #expect(outputs[6].contains("pod/virt-launcher-vmi-fedora-"), "\(outputs[6])")
        // The last curl was a dry run.
        let kubectl = server.kubectl()
        #expect(try kubectl("get", "vm", "vm-fedora", "-ojson").output.contains("dyniface1"))
        #expect(try !kubectl("get", "vmi", "vmi-fedora", "-ojson").output.contains("dyniface2"))
    }

    /// `make run` a second time finds its objects there.
    @Test func `keeps the objects that are there, and works with the kubeconfig of the first start`() throws {
        let first = try ServerProcess()
        let kubectl = first.kubectl()
        #expect(try kubectl("label", "vmi", "vmi-fedora", "mine=yes").status == 0)
        let config = try first.text(first.kubeconfig)
        first.kill()
        let second = try ServerProcess(in: first.directory)
        // Another port, the same CA and client certificate.
        let old = try first.directory.write(
            config.replacing("\(first.url)", with: "\(second.url)"), to: "old.kubeconfig")
        let result = try Kubectl(path: Kubectl.path, kubeconfig: old, home: first.directory.path)(
            "get", "vmi", "vmi-fedora", "-ojsonpath={.metadata.labels.mine}")
        #expect(result.output == "yes", "\(result)")
    }
}
