import Foundation

/// The inputs that are kept in `Tests/Fuzzing/Corpus`: a folder for each target, a file for each input.
package enum Corpus {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    /// The inputs in the order of their files' names.
    package static func inputs(of target: FuzzTarget) throws -> [[UInt8]] {
        try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: target.name), includingPropertiesForKeys: nil
        )
        .sorted { $0.lastPathComponent < $1.lastPathComponent }
        .map { Array(try Data(contentsOf: $0)) }
    }
}
