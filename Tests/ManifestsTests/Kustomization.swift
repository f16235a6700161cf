import Foundation
import KubeModel
import Testing

/// A directory that kustomize builds, and what comes of it.
struct Kustomization: Sendable, CustomTestStringConvertible {
    static let base = Kustomization("base")
    static let certManager = Kustomization("overlays/cert-manager")
    static let caBundle = Kustomization("overlays/ca-bundle")
    static let besideKubeVirt = Kustomization("overlays/beside-kubevirt")
    static let all = [base, certManager, caBundle, besideKubeVirt]

    /// The kubectl in PATH, and all versions that lie beside the file that it really is.
    static let kubectls: [String] = {
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = directories.map { "\($0)/kubectl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { return ["kubectl"] }
        let directory = URL(fileURLWithPath: found).resolvingSymlinksInPath().deletingLastPathComponent().path
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter {
            $0.hasPrefix("kubectl.1.")
        }
        return ["kubectl"] + versions.sorted().map { "\(directory)/\($0)" }
    }()

    /// From `Manifests`.
    let path: String

    private init(_ path: String) {
        self.path = path
    }

    var testDescription: String { path }

    func objects(kubectl: String = "kubectl", manifests: String = Project.manifests) throws -> Objects {
        try Objects(yaml: Command.output([kubectl, "kustomize", "\(manifests)/\(path)"]))
    }
}

/// The objects of a YAML stream.
struct Objects: Equatable {
    let all: [JSONValue]

    init(yaml text: String) throws {
        all = try ("\n" + text).components(separatedBy: "\n---").filter { $0.contains { !$0.isWhitespace } }.map {
            part in
            try JSONValue(yaml: Array(part.utf8))
        }
    }

    subscript(kind: String) -> [JSONValue] { all.filter { $0["kind"]?.string == kind } }

    /// The one object of a kind, or of a kind and a name.
    func only(_ kind: String, _ name: String? = nil) throws -> JSONValue {
        let found = self[kind].filter { name == nil || $0.name == name }
        guard found.count == 1 else { throw Failure("\(found.count) objects \(kind) \(name ?? "")") }
        return found[0]
    }

    var pod: JSONValue {
        get throws { try #require(only("Deployment")[path: "spec", "template", "spec"]) }
    }

    var container: JSONValue {
        get throws {
            let containers = try #require(pod["containers"]?.array)
            try #require(containers.count == 1)
            return containers[0]
        }
    }
}

extension JSONValue {
    var name: String? { self[path: "metadata", "name"]?.string }
    var namespace: String? { self[path: "metadata", "namespace"]?.string }
    var strings: [String] { array?.compactMap(\.string) ?? [] }
}
