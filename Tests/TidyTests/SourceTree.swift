import Foundation

/// The project's Swift sources, as text.
enum SourceTree {
    struct File: Sendable {
        /// From the project's root.
        let path: String
        /// `Sources` or `Tests`.
        let root: String
        let module: String
        let lines: [Substring]
        /// Lines with their numbers, without comments and the contents of string literals, as far as a line tells.
        let code: [(number: Int, line: String)]

        init(path: String, root: String, module: String, text: String) {
            self.path = path
            self.root = root
            self.module = module
            lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            var isInLongLiteral = false
            code = lines.enumerated().compactMap { index, line in
                let fences = line.components(separatedBy: "\"\"\"").count - 1
                defer { if fences % 2 == 1 { isInLongLiteral.toggle() } }
                return isInLongLiteral || fences > 0 ? nil : (index + 1, Self.withoutLiteralsAndComment(line))
            }
        }

        /// The constants and properties of its types, told by their indentation.
        var constants: [Constant] {
            var types: [(name: String, indentation: Int)] = []
            var constants: [Constant] = []
            for line in code.map(\.line) {
                let indentation = line.prefix { $0 == " " }.count
                if let type = line.firstMatch(of: /^ *(?:\w+ )*(?:struct|enum|class|actor|extension) ([\w.]+)/) {
                    types.removeAll { $0.indentation >= indentation }
                    types.append((String(type.1), indentation))
                } else if let match = line.firstMatch(of: /^ +(?:\w+ )*(?:let|var) (\w+)(?:: \w+)? = (.+)$/) {
                    let outer = types.filter { $0.indentation < indentation }
                    guard outer.last?.indentation == indentation - 4 else { continue }
                    constants.append(
                        Constant(types: outer.map(\.name), name: String(match.1), value: String(match.2)))
                }
            }
            return constants
        }

        private static func withoutLiteralsAndComment(_ line: Substring) -> String {
            var code = ""
            var isInLiteral = false
            var isEscaped = false
            for character in line {
                if isInLiteral {
                    if isEscaped {
                        isEscaped = false
                    } else if character == "\\" {
                        isEscaped = true
                    } else if character == "\"" {
                        isInLiteral = false
                        code.append(character)
                    }
                    continue
                }
                if character == "/", code.last == "/" { return String(code.dropLast()) }
                if character == "\"" { isInLiteral = true }
                code.append(character)
            }
            return code
        }
    }

    /// A member whose value stands beside its name.
    struct Constant {
        /// Those that it is in, from the outermost on.
        let types: [String]
        let name: String
        let value: String
    }

    static let root: URL = {
        var folder = URL(filePath: #filePath).resolvingSymlinksInPath()
        while folder.path() != "/",
            !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path())
        {
            folder = folder.deletingLastPathComponent()
        }
        return folder
    }()

    static let manifest = text("Package.swift")

    /// All Swift files in Sources and Tests.
    static let files: [File] = ["Sources", "Tests"].flatMap { root in
        paths(in: root).filter { $0.hasSuffix(".swift") }.map { path in
            File(path: path, root: root, module: String(path.split(separator: "/")[1]), text: text(path))
        }
    }

    static let sources = files.filter { $0.root == "Sources" }

    static func paths(in folder: String) -> [String] {
        let base = root.appending(path: folder).path()
        return (FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? [])
            .map { folder + "/" + $0 }.sorted()
    }

    static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    /// What `git ls-files` lists; `nil` outside a checkout.
    static let tracked: [String]? = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "-C", root.path(), "ls-files", "-z"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil, let bytes = try? output.fileHandleForReading.readToEnd() else { return nil }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\0").map(String.init)
    }()

    /// Each target with the modules that the manifest lets it import, and whether unsafe code is refused in it.
    static let targets: [String: (dependencies: Set<String>, isSafe: Bool)] = {
        var targets: [String: (dependencies: Set<String>, isSafe: Bool)] = [:]
        for match in manifest.matches(of: /\.(?:executableTarget|target|testTarget|systemLibrary)\(\s*name: "([^"]+)"/)
        {
            let rest = manifest[match.range.upperBound...]
            let end = rest.range(of: "arget(")?.lowerBound ?? rest.endIndex
            let declaration = rest[..<end]
            var dependencies: Set<String> = []
            if let list = declaration.firstMatch(of: /dependencies: \[((?:[^\[\]]|\[[^\]]*\])*)\]/) {
                let names = String(list.1).replacing(/\.product\(name: "([^"]+)", package: "[^"]+"\)/) { "\"\($0.1)\"" }
                dependencies = Set(names.matches(of: /"([^"]+)"/).map { String($0.1) })
                if names.contains(/\blog\b/) { dependencies.insert("Logging") }
            }
            targets[String(match.1)] = (dependencies, declaration.contains("swiftSettings: safe"))
        }
        return targets
    }()
}
