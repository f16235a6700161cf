import Testing

/// One server for the tests of a suite that only read, or keep to objects of their own.
struct SharedServer: SuiteTrait, TestScoping {
    @TaskLocal private static var running: ServerProcess?

    let flags: [String]
    var isRecursive: Bool { false }

    static var current: ServerProcess {
        get throws {
            guard let running else { throw Failure("the suite lacks the trait .sharedServer") }
            return running
        }
    }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let server = try ServerProcess(flags)
        defer { server.kill() }
        try await Self.$running.withValue(server) { try await function() }
    }
}

extension Trait where Self == SharedServer {
    static var sharedServer: Self { SharedServer(flags: []) }
}
