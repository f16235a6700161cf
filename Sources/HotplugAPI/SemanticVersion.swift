/// A version as KubeVirt tags it: Semantic Versioning 2.0.0 behind an optional `v`.
///
/// A build that `git describe` named, such as `v1.4.0-12-gabcdef`, reads as a prerelease of `v1.4.0`: below it.
package struct SemanticVersion: Sendable, Equatable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int
    /// The identifiers after `-`; empty for a release.
    package let prerelease: [String]

    package init(_ major: Int, _ minor: Int, _ patch: Int, prerelease: [String] = []) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
    }

    /// `nil` for what is no version, such as an image digest.
    package init?(_ text: String) {
        var rest = text.hasPrefix("v") ? text.dropFirst() : text[...]
        // Build metadata has no precedence (§10).
        rest = rest.prefix { $0 != "+" }
        let halves = rest.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = halves[0].split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        let identifiers = halves.count < 2 ? [] : halves[1].split(separator: ".", omittingEmptySubsequences: false)
        guard identifiers.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(major, minor, patch, prerelease: identifiers.map(String.init))
    }

    /// Without a `v`.
    package var description: String {
        "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-\(prerelease.joined(separator: "."))")
    }

    /// Precedence (§11): a prerelease is below its release; numeric identifiers are below others.
    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let (leftCore, rightCore) = ((left.major, left.minor, left.patch), (right.major, right.minor, right.patch))
        if leftCore != rightCore { return leftCore < rightCore }
        if left.prerelease.isEmpty { return false }
        if right.prerelease.isEmpty { return true }
        for (leftPart, rightPart) in zip(left.prerelease, right.prerelease) where leftPart != rightPart {
            switch (number(leftPart[...]), number(rightPart[...])) {
            case (let left?, let right?): return left < right
            case (.some, nil): return true
            case (nil, .some): return false
            case (nil, nil): return leftPart.utf8.lexicographicallyPrecedes(rightPart.utf8)
            }
        }
        return left.prerelease.count < right.prerelease.count
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}
