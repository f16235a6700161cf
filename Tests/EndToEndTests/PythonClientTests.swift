import Foundation
import Testing

/// The interpreter that has the clients, if they are installed.
private let python: String? = {
    let path = Project.root + "/.build/python-clients/bin/python"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
}()

/// Clients from PyPI, unmodified; `make test-packages` installs them beside the build.
@Suite(.sharedServer, .enabled(if: python != nil)) struct PythonClientTests {
    private static func script(_ name: String) -> String { "\(Project.root)/Tests/Clients/\(name).py" }

    @Test func `Python's kubernetes client lists, watches and patches`() throws {
        let server = try SharedServer.current
        let result = try Command.run(
            [try #require(python), Self.script("kubernetes_client")],
            environment: ["KUBECONFIG": server.kubeconfig, "HOME": server.directory.path])
        #expect(result.status == 0, "\(result)")
        #expect(
            result.output == """
                namespaces True
                by label 1
                patched v
                again 409 Conflict
                watched ['ADDED', 'DELETED', 'MODIFIED']

                """, "\(result)")
    }

    @Test func `an operator made with kopf sees machines come and lets them go`() throws {
        let server = try SharedServer.current
        let kubectl = server.kubectl()
        #expect(try kubectl("create", "namespace", "kopf").status == 0)
        let (log, pipe) = (ProcessLog(), Pipe.closedOnExec())
        let kopf = try ChildProcess(
            [
                try #require(python), "-m", "kopf", "run", "--standalone", "-n", "kopf", Self.script("kopf_operator"),
            ], environment: ["KUBECONFIG": server.kubeconfig, "HOME": server.directory.path],
            output: pipe.fileHandleForWriting, errors: pipe.fileHandleForWriting)
        try pipe.fileHandleForWriting.close()
        // Told to end, it waits for a server that may be gone.
        defer { kopf.send(SIGKILL) }
        log.follow(pipe.fileHandleForReading)
        let manifest = """
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata: {name: x}
            spec: {runStrategy: Halted, template: {spec: {domain: {devices: {}}}}}
            """
        #expect(try kubectl("apply", "-n", "kopf", "-f", "-", input: manifest).status == 0)
        _ = try log.wait(for: "the operator's word of the machine") { $0.contains("operator: created x") }
        let labelled = try kubectl(
            "wait", "-n", "kopf", "vm", "x", "--for=jsonpath={.metadata.labels.seen-by-kopf}=yes", "--timeout=20s")
        #expect(labelled.status == 0, "\(labelled)")
        let deleted = try kubectl("delete", "-n", "kopf", "vm", "x", "--timeout=20s")
        #expect(deleted.status == 0, "\(deleted)")
        _ = try log.wait(for: "the operator's farewell") { $0.contains("operator: deleted x") }
    }

    /// Each operation of the documents, by examples of a fixed seed: no 5xx, and no answer that the document lacks.
    @Test(arguments: ["apis/subresources.kubevirt.io/v1", "apis/kubevirt.io/v1", "api/v1"])
    func `schemathesis finds no answer that is not documented`(name: String) throws {
        let files = try TemporaryDirectory()
        let tokens = try files.write("TOKEN,tester,1,system:masters\n", to: "tokens.csv")
        let server = try ServerProcess(["--token-auth-file", tokens])
        // A watch ends when its client wants it to, which is never.
        _ = try files.write("[parameters]\n\"query.watch\" = false\n", to: "schemathesis.toml")
        let result = try Command.run(
            [
                "timeout", "150",
                URL(fileURLWithPath: try #require(python)).deletingLastPathComponent().path + "/schemathesis",
                "run",
                "\(server.url)/openapi/v3/\(name)", "--url", server.url, "--header", "Authorization: Bearer TOKEN",
                "--tls-verify", "\(server.pki)/ca.crt", "--checks", "not_a_server_error,status_code_conformance",
                "--phases", "fuzzing", "--max-examples", "3", "--seed", "1",
            ], environment: ["HOME": files.path], directory: files.path, timeout: 160)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("Test cases:"), "\(result)")
    }
}
