import Foundation
import Testing

/// The README's walk-through, as it stands there.
@Suite struct WalkThroughTests {
    private func lines() throws -> String {
        let text = try String(contentsOfFile: Project.root + "/README.md", encoding: .utf8)
        let section = try #require(text.firstRange(of: "\n## A walk-through\n"))
        let start = try #require(text[section.upperBound...].firstRange(of: "```sh\n"))
        let end = try #require(text[start.upperBound...].firstRange(of: "```\n"))
        return String(text[start.upperBound..<end.lowerBound])
    }

    private static let waiting: (String, [String]) = (Kubectl.path, ["--embedded-multus=none"])

    @Test(arguments: Kubectl.allPaths.map { ($0, []) } + [waiting])
    func `does what it says`(kubectl: String, flags: [String]) throws {
        let reader = try Reader(kubectl, flags)
        var lines = try lines().replacing(".run/admin.kubeconfig", with: reader.server.kubeconfig)
        if !flags.isEmpty {
            // Where the interface waits for the migration, the wait for the interface comes after it.
            let wait = try #require(lines.split(separator: "\n").first { $0.contains("infoSource") })
            lines = lines.replacing("\(wait)\n", with: "") + "\(wait)\n"
        }
        let result = try reader.run("set -euo pipefail\n" + lines)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("virtualmachineinstance.kubevirt.io/vmi-fedora condition met"))
        #expect(result.output.contains("virtualmachine.kubevirt.io/vm-fedora condition met"))
        #expect(result.output.contains("defaultnetwork dyniface1"), "\(result)")
        #expect(result.output.contains("virtualmachineinstancemigration.kubevirt.io/migration-job condition met"))
    }
}
