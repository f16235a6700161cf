import KubeModel

/// `?fieldSelector=`: of every resource by name and namespace, of built-in ones by a few more fields
/// (apiextensions-apiserver `pkg/registry/customresource/strategy.go`, kubernetes `pkg/apis/core/v1/conversion.go`).
struct FieldSelector: Sendable {
    private struct Requirement {
        let path: [String]
        let value: String
        let isEqual: Bool

        var isName: Bool { path == ["metadata", "name"] }
        var isNamespace: Bool { path == ["metadata", "namespace"] }
    }

    private static let coreFields: [String: Set<String>] = [
        "namespaces": ["status.phase"],
        "pods": ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "status.phase", "status.podIP"],
        "events": [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
            "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
            "reportingComponent", "type",
        ],
    ]

    private var requirements: [Requirement] = []

    init(_ text: String?, resource: Resource) throws(Status) {
        guard let text, !text.isEmpty else { return }
        let others = resource.group.isEmpty ? Self.coreFields[resource.plural] ?? [] : []
        for term in text.split(separator: ",") {
            let isEqual = !term.contains("!=")
            let separator = isEqual ? (term.contains("==") ? "==" : "=") : "!="
            guard let range = term.firstRange(of: separator) else {
                throw .badRequest("invalid field selector; can't understand '\(term)'")
            }
            let field = String(term[..<range.lowerBound])
            guard field == "metadata.name" || field == "metadata.namespace" || others.contains(field) else {
                throw .badRequest("field label not supported: \(field)")
            }
            requirements.append(
                Requirement(
                    path: field.split(separator: ".").map(String.init), value: String(term[range.upperBound...]),
                    isEqual: isEqual))
        }
    }

    var isEverything: Bool { requirements.isEmpty }

    /// Whether names alone do not decide.
    var readsObjects: Bool { requirements.contains { !$0.isName && !$0.isNamespace } }

    /// The only name that an object may have, if there is one.
    var name: String? { requirements.first { $0.isName && $0.isEqual }?.value }

    func matches(_ name: ObjectName) -> Bool {
        requirements.allSatisfy { requirement in
            if requirement.isName { return (name.name == requirement.value) == requirement.isEqual }
            if requirement.isNamespace { return (name.namespace == requirement.value) == requirement.isEqual }
            return true
        }
    }

    /// The fields that are neither name nor namespace; a missing one is as an empty one.
    func matches(_ object: JSONValue) -> Bool {
        requirements.allSatisfy { requirement in
            guard !requirement.isName, !requirement.isNamespace else { return true }
            let value = object.member(at: requirement.path)?.string ?? ""
            return (value == requirement.value) == requirement.isEqual
        }
    }
}
