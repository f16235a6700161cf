import Foundation
import KubeModel
import Testing

/// Who asks for YAML gets what JSON would have said.
@Suite(.sharedServer) struct YAMLAnswerTests {
    private static let machines = "/apis/kubevirt.io/v1/namespaces/default/virtualmachines"

    @Test(arguments: ["/api/v1/namespaces/default", machines, machines + "/vm-fedora"])
    func `YAML was not acceptable, though it was taken`(path: String) throws {
        let server = try SharedServer.current
        let yaml = try server.curl(path, ["-H", "Accept: application/yaml", "-w", "\n# %{http_code} %{content_type}"])
        #expect(yaml.output.hasSuffix("# 200 application/yaml"), "\(yaml)")
        let json = try server.curl(path, ["-H", "Accept: application/json, application/yaml"])
        #expect(try JSONValue.parseYAML(Array(yaml.output.utf8)).value == JSONValue(parsing: Array(json.output.utf8)))
    }

    @Test func `events of a watch are JSON alone`() throws {
        let result = try SharedServer.current.curl(
            Self.machines + "?watch=true", ["-H", "Accept: application/yaml", "-o", "/dev/null", "-w", "%{http_code}"])
        #expect(result.output == "406")
    }
}
