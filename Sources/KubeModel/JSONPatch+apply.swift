extension JSONPatch {
    /// Applies the operations in order; on an error nothing of the patch has happened.
    ///
    /// As kube-apiserver does it, save for three points in which RFC 6901 and 6902 are kept instead: array indices
    /// are neither negative nor written with leading zeros, `replace` needs the member to be there, and the empty
    /// path is the whole value. The result is at most `JSONLimits.request.depth` deep.
    package func applied(to value: JSONValue) throws(JSONPatchError) -> JSONValue {
        var target = JSONPatchTarget(value: value)
        for operation in operations { try target.apply(operation) }
        return target.value
    }
}

/// A value while the operations of one patch change it.
private struct JSONPatchTarget {
    var value: JSONValue
    private var copiedOctets = 0
    private var steps = 0

    init(value: JSONValue) {
        self.value = value
    }

    mutating func apply(_ operation: JSONPatch.Operation) throws(JSONPatchError) {
        switch operation {
        case .add(let path, let new): try add(new, at: path)
        case .remove(let path): try edit(path, .remove)
        case .replace(let path, let new):
            try checkDepth(of: new, at: path)
            try edit(path, .replace(new))
        case .test(let path, let expected):
            let found = try find(path)
            guard found == expected || (found == nil && expected.isNull) else { throw .testFailed(path: path) }
        case .move(let from, let path):
            if path.tokens.count > from.tokens.count,
                path.tokens.starts(with: from.tokens, by: { $0.isIdentical(to: $1) })
            {
                throw .moveIntoItself(path: path)
            }
            let moved = try existing(from)
            try edit(from, .remove)
            try add(moved, at: path)
        case .copy(let from, let path):
            let copied = try existing(from)
            copiedOctets += copied.serialized().count
            guard copiedOctets <= JSONPatch.copiedOctetLimit else {
                throw .limitExceeded("the JSON Patch copies more than \(JSONPatch.copiedOctetLimit) bytes")
            }
            try add(copied, at: path)
        }
    }

    // MARK: Reading

    /// The value at the path; `nil` if the object that would hold it has no such member.
    private mutating func find(_ path: JSONPointer) throws(JSONPatchError) -> JSONValue? {
        var found = value
        for (level, token) in path.tokens.enumerated() {
            switch found {
            case .object(let object):
                if let place = try place(of: token, in: object) {
                    found = object.members[place].value
                } else if level == path.tokens.count - 1 {
                    return nil
                } else {
                    throw .missing(path: path)
                }
            case .array(let elements):
                guard let index = Self.index(token, below: elements.count) else { throw .invalidIndex(path: path) }
                found = elements[index]
            default: throw .missing(path: path)
            }
        }
        return found
    }

    private mutating func existing(_ path: JSONPointer) throws(JSONPatchError) -> JSONValue {
        guard let found = try find(path) else { throw .missing(path: path) }
        return found
    }

    // MARK: Writing

    private enum Edit {
        case add(JSONValue)
        case replace(JSONValue)
        case remove
    }

    private mutating func add(_ new: JSONValue, at path: JSONPointer) throws(JSONPatchError) {
        try checkDepth(of: new, at: path)
        try edit(path, .add(new))
    }

    private mutating func edit(_ path: JSONPointer, _ edit: Edit) throws(JSONPatchError) {
        var root = value
        // Gives up this reference, so that what only this patch holds is changed where it is.
        value = .null
        try self.edit(&root, at: path.tokens[...], of: path, edit)
        value = root
    }

    private mutating func edit(
        _ value: inout JSONValue, at tokens: ArraySlice<String>, of path: JSONPointer, _ edit: Edit
    ) throws(JSONPatchError) {
        guard let token = tokens.first else {
            switch edit {
            case .add(let new), .replace(let new): value = new
            case .remove: value = .null
            }
            return
        }
        let rest = tokens.dropFirst()
        switch value {
        case .object(var object):
            value = .null
            let place = try place(of: token, in: object)
            switch (edit, place) {
            case (_, let place?) where !rest.isEmpty:
                try self.edit(&object.members[place].value, at: rest, of: path, edit)
            case (.add(let new), nil) where rest.isEmpty: object.members.append((token, new))
            case (.add(let new), let place?), (.replace(let new), let place?): object.members[place].value = new
            case (.remove, let place?): object.members.remove(at: place)
            case (_, nil): throw .missing(path: path)
            }
            value = .object(object)
        case .array(var elements):
            value = .null
            let isInsertion = if case .add = edit { rest.isEmpty } else { false }
            let end = elements.count + (isInsertion ? 1 : 0)
            guard let index = isInsertion && token == "-" ? elements.count : Self.index(token, below: end) else {
                throw .invalidIndex(path: path)
            }
            if rest.isEmpty {
                try count(elements.count - index)
                switch edit {
                case .add(let new): elements.insert(new, at: index)
                case .replace(let new): elements[index] = new
                case .remove: elements.remove(at: index)
                }
            } else {
                try self.edit(&elements[index], at: rest, of: path, edit)
            }
            value = .array(elements)
        default: throw .missing(path: path)
        }
    }

    // MARK: Limits

    private mutating func place(of name: String, in object: JSONObject) throws(JSONPatchError) -> Int? {
        try count(object.count)
        return object.index(of: name)
    }

    /// RFC 6901 §4: `0`, or digits without a leading zero.
    private static func index(_ token: String, below end: Int) -> Int? {
        guard token.utf8.allSatisfy(\.isDigit), token == "0" || token.utf8.first != UInt8(ascii: "0"),
            let index = Int(token), index < end
        else { return nil }
        return index
    }

    private mutating func count(_ steps: Int) throws(JSONPatchError) {
        self.steps += steps
        guard self.steps <= JSONPatch.stepLimit else {
            throw .limitExceeded("the JSON Patch takes more than \(JSONPatch.stepLimit) steps")
        }
    }

    /// Nothing may grow deeper than what the parser lets in: everything that walks a value relies on it.
    private mutating func checkDepth(of new: JSONValue, at path: JSONPointer) throws(JSONPatchError) {
        let limit = JSONLimits.request.depth
        guard try path.tokens.count + depth(of: new) <= limit else {
            throw .limitExceeded("the JSON Patch makes a value deeper than \(limit)")
        }
    }

    private mutating func depth(of value: JSONValue) throws(JSONPatchError) -> Int {
        try count(1)
        var deepest = 0
        switch value {
        case .object(let object):
            for member in object.members { deepest = max(deepest, try depth(of: member.value)) }
        case .array(let elements):
            for element in elements { deepest = max(deepest, try depth(of: element)) }
        default: return 0
        }
        return deepest + 1
    }
}
