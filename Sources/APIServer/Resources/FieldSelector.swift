import KubeModel

/// `?fieldSelector=` for resources that know no fields but name and namespace, as custom resources
/// (apiextensions-apiserver `pkg/registry/customresource/strategy.go`).
struct FieldSelector {
    private struct Requirement {
        let path: [String]
        let value: String
        let isEqual: Bool
    }

    private var requirements: [Requirement] = []

    init(_ text: String?) throws(Status) {
        guard let text, !text.isEmpty else { return }
        for term in text.split(separator: ",") {
            let isEqual = !term.contains("!=")
            let separator = isEqual ? (term.contains("==") ? "==" : "=") : "!="
            guard let range = term.firstRange(of: separator) else {
                throw .badRequest("invalid field selector; can't understand '\(term)'")
            }
            let field = String(term[..<range.lowerBound])
            guard field == "metadata.name" || field == "metadata.namespace" else {
                throw .badRequest("field label not supported: \(field)")
            }
            requirements.append(
                Requirement(
                    path: field.split(separator: ".").map(String.init), value: String(term[range.upperBound...]),
                    isEqual: isEqual))
        }
    }

    func matches(_ object: StoredObject) throws(Status) -> Bool {
        guard !requirements.isEmpty else { return true }
        let metadata = try object.json()["metadata"]
        return requirements.allSatisfy { requirement in
            ((metadata?[requirement.path[1]]?.string ?? "") == requirement.value) == requirement.isEqual
        }
    }
}
