/// A JSON Patch (RFC 6902) with the semantics of evanphx/json-patch v4, which kube-apiserver applies.
package struct JSONPatch: Sendable, Equatable {
    package enum Operation: Sendable, Equatable {
        case add(JSONPointer, JSONValue)
        case remove(JSONPointer)
        case replace(JSONPointer, JSONValue)
        /// Passes for `null` also when the last token of the path leads nowhere.
        case test(JSONPointer, JSONValue)
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
    }

    /// Operations of one patch, as kube-apiserver's `maxJSONPatchOperations`.
    package static let operationLimit = 10_000
    /// Octets that the `copy` operations of one patch may add in all, as kube-apiserver's request limit.
    package static let copiedOctetLimit = 3 << 20
    /// Members looked through and elements moved by one patch: keeps a legal patch on a large value from taking
    /// more than a second or so.
    package static let stepLimit = 50_000_000

    package var operations: [Operation]

    package init(_ operations: [Operation]) {
        self.operations = operations
    }
}

/// Why a JSON Patch is none, or does not apply.
package enum JSONPatchError: Error, Equatable, CustomStringConvertible {
    /// No patch at all: 400.
    case malformed(String)
    /// A `test` found another value.
    case testFailed(path: JSONPointer)
    /// Nothing is there, or its parent is not.
    case missing(path: JSONPointer)
    /// The last token is no index of the array.
    case invalidIndex(path: JSONPointer)
    /// A `move` of a value into itself.
    case moveIntoItself(path: JSONPointer)
    /// Over one of `JSONPatch`'s limits.
    case limitExceeded(String)

    package var description: String {
        switch self {
        case .malformed(let why): why
        case .testFailed(let path): "testing value \(path) failed"
        case .missing(let path): "the value has no path \"\(path)\""
        case .invalidIndex(let path): "path \"\(path)\" does not end with an index of the array"
        case .moveIntoItself(let path): "path \"\(path)\" lies inside what is moved to it"
        case .limitExceeded(let limit): limit
        }
    }
}
