import Foundation
import Testing

/// A real kubectl with a kubeconfig of ours, and a cache of its own.
struct Kubectl: Sendable, CustomTestStringConvertible {
    let path: String
    let kubeconfig: String
    let home: String

    /// The one in PATH.
    static let path = "kubectl"

    /// The one in PATH, and all versions that lie beside the file that it really is.
    static let allPaths: [String] = {
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = directories.map { "\($0)/kubectl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { return [path] }
        let directory = URL(fileURLWithPath: found).resolvingSymlinksInPath().deletingLastPathComponent().path
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter {
            $0.hasPrefix("kubectl.1.")
        }
        return [path] + versions.sorted().map { "\(directory)/\($0)" }
    }()

    var testDescription: String { URL(fileURLWithPath: path).lastPathComponent }

    func callAsFunction(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) throws -> Command.Result {
        var variables = ["KUBECONFIG": kubeconfig, "HOME": home]
        variables.merge(environment) { $1 }
        return try Command.run([path] + arguments, input: input, environment: variables)
    }
}
