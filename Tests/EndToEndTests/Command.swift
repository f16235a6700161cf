import Foundation

/// A program that is run to its end.
struct Command {
    struct Result: Sendable, CustomStringConvertible {
        /// The exit status; negative: the signal that ended it.
        let status: Int32
        let output: String
        let errors: String

        var description: String { "exit \(status)\nstdout: \(output)\nstderr: \(errors)" }
    }

    /// Seconds until a program that does not end is killed.
    static let timeout = 30.0

    /// Runs `words[0]`, found in PATH; output goes through files, so that no pipe can fill.
    static func run(
        _ words: [String], input: String = "", environment: [String: String] = [:], directory: String? = nil,
        timeout: Double = Self.timeout
    ) throws -> Result {
        let files = try TemporaryDirectory()
        let inputFile = try files.write(input, to: "in")
        let outputFile = try files.write("", to: "out")
        let errorFile = try files.write("", to: "err")
        let process = try ChildProcess(
            words, environment: environment, directory: directory,
            input: FileHandle(forReadingFrom: URL(fileURLWithPath: inputFile)),
            output: FileHandle(forWritingTo: URL(fileURLWithPath: outputFile)),
            errors: FileHandle(forWritingTo: URL(fileURLWithPath: errorFile)))
        guard let status = process.waitForEnd(within: timeout) else {
            process.send(SIGKILL)
            throw Failure("\(words.joined(separator: " ")) did not end within \(timeout) s")
        }
        return Result(
            status: status, output: try String(contentsOfFile: outputFile, encoding: .utf8),
            errors: try String(contentsOfFile: errorFile, encoding: .utf8))
    }
}
