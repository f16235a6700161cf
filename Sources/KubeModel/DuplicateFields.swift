/// The paths of names that objects had more than once, as Kubernetes reports them: `spec.networks[0].name`.
///
/// A path grows from its end while the parser returns from the depths, so that a text without duplicates costs
/// nothing.
package struct DuplicateFields: Sendable {
    /// Paths reported at most: as sigs.k8s.io/json, `saveStrictError`.
    package static let limit = 100
    /// Scalars of one name that are reported; the rest becomes `…`, lest a long name be copied `limit` times.
    private static let nameLimit = 253

    private(set) var paths: [String] = []

    /// Every path once.
    var distinctPaths: [String] {
        var seen: Set<MemberName> = []
        return paths.filter { seen.insert(MemberName($0)).inserted }
    }

    /// Reports a name of the object whose inner paths began at `start`.
    mutating func add(_ name: String, from start: Int) {
        let path = Self.shortened(name)
        guard paths.count < Self.limit, !paths[start...].contains(where: { $0.isIdentical(to: path) }) else { return }
        paths.append(path)
    }

    /// Puts the paths from `start` on under a member.
    mutating func place(from start: Int, under name: String) {
        nest(from: start, under: Self.shortened(name))
    }

    /// Puts the paths from `start` on under an element.
    mutating func place(from start: Int, under element: Int) {
        nest(from: start, under: "[\(element)]")
    }

    private mutating func nest(from start: Int, under parent: String) {
        for index in paths.indices[start...] {
            let isElement = paths[index].utf8.first == UInt8(ascii: "[")
            paths[index] = parent + (isElement ? "" : ".") + paths[index]
        }
    }

    /// A name as it is reported.
    package static func shortened(_ name: String) -> String {
        let scalars = name.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: nameLimit, limitedBy: scalars.endIndex),
            end != scalars.endIndex
        else { return name }
        return String(scalars[..<end]) + "…"
    }
}
