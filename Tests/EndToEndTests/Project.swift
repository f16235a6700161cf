import Foundation

/// Where things are: the product under test beside the test bundle, the rest below the package.
enum Project {
    /// The binary that the build made with these tests.
    static let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("hotplug-apiserver").path

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static var examples: String { root + "/Manifests/examples" }

    static func example(_ name: String) -> String { "\(examples)/\(name).yaml" }

    /// What virtctl puts on the wire; it lies beside the repository, and not on every machine.
    static var virtctlRequests: String { root + "/../shared/vectors/virtctl-requests.json" }

    /// What users read; it lies beside the repository too.
    static var userDocument: String { root + "/../shared/seed/hotplug_interfaces.md" }

    static var hasUserDocument: Bool { FileManager.default.fileExists(atPath: userDocument) }

    static var hasVirtctlRequests: Bool { FileManager.default.fileExists(atPath: virtctlRequests) }
}

/// A directory that goes when its owner does.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "hotplug-e2e-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file, and answers its path.
    func write(_ text: String, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// What went wrong in driving a process or a connection, as opposed to what is tested.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
