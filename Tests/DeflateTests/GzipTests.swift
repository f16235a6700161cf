import Deflate
import Foundation
import Testing

@Suite struct GzipTests {
    /// What gzip(1) makes of it; `nil` when it calls it broken.
    private static func decompressed(_ content: [UInt8]) throws -> [UInt8]? {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).gz")
        try Data(content).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path()]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? Array(bytes) : nil
    }

    private static let contents: [[UInt8]] = [
        [], [0], Array("hello".utf8), [UInt8](repeating: 0x20, count: 1 << 20),
        (0..<200_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) },
    ]

    @Test(arguments: contents.indices)
    func `what it compresses gzip reads`(_ index: Int) throws {
        let content = Self.contents[index]
        let compressed = try #require(Gzip.compress(content))
        #expect(try Self.decompressed(compressed) == content)
    }

    @Test func `writes the gzip format and not zlib's`() throws {
        #expect(try #require(Gzip.compress([1, 2, 3])).starts(with: [0x1F, 0x8B, 8]))
    }

    @Test func `makes text much smaller`() throws {
        let content = Array(String(repeating: "{\"kind\":\"VirtualMachineInstance\"},", count: 4_000).utf8)
        #expect(try #require(Gzip.compress(content)).count < content.count / 20)
    }
}
