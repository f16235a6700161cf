import Foundation
import Testing

@testable import Reactor

@Suite struct FileSystemTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

    init() throws { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] }

    @Test func `replaces a file by one that its owner alone can read`() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/file"
        for bytes in [[UInt8]("one".utf8), [], [UInt8](repeating: 7, count: 1 << 20)] {
            try FileSystem.replace(path, with: bytes)
            #expect(try SmallFile.read(path) == bytes)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(names == ["file"])
    }

    @Test func `a private key was left beside the file that could not be replaced`() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/taken"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let error = #expect(throws: SystemError.self) { try FileSystem.replace(path, with: [1]) }
        #expect("\(try #require(error))".contains("Is a directory"))
        #expect(names == ["taken"])
    }
}
