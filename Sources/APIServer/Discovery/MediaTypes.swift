/// What a client accepts (RFC 9110 §12.5.1), as apiserver `negotiate.go` reads it: of the clauses that fit, the one of
/// the greatest weight wins, and the first of those.
struct MediaTypes {
    struct Clause {
        /// `application/json`, in lower case.
        let type: String
        let parameters: [String: String]
    }

    /// Without those of weight 0; the greatest weight first.
    let clauses: [Clause]
    /// Whether the client said nothing, not even what it does not want.
    let isSilent: Bool

    init(_ accept: [String]) {
        let weighted = accept.flatMap { $0.split(separator: ",") }.compactMap {
            text -> (clause: Clause, weight: Double)? in
            let parts = text.split(separator: ";").map { $0.trimmed }
            guard let type = parts.first, !type.isEmpty else { return nil }
            var parameters: [String: String] = [:]
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { parameters[pair[0].trimmed.lowercased()] = pair[1].trimmed }
            }
            let weight = parameters["q"].flatMap(Double.init) ?? 1
            return weight > 0 ? (Clause(type: type.lowercased(), parameters: parameters), weight) : nil
        }
        isSilent = accept.allSatisfy { $0.trimmed.isEmpty }
        // Stable, so that among equals the client's order stays.
        clauses = weighted.enumerated().sorted { left, right in
            (right.element.weight, left.offset) < (left.element.weight, right.offset)
        }.map(\.element.clause)
    }

    /// Whether the client wants YAML more than JSON.
    var wantsYAML: Bool {
        let known = ["application/json", "application/*", "*/*", "application/yaml"]
        return clauses.first { known.contains($0.type) }?.type == "application/yaml"
    }

    /// The version of aggregated discovery that the client wants most; `nil` means the legacy documents.
    var aggregatedDiscovery: String? {
        for clause in clauses {
            guard clause.type == "application/json" else {
                if clause.type == "*/*" || clause.type == "application/*" { return nil }
                continue
            }
            guard let kind = clause.parameters["as"] else { return nil }
            if kind == "APIGroupDiscoveryList", clause.parameters["g"] == "apidiscovery.k8s.io",
                let version = clause.parameters["v"], version == "v2" || version == "v2beta1"
            {
                return version
            }
        }
        return nil
    }
}

extension StringProtocol {
    /// Without spaces and tabs at its ends.
    var trimmed: String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
