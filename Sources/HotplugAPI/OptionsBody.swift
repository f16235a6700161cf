package import KubeModel

/// The body of a subresource's request, as virt-api decodes it (apimachinery `yaml.NewYAMLOrJSONDecoder`): JSON when the
/// first octet that is no space is `{`, else YAML, whatever the Content-Type; only the first value or document.
package struct OptionsBody: Sendable {
    /// What is wrong with a body, in the words of Go's decoders.
    package struct Malformed: Error, Sendable {
        package let description: String
    }

    package let value: JSONValue
    /// Fields that stand twice, as dotted paths.
    package let duplicates: [String]
    package let isYAML: Bool

    /// `nil` for a body of nothing: Go's decoder answers io.EOF, which virt-api lets pass as one without fields.
    package init?(_ body: [UInt8]) throws(Malformed) {
        guard let first = body.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return nil }
        isYAML = first != UInt8(ascii: "{")
        if isYAML {
            do throws(YAMLError) {
                (value, duplicates) = try JSONValue.parseYAML(body)
            } catch {
                throw Malformed(description: "error converting YAML to JSON: \(error)")
            }
        } else {
            do throws(JSONError) {
                (value, duplicates) = try JSONValue.parse(body, allowTrailing: true)
            } catch {
                throw Malformed(description: error.description)
            }
        }
    }
}
