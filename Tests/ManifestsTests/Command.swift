import Foundation

/// What went wrong in running a program, as opposed to what is tested.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

enum Command {
    /// Seconds until a program that does not end is killed, by timeout(1).
    private static let timeout = 60

    /// What a program that succeeds writes; its words of complaint, too, where it does not.
    static func output(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "-k", "1", "\(timeout)"] + words
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        // One pipe for both: neither can fill while the other is read.
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure("\(words.joined(separator: " ")): exit \(process.terminationStatus)\n\(text)")
        }
        return text
    }
}

enum Project {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static let manifests = root + "/Manifests"

    /// The binary that the build made with these tests.
    static let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("hotplug-apiserver").path

    /// All files below a directory of the project.
    static func files(below directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(directory)").sorted()
            .map { "\(root)/\(directory)/\($0)" }
            .filter {
                (try? URL(fileURLWithPath: $0).resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
            }
    }
}
