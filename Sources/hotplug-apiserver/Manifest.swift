import ArgumentParser
import Foundation
import KubeModel

/// Objects in files, as people write them.
enum Manifest {
    /// Reads one object, JSON or YAML; `-` is standard input.
    static func read(_ path: String) throws -> JSONValue {
        guard let object = try readAll(path).first else { throw ValidationError("\(path) holds no object.") }
        return object
    }

    /// Reads all documents of a file.
    static func readAll(_ path: String) throws -> [JSONValue] {
        let data: Data
        do {
            // Not `Data(contentsOf:)`, which refuses pipes: bash's `<(kubectl get ...)` is one.
            let handle =
                path == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            data = try handle.readToEnd() ?? Data()
        } catch {
            throw ValidationError("\(path) cannot be read: \(error.localizedDescription)")
        }
        do {
            if data.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") {
                return [try JSONValue(parsing: Array(data))]
            }
            let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let documents = lines.split(omittingEmptySubsequences: true) { $0.elementsEqual("---".utf8) }
            return try documents.map { lines in
                try JSONValue(yaml: lines.flatMap { Array($0) + [UInt8(ascii: "\n")] })
            }.filter { !$0.isNull }
        } catch let error as JSONError {
            throw ValidationError("\(path) is not JSON: \(error)")
        } catch let error as YAMLError {
            throw ValidationError("\(path) is not YAML: \(error)")
        }
    }
}
