import Foundation
import Testing

/// The rules of the house, held against the source tree.
@Suite struct TidyTests {
    /// One line for each breach, to be read in the failure.
    private static func breaches(
        in files: [SourceTree.File], of pattern: Regex<Substring>, except allowed: Set<String> = []
    ) -> [String] {
        files.filter { !allowed.contains($0.module) }.flatMap { file in
            file.code.filter { $0.line.contains(pattern) }.map { "\(file.path):\($0.number): \($0.line)" }
        }
    }

    @Test func `the tree is there`() {
        #expect(SourceTree.sources.count > 100)
        #expect(SourceTree.targets.count > 15)
        #expect(
            SourceTree.targets["HTTPServer"]?.dependencies.isSuperset(of: ["HTTPWire", "Reactor", "Logging"]) == true)
        #expect(SourceTree.targets["HTTPServer"]?.isSafe == true)
        #expect(SourceTree.targets["Reactor"]?.isSafe == false)
    }

    @Test func `no file is longer than 400 lines`() {
        #expect(SourceTree.files.filter { $0.lines.count > 401 }.map(\.path) == [])
        let others = (SourceTree.tracked ?? []).filter { path in
            [".c", ".h", ".py", ".sh"].contains { path.hasSuffix($0) }
        }
        let isLong = { SourceTree.text($0).split(separator: "\n", omittingEmptySubsequences: false).count > 401 }
        #expect(others.filter(isLong) == [])
    }

    @Test func `no line is longer than 120 columns, but for literals`() {
        let long = SourceTree.files.flatMap { file in
            file.code.filter { $0.line.count > 120 }.map { "\(file.path):\($0.number)" }
        }
        #expect(long == [])
    }

    /// Modules of the system that a module may import beside what the manifest lists.
    private static let systemModules: [String: Set<String>] = [
        "KubeModel": ["Foundation", "FoundationEssentials", "Synchronization"],
        "Reactor": ["Glibc", "Synchronization"],
        "TLS": ["Glibc", "Synchronization"], "HTTPServer": ["Synchronization"],
        "APIServer": ["Foundation", "FoundationEssentials", "Synchronization"], "HotplugAPI": ["Synchronization"],
        "RemoteCluster": ["Synchronization"], "DelegatedAuth": ["Synchronization"],
        "KubeClient": ["FoundationEssentials", "Glibc", "Synchronization"],
        "EmbeddedCluster": ["Foundation", "FoundationEssentials", "Glibc", "Synchronization"],
        "hotplug-apiserver": ["Dispatch", "Foundation", "FoundationEssentials", "Synchronization"],
    ]

    @Test func `a module imports what the manifest lists and no more`() {
        var breaches: [String] = []
        for file in SourceTree.sources {
            let allowed = (SourceTree.targets[file.module]?.dependencies ?? [])
                .union(Self.systemModules[file.module] ?? [])
            for (number, line) in file.code {
                guard
                    let match = line.wholeMatch(
                        of: /\s*(?:@\w+\s+)*(?:package |public |internal )?import (?:struct |class |func )?([\w]+).*/)
                else { continue }
                if !allowed.contains(String(match.1)) { breaches.append("\(file.path):\(number): \(match.1)") }
            }
        }
        #expect(breaches == [])
    }

    /// From the bottom to the top; a module may depend on those in the rows above its own.
    private static let layers: [Set<String>] = [
        ["CLinux", "COpenSSL", "CZlib", "CNghttp2", "CCurl"],
        ["KubeModel", "Reactor", "TLS", "HTTPWire", "Deflate"],
        ["HTTP2Wire", "EmbeddedCluster", "HotplugAPI", "KubeClient"],
        ["EmbeddedKubeVirt", "HTTPServer", "RemoteCluster"],
        ["APIServer"],
        ["DelegatedAuth"],
        ["hotplug-apiserver"],
    ]

    @Test func `dependencies point downwards`() {
        let ours = Set(SourceTree.sources.map(\.module)).union(Self.layers.joined())
        var below: Set<String> = []
        for layer in Self.layers {
            for module in layer {
                let dependencies = (SourceTree.targets[module]?.dependencies ?? []).intersection(ours)
                #expect(dependencies.subtracting(below) == [], "\(module)")
            }
            below.formUnion(layer)
        }
        // No module without a place.
        #expect(Set(SourceTree.sources.map(\.module)).subtracting(below) == [])
    }

    @Test func `unsafe code is in the modules that wrap C alone`() {
        let wrappers: Set<String> = ["Reactor", "TLS", "Deflate", "HTTP2Wire", "KubeClient"]
        #expect(
            // `fuzz` is where libFuzzer, which is C, comes in.
            Set(SourceTree.targets.filter { !$0.value.isSafe && !$0.key.hasSuffix("Tests") }.keys)
                .subtracting(Self.layers[0]).subtracting(["fuzz"]) == wrappers)
        #expect(
            Self.breaches(
                in: SourceTree.sources,
                of: /\bunsafe|\bUnsafe|\bUnmanaged\b|\bOpaquePointer\b|\bwithUnsafe|@unchecked|\bunowned\(unsafe\)/,
                except: wrappers) == [])
    }

    @Test func `no type is called Manager, Helper or Util`() {
        let pattern =
            /\b(?:class|struct|enum|actor|protocol|typealias)\s+\w*(?:Manager|Helper|Helpers|Util|Utils|Utilities)\b/
        #expect(Self.breaches(in: SourceTree.files, of: pattern) == [])
    }

    @Test(arguments: [
        "Task.sleep", "Task.detached", "DispatchQueue", "try!", "fatalError", "preconditionFailure", "as!",
        "Thread.sleep",
    ])
    func `sources do without`(_ text: String) {
        // The process starts in a function that is not async and so has nothing to detach from.
        let entryPoint = "Sources/hotplug-apiserver/HotplugCommand.swift"
        let breaches = SourceTree.sources.filter { text != "Task.detached" || $0.path != entryPoint }.flatMap { file in
            file.code.filter { $0.line.contains(text) }.map { "\(file.path):\($0.number): \($0.line)" }
        }
        #expect(breaches == [])
    }

    @Test func `no work is left for later in comments`() {
        let breaches = SourceTree.files.flatMap { file in
            file.lines.enumerated().filter { $0.element.contains(/\/\/.*\b(?:TODO|FIXME|XXX|HACK)\b/) }
                .map { "\(file.path):\($0.offset + 1)" }
        }
        #expect(breaches == [])
    }

    @Test(.enabled(if: SourceTree.tracked != nil))
    func `no tracked file names a place on the machine where it was written`() throws {
        let places = ["/" + "work/", "/" + "tmp/shadow", "/" + "root/"]
        let breaches = try #require(SourceTree.tracked).filter { path in
            let text = SourceTree.text(path)
            return places.contains { text.contains($0) }
        }
        #expect(breaches == [])
    }

    @Test(.enabled(if: SourceTree.tracked != nil))
    func `no key or certificate is tracked`() throws {
        let breaches = try #require(SourceTree.tracked).filter { path in
            path.hasSuffix(".key") || path.hasSuffix(".pem")
                || SourceTree.text(path).contains("-----BEGIN " + "PRIVATE KEY-----\nM")
        }
        #expect(breaches == [])
    }
}
