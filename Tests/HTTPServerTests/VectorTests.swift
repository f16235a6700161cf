import Foundation
import HTTPServer
import Testing

/// The byte strings of `http1.json` over sockets, by the tool that goes with them, where it is at hand.
@Suite(.enabled(if: VectorTool.url != nil && VectorTool.python != nil), .timeLimit(.minutes(2)))
struct VectorTests {
    @Test(arguments: [nil, TestTLS.shared])
    func `every vector has an outcome that the RFCs allow`(_ tls: TestTLS?) async throws {
        let tool = try #require(VectorTool.url)
        let python = try #require(VectorTool.python)
        try await withServer(.mirror, tls: tls) { server in
            // Many at a time, and patient: a vector that gets no answer waits for `idle` seconds.
            let arguments =
                [tool.path(), "\(server.port)", "-j", "50", "--idle", "2"] + (tls == nil ? [] : ["--tls"])
            let (status, output) = try await VectorTool.run(python, arguments)
            #expect(status == 0, "\(output)")
        }
    }
}

enum VectorTool {
    /// `shared/tools/http1_run.py` beside this project or above it.
    static let url: URL? = {
        var folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path() != "/" {
            let candidate = folder.appending(path: "shared/tools/http1_run.py")
            if FileManager.default.fileExists(atPath: candidate.path()) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return nil
    }()

    static let python: URL? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { URL(filePath: String($0)).appending(path: "python3") }
        .first { FileManager.default.isExecutableFile(atPath: $0.path()) }

    static func run(_ program: URL, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let process = Process()
                process.executableURL = program
                process.arguments = arguments
                // No system CAs: the tool trusts anyone, and reading them for each connection takes all of its time.
                process.environment = ProcessInfo.processInfo.environment.merging(
                    ["SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nonexistent"]) { $1 }
                let output = Pipe()
                process.standardOutput = output
                process.standardError = output
                continuation.resume(
                    with: Result {
                        try process.run()
                        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
                    })
            }
        }
    }
}
