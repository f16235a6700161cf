import Foundation
import Synchronization

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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputFile))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputFile))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorFile))
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.start()
        if ended.wait(timeout: .now() + timeout) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            throw Failure("\(words.joined(separator: " ")) did not end within \(timeout) s")
        }
        return Result(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: try String(contentsOfFile: outputFile, encoding: .utf8),
            errors: try String(contentsOfFile: errorFile, encoding: .utf8))
    }
}

/// One process is started at a time: two at once have ended in a bad pointer inside `Process.run` (Swift 6.3.1, Linux).
private let starting = Mutex(())

extension Process {
    /// `run`, by one thread at a time.
    func start() throws {
        try starting.withLock { _ in try run() }
    }
}
