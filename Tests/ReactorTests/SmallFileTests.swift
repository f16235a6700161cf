import Foundation
import Testing

@testable import Reactor

@Suite struct SmallFileTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    @Test func `reads a file of the largest size, and none of a byte more`() throws {
        try withDirectory { directory in
            let path = "\(directory)/file"
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
            #expect(try SmallFile.read(path) == [1, 2, 3])
            #expect(truncate(path, SmallFile.bytesMax) == 0)
            #expect(try SmallFile.read(path).count == SmallFile.bytesMax)
            #expect(truncate(path, SmallFile.bytesMax + 1) == 0)
            let error = #expect(throws: SmallFile.Failure.self) { try SmallFile.read(path) }
            #expect(error?.description == "\(path) is larger than 4194304 bytes")
        }
    }

    @Test func `names what cannot be read`() throws {
        try withDirectory { directory in
            let error = #expect(throws: SmallFile.Failure.self) { try SmallFile.read("\(directory)/none") }
            #expect(error?.description == "\(directory)/none: No such file or directory")
            for pipes in [SmallFile.Pipes.read, .refuse] {
                let error = #expect(throws: SmallFile.Failure.self) { try SmallFile.read(directory, pipes: pipes) }
                #expect(error?.description == "\(directory) is not a regular file")
            }
        }
    }

    @Test func `does not wait for the writer of a pipe unless it is to be read`() throws {
        try withDirectory { directory in
            let path = "\(directory)/pipe"
            #expect(mkfifo(path, 0o600) == 0)
            let error = #expect(throws: SmallFile.Failure.self) { try SmallFile.read(path) }
            #expect(error?.description == "\(path) is not a regular file")
            // As a shell's <(command) is.
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            #expect(write(ends[1], [4, 5] as [UInt8], 2) == 2)
            close(ends[1])
            let piped = try SmallFile.read("/proc/self/fd/\(ends[0])", pipes: .read)
            #expect(piped == [4, 5])
            close(ends[0])
        }
    }
}
