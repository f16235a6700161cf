/// Why a text is no YAML document that the API takes.
package struct YAMLError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
