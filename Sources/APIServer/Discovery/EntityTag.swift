import HTTPWire

/// Strong validators: each representation of a document has its own (RFC 9110 §8.8.3).
enum EntityTag {
    /// That of a document as it is sent: laid out for people or not, compressed or not.
    static func of(_ document: StaticDocument, isPretty: Bool, isCompressed: Bool) -> String {
        guard isPretty || isCompressed else { return document.entityTag }
        return document.entityTag.dropLast() + (isPretty ? "-pretty" : "") + (isCompressed ? "-gzip" : "") + "\""
    }

    /// Whether If-None-Match names the tag: the client has what would be sent (RFC 9110 §13.1.2).
    static func isKnown(_ tag: String, to head: HTTPRequestHead) -> Bool {
        head.fields.values("if-none-match").flatMap { $0.split(separator: ",") }.contains { item in
            let item = item.trimmed
            return item == "*" || item == tag || item == "W/\(tag)"
        }
    }
}
