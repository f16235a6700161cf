package import Fuzzing
import HTTPWire
import KubeModel

@testable import APIServer

/// A request's target, and what it is about: the method is GET, or what stands before a space.
extension FuzzTarget {
    package static let url = FuzzTarget(
        "url",
        tokens: [
            "/", "//", "?", "&", "=", "%2f", "%2F", "%00", "%", "%c3%a9", "+", "/api/v1", "/apis/kubevirt.io/v1",
            "/namespaces/",
            "default", "/virtualmachines", "watch=true", "..", ".", "%2e", "*", "#", "http://a",
        ],
        rounds: 10_000
    ) { octets in
        let space = octets.firstIndex(of: 0x20)
        let method = space.flatMap { HTTPMethod(rawValue: String(decoding: octets[..<$0], as: UTF8.self)) } ?? .get
        let target = Array(octets[(space.map { $0 + 1 } ?? 0)...])
        guard let (path, query) = try? RequestTarget.split(target, method: method) else { return false }
        let whole = path + (query.map { "?" + $0 } ?? "")
        try promise(Array(whole.utf8) == target, "path and query are not the target: \(whole)")
        let parameters = QueryParameters(query)
        guard let info = RequestInfo(method: method, path: path, query: parameters) else { return false }
        try check(info, method, parameters)
        return info.isResourceRequest
    }

    private static func check(_ info: RequestInfo, _ method: HTTPMethod, _ query: QueryParameters) throws {
        for segment in info.segments {
            try promise(!segment.isEmpty && !segment.utf8.contains(0x2f), "a segment is empty or has a slash")
            try promise(![".", ".."].contains(segment), "a dot segment got through")
            try promise(!segment.utf8.contains(0), "a NUL got through")
        }
        // What was decided on by the segments must be what others read from the path written anew.
        let again = RequestInfo(
            method: method, path: "/" + info.segments.map(encoded).joined(separator: "/"), query: query)
        try promise(again == info, "the same segments are another request: \(String(describing: again))")
    }

    private static func encoded(_ segment: String) -> String {
        segment.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// The selectors and the token of a list.
extension FuzzTarget {
    package static let selector = FuzzTarget(
        "selector",
        tokens: [
            "=", "==", "!=", " in (", " notin (", ")", ",", "!", ">", "<", "a/b", "metadata.name=",
            "metadata.namespace", "\\",
            "9223372036854775807",
        ],
        rounds: 8_000
    ) { octets in
        let text = String(decoding: octets, as: UTF8.self)
        _ = try? ContinueToken(text)
        let fields = try? FieldSelector(text, resource: .virtualMachine)
        guard let selector = try? LabelSelector(text) else { return fields != nil }
        try promise(selector.requirements.count <= LabelSelector.requirementsMax, "there are too many requirements")
        let written = selector.requirements.map(Self.written).joined(separator: ",")
        let again = try? LabelSelector(written)
        try promise(again?.requirements == selector.requirements, "it is another when written again: \(written)")
        return true
    }

    private static func written(_ requirement: LabelSelector.Requirement) -> String {
        let key = requirement.key
        return switch requirement.operator {
        case .exists: key
        case .isAbsent: "!\(key)"
        case .isIn(let values): "\(key) in (\(values.joined(separator: ",")))"
        case .isNotIn(let values): "\(key) notin (\(values.joined(separator: ",")))"
        case .isGreater(let bound): "\(key)>\(bound)"
        case .isLess(let bound): "\(key)<\(bound)"
        }
    }
}

/// The protobuf that client-go sends for some kinds.
extension FuzzTarget {
    package static let protobuf = FuzzTarget(
        "protobuf",
        tokens: [
            "k8s\0", "v1", "Namespace", "\n\u{2}v1\u{12}\u{9}Namespace", "SelfSubjectAccessReview",
            "authorization.k8s.io/v1", "\n\0", "\u{12}\0", "\u{1a}\0", "\u{7f}",
        ],
        rounds: 10_000
    ) { octets in
        guard let object = try? ProtobufObject.decode(octets) else { return false }
        try promise((try? JSONValue(parsing: object.serialized())) == object, "it is another after writing and reading")
        return true
    }
}
